"""An open session: two transports, one tap each, the recorder between. Bytes cross unchanged (docs/adr/0001)."""

import asyncio
import errno
import logging
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, IntFlag, auto
from functools import partial
from typing import Final, Protocol, TypeGuard

from hub.batch import SessionEnd, Stream
from hub.dial import HeadReader
from hub.farewell import GOING_AWAY, Farewell, close_frame
from hub.path import Path
from hub.recorder import Recorder
from hub.tap import FrameReader, Tap, TappedFrame
from matrix.trace import Ending, Opcode, Side

NO_STATUS: Final = 1005
"""The close code of a close frame without one (RFC 6455 §7.1.5)."""

TURN_BYTES: Final = 16 << 10
"""So much of a side's bytes is taken at once; the rest waits for the others' turn, and nothing more is read until then.
uvloop hands over 256 KiB at a time, and 8 MiB before it looks at anybody else: milliseconds, or tenths of a second."""
PATH_BROKE: Final = "the tunnel to the other side broke"
FAILED: Final = "the hub failed"
GOODBYE_S: Final = 2.0
"""How long the peers of a session that the hub has ended may take to leave."""

_CLOSE: Final = int(Opcode.CLOSE)
_LINGER_NOT_AT_ALL: Final = struct.pack("ii", 1, 0)
_PATH_ERRORS: Final = frozenset(
    {errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
)

log = logging.getLogger(__name__)


class State(Enum):
    """Which sides may still send."""

    OPEN = auto()
    STATION_DONE = auto()
    CSMS_DONE = auto()
    OVER = auto()


_OVER: Final = State.OVER  # a global is found sooner than an attribute, and each chunk of bytes asks

AFTER_FIN: Final = {
    (State.OPEN, Side.STATION): State.STATION_DONE,
    (State.OPEN, Side.CSMS): State.CSMS_DONE,
    (State.STATION_DONE, Side.CSMS): State.OVER,
    (State.CSMS_DONE, Side.STATION): State.OVER,
}
"""A side ends its stream while the other may go on. A broken connection leads to OVER from everywhere."""


class Hold(IntFlag):
    """Why a leg is not read from."""

    NONE = 0
    SLOW_READER = 1
    CONGESTION = 2
    ENDED = 4
    RATE = 8
    DISTURBANCE = 16


LegEnding = Callable[["Leg"], object]
"""How a leg ends once it has everything that the other one sent: `Leg.reset`, or what else is done to it."""


class Gate(Protocol):
    """What a disturbance puts into the way of what a side sends: it has to keep the order, and lose nothing unasked."""

    def take(self, data: bytes) -> None:
        """Take bytes that are recorded, and hand them on in its own time."""

    def end(self, how: LegEnding) -> None:
        """End the other leg, after everything that was taken."""

    def fail(self, exc: Exception) -> None:
        """End the session, since a fault of ours has kept something from the other leg."""


class Leg(asyncio.Protocol):
    """One side of an open session: what it sends goes to its tap, to the recorder, and then to the other leg."""

    __slots__ = (
        "_hand_on", "_hand_on_end", "_holds", "_recorder", "_rest", "_session", "_side", "_splice", "_stream", "_tap",
        "is_lost", "is_silent", "peer", "side", "transport",
    )  # fmt: skip

    peer: "Leg"
    _hand_on: Callable[[bytes], None]
    _hand_on_end: Callable[[LegEnding], None]

    def __init__(self, splice: "Splice", side: Side, transport: asyncio.Transport, tap: Tap) -> None:
        self.side = side
        self.transport = transport
        self.is_lost = False
        self.is_silent = False  # once the stream to this side has ended, or has a hole: nothing may follow
        self._splice = splice
        self._recorder = splice.recorder
        self._session, self._side = self._stream = Stream(splice.session, side.value)
        self._tap: FrameReader = tap
        self._holds = Hold.NONE
        self._rest = b""

    def meet(self, peer: "Leg") -> None:
        """Learn who takes what this side sends."""
        self.peer, self._hand_on, self._hand_on_end = peer, peer.send, peer.end

    def divert(self, gate: Gate) -> None:
        """Hand what this side sends to a gate, from the next bytes on; `meet` the peer again to end that."""
        self._hand_on, self._hand_on_end = gate.take, gate.end

    @property
    def tap(self) -> FrameReader:
        """What reads the frames of this side; another one has to go on where it stands."""
        return self._tap

    @tap.setter
    def tap(self, tap: FrameReader) -> None:
        self._tap = tap

    def data_received(self, data: bytes) -> None:
        if self._splice.state is _OVER:
            return
        text = self._tap.whole_text(data)
        if text is not None:
            if self._recorder.pass_on_text(self._session, self._side, text, data, self._hand_on):
                self._wait_for_commit()
        elif len(data) <= TURN_BYTES:
            self._take(data)
            if self._recorder.is_congested:
                self._wait_for_commit()
        else:
            self._rest = data
            self.hold(Hold.CONGESTION)
            self.take_turn()

    def _take(self, data: bytes) -> None:
        frames, incomplete = self._tap.feed(data), self._tap.incomplete
        self._recorder.add(self._stream, frames, data[-incomplete:] if incomplete else b"")
        self._recorder.then(self._hand_on, data, len(data))
        for frame in frames:
            if frame.opcode == _CLOSE:
                self._splice.close_seen(self.side, frame)

    def take_turn(self) -> None:
        """Take some of the bytes that wait; the others' turn comes before the next."""
        turn, self._rest = self._rest[:TURN_BYTES], self._rest[TURN_BYTES:]
        if turn and self._splice.state is not _OVER:
            self._take(turn)
            self._recorder.when_relieved(self.peer.let_peer_go_on)
        else:
            self._relieved()

    def let_peer_go_on(self) -> None:
        """Let the other side have its next turn. A fault in that deprives this one, so that it is this one's to do."""
        self.peer.take_turn()

    def _take_rest(self) -> None:
        """Take all that waits: nothing comes after it."""
        if self._rest and self._splice.state is not _OVER:
            self._take(self._rest)
        self._rest = b""

    def _wait_for_commit(self) -> None:
        self.hold(Hold.CONGESTION)
        self._recorder.when_relieved(self._relieved)

    def eof_received(self) -> bool:
        self._take_rest()
        if self._splice.state is State.OVER:
            return False
        if Hold.ENDED not in self._holds:
            self._splice.fin_received(self.side)
            self._holds |= Hold.ENDED  # after that: until then the other side may be told, if it was not this one's end
        # TLS has no half-close here: asyncio closes the transport whatever this returns, and would warn.
        return self.can_half_close

    def connection_lost(self, exc: Exception | None) -> None:
        self._take_rest()
        self.is_lost = self.is_silent = True
        self._splice.lost(self.side, exc)

    def pause_writing(self) -> None:
        self.peer.hold(Hold.SLOW_READER)

    def resume_writing(self) -> None:
        self.peer.release(Hold.SLOW_READER)

    @property
    def is_between_frames(self) -> bool:
        """True where all that this side has sent are whole frames, and it may still send."""
        return self._tap.is_between_frames and Hold.ENDED not in self._holds

    @property
    def can_half_close(self) -> bool:
        return self.transport.can_write_eof()

    def send(self, data: bytes) -> None:
        """Hand on what the other side sent; nothing where this side takes no more."""
        if not self.is_silent:
            self.transport.write(data)

    def end(self, how: LegEnding) -> None:
        """End this leg."""
        how(self)

    def pass_end(self, how: LegEnding) -> None:
        """End the other leg, after everything that this side sent."""
        self._hand_on_end(how)

    def fail(self, exc: Exception) -> None:
        """End the session, since a fault of ours has kept something from this side."""
        self._splice.fail(exc, self)

    def take_over(self, reader: HeadReader) -> None:
        """Become the protocol of the reader's transport, and go on where the reader stopped."""
        self.transport.set_protocol(self)
        if rest := reader.take_rest():
            self.data_received(rest)
        if reader.is_lost:
            self.connection_lost(reader.exception)
        elif reader.has_ended:
            self.eof_received()

    def hold(self, why: Hold) -> None:
        if not self._holds:
            self.transport.pause_reading()
        self._holds |= why

    def release(self, why: Hold) -> None:
        if self._holds and not (holds := self._holds & ~why):
            self.transport.resume_reading()
            self._holds = holds
        else:
            self._holds &= ~why

    def farewell(self, frame: bytes) -> Farewell:
        """Hand the connection over to what closes it in the hub's name."""
        return Farewell(self, self._tap, frame, listens=Hold.ENDED not in self._holds)

    def leave_behind(self) -> None:
        """Record the beginning of a frame that will never be complete, if there is one."""
        if frames := self._tap.finish():
            self._recorder.add(self._stream, frames)

    def reset(self) -> None:
        """Break the connection as the other side's was broken: with a TCP RST."""
        if not self.is_lost:
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
            self.transport.abort()

    def _relieved(self) -> None:
        self.release(Hold.CONGESTION)


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
        if self.state is not State.OVER and _is_of_ours(exc):
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
        """End the session for a fault of ours. Who was deprived of bytes by it can not even be sent a close frame."""
        if deprived is not None:
            deprived.is_silent = True
        if self.state is State.OVER:
            _abort_later(self)
        else:
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


def close_code(payload: str | bytes) -> int | None:
    """Return the code of a close frame's payload; None where it is one byte long, which is no code."""
    code = payload[:2] if isinstance(payload, bytes) else payload[:2].encode()
    if not code:
        return NO_STATUS
    return int.from_bytes(code, "big") if len(code) == 2 else None


def _is_of_ours(exc: Exception | None) -> TypeGuard[Exception]:
    """Tell whether a connection was broken by what our own code did with its bytes: the network's errors are others."""
    return exc is not None and not isinstance(exc, OSError)


def write_eof(leg: Leg) -> None:
    """End the stream to a leg's peer, which may go on sending."""
    if not leg.is_lost and not leg.transport.is_closing():
        leg.is_silent = True
        with suppress(OSError):  # reset meanwhile: the event loop is about to tell
            leg.transport.write_eof()


def _say(farewell: Farewell, _leg: Leg) -> None:
    farewell.say()


def close_leg(leg: Leg) -> None:
    """Close a leg once its peer has taken what was written."""
    leg.transport.close()


def _abort_later(splice: Splice) -> None:
    asyncio.get_running_loop().call_later(GOODBYE_S, _abort_what_is_left, splice)


def _abort_what_is_left(splice: Splice) -> None:
    for leg in (splice.station, splice.csms):
        if not leg.is_lost:
            leg.transport.abort()


def _close_both(splice: Splice) -> None:
    splice.station.pass_end(close_leg)
    splice.csms.pass_end(close_leg)
