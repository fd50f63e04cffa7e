"""An open session: two transports, one tap each, the recorder between. Bytes cross unchanged (docs/adr/0001)."""

import asyncio
import errno
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from hub.relaying.farewell import GOING_AWAY, Farewell, close_code, close_frame
from hub.relaying.leg import Leg, LegEnding, State, close_leg, write_eof
from hub.relaying.path import Path
from hub.relaying.tap import TappedFrame
from hub.writing.batch import SessionEnd
from hub.writing.calling_back import is_of_ours
from hub.writing.recorder import Recorder
from matrix.trace import Ending, Side

PATH_BROKE: Final = "the tunnel to the other side broke"
FAILED: Final = "the hub failed"
GOODBYE_S: Final = 2.0
"""How long the peers of a session that the hub has ended may take to leave."""

_PATH_ERRORS: Final = frozenset(
    {errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
)

log = logging.getLogger(__name__)


AFTER_FIN: Final = {
    (State.OPEN, Side.STATION): State.STATION_DONE,
    (State.OPEN, Side.CSMS): State.CSMS_DONE,
    (State.STATION_DONE, Side.CSMS): State.OVER,
    (State.CSMS_DONE, Side.STATION): State.OVER,
}
"""A side ends its stream while the other may go on. A broken connection leads to OVER from everywhere."""


class Splice:
    """The two legs of a session, and how it ends.

    `on_gone` is called once both connections are gone.
    """

    __slots__ = ("_closed_by", "_codes", "_on_gone", "_paths", "csms", "recorder", "session", "state", "station")

    def __init__(self, session: int, recorder: Recorder, on_gone: Callable[["Splice"], None]) -> None:
        self.session = session
        self.recorder = recorder
        self.state = State.OPEN
        self.station: Leg
        self.csms: Leg
        self._on_gone = on_gone
        self._closed_by: Side | None = None
        self._codes: dict[Side, int | None] = {}
        self._paths: dict[Side, Path] = {}

    def join(self, station: Leg, csms: Leg) -> None:
        """Make the two legs each other's peer."""
        self.station, self.csms = station, csms
        station.meet(csms)
        csms.meet(station)

    def go_through(self, side: Side, path: Path) -> None:
        """Ask a side's path, before its end is taken for the side's own doing."""
        self._paths[side] = path
        path.carry(self)

    @property
    def is_over(self) -> bool:
        """True once nothing crosses any more; the connections may still be there."""
        return self.state is State.OVER

    def close_seen(self, side: Side, frame: TappedFrame) -> None:
        """Note a side's first close frame; who sends the first of all closes the session."""
        self._closed_by = self._closed_by or side
        self._codes.setdefault(side, close_code(frame.payload))

    def fin_received(self, side: Side) -> None:
        """Pass on the end of a side's stream, once it is recorded; end the session if both have ended."""
        if fault := self._fault_of_path(side):
            self.end_by_hub(fault, PATH_BROKE)
            return
        self._closed_by = self._closed_by or side
        if self.station.can_half_close and self.csms.can_half_close:
            self.state = AFTER_FIN[self.state, side]
        else:
            self.state = State.OVER
        if self.state is State.OVER:
            self._end(Ending.DROPPED)
            self.recorder.then(_close_both, self)
        else:
            self.recorder.end(self._summary())
            self.recorder.then(self.leg(side).pass_end, write_eof)

    def lost(self, side: Side, exc: Exception | None) -> None:
        """Break the other side's connection as this one broke."""
        if self.state is not State.OVER and is_of_ours(exc):
            self.fail(exc, self.leg(side).peer)
        elif self.state is not State.OVER and (fault := self._fault_of_path(side)):
            self.end_by_hub(fault, PATH_BROKE)
        elif self.state is not State.OVER:
            self.state = State.OVER
            self._end_broken(side, exc)
            self.recorder.then(self.leg(side).pass_end, Leg.reset if exc else close_leg)
        if self.station.is_lost and self.csms.is_lost:
            self._on_gone(self)

    def stop(self) -> None:
        """End the session because the hub stops."""
        self.end_by_hub("the hub was stopped while this session was open", "the hub stops")

    def fail(self, exc: Exception, deprived: Leg | None = None) -> None:
        """End the session for a fault of ours. Who was deprived of bytes by it cannot even be sent a close frame."""
        if deprived is not None:
            deprived.is_silent = True
        _abort_later(self)  # in any case: the next fault may be in taking leave
        self.end_by_hub(f"the hub failed: {type(exc).__name__}", FAILED)

    def end_by_hub(self, sentence: str, reason: str, code: int = GOING_AWAY) -> None:
        """End the session with a close frame of the hub's own to each side that still expects frames.

        `sentence` is for the recording, `reason` and `code` for the peers.
        """
        if self.state is State.OVER:
            return
        farewells = [self._farewell(leg, reason, code) for leg in (self.station, self.csms)]
        self.state = State.OVER
        self._closed_by = None
        self._end(Ending.HUB, sentence, keep_ending=True)
        for leg, farewell in zip((self.station, self.csms), farewells, strict=True):
            self.recorder.then(leg.peer.pass_end, partial(_say, farewell))
        self.recorder.then(_abort_later, self)

    def _farewell(self, leg: Leg, reason: str, code: int) -> Farewell:
        """Take leave of a side. No close frame may follow what it was sent, if a frame is half sent, or one was."""
        expects_frames = leg.peer.is_between_frames and leg.peer.side not in self._codes
        is_csms = leg.side is Side.CSMS
        return leg.farewell(close_frame(code, reason, masked=is_csms) if expects_frames else b"")

    def break_off(self, sentence: str, station: LegEnding, csms: LegEnding) -> None:
        """End the session on purpose, each leg in its own way; nothing that its sides send is read any more."""
        if self.state is not State.OVER:
            self.state = State.OVER
            self._closed_by = None
            self._end(Ending.HUB, sentence, keep_ending=True)
            self.recorder.then(self.csms.pass_end, station)
            self.recorder.then(self.station.pass_end, csms)

    def abort(self) -> None:
        """Let go of connections whose peers do not take what is left for them."""
        self.station.transport.abort()
        self.csms.transport.abort()

    def leg(self, side: Side) -> Leg:
        """Return the leg of a side."""
        return self.station if side is Side.STATION else self.csms

    def _fault_of_path(self, side: Side) -> str | None:
        """Say what broke between a side that seems to have left and the hub; None where it has left itself."""
        path = self._paths.get(side)
        is_closed = len(self._codes) == len(Side)  # who ends the connection after that does not matter
        return None if path is None or is_closed else path.fault()

    def _end_broken(self, side: Side, exc: Exception | None) -> None:
        if isinstance(exc, OSError) and exc.errno in _PATH_ERRORS:
            self._closed_by = None
            self._end(Ending.HUB, f"the path to the {side} broke: {exc}")
            return
        self._closed_by = self._closed_by or side
        self._end(Ending.RESET if exc else Ending.DROPPED)

    def _end(self, ending: Ending, fault: str | None = None, *, keep_ending: bool = False) -> None:
        if self._codes and not keep_ending:
            ending = Ending.CLOSED
        self.station.leave_behind()
        self.csms.leave_behind()
        self.recorder.end(self._summary(ending, fault))
        log.info(
            "session %d ended: %s%s", self.session, ending, f" by the {self._closed_by}" if self._closed_by else ""
        )

    def _summary(self, ending: Ending | None = None, fault: str | None = None) -> SessionEnd:
        return SessionEnd(
            id=self.session,
            closed_at=None if ending is None else time.time_ns(),
            closed_by=self._closed_by,
            ending=ending,
            fault=fault,
            station_close=self._codes.get(Side.STATION),
            csms_close=self._codes.get(Side.CSMS),
        )


def _say(farewell: Farewell, _leg: Leg) -> None:
    farewell.say()


def _abort_later(splice: Splice) -> None:
    asyncio.get_running_loop().call_later(GOODBYE_S, _abort_what_is_left, splice)


def _abort_what_is_left(splice: Splice) -> None:
    for leg in (splice.station, splice.csms):
        if not leg.is_lost:
            leg.transport.abort()


def _close_both(splice: Splice) -> None:
    splice.station.pass_end(close_leg)
    splice.csms.pass_end(close_leg)
