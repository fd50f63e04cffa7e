"""One side of an open session: its bytes go to its tap, to the recorder, and then to the other side, unchanged."""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, IntFlag, auto
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from hub.handshake.dial import HeadReader
from hub.relaying.farewell import Farewell
from hub.relaying.tap import FrameReader, Tap
from hub.writing.batch import Stream
from hub.writing.calling_back import call
from matrix.trace import Opcode, Side

if TYPE_CHECKING:
    from hub.relaying.splice import Splice

TURN_BYTES: Final = 16 << 10
"""So much of a side's bytes is taken at once; the rest waits for the others' turn, and nothing more is read until then.
uvloop hands over 256 KiB at a time, and 8 MiB before it looks at anybody else: milliseconds, or tenths of a second."""

_CLOSE: Final = int(Opcode.CLOSE)
_LINGER_NOT_AT_ALL: Final = struct.pack("ii", 1, 0)


class State(Enum):
    """Which sides may still send."""

    OPEN = auto()
    STATION_DONE = auto()
    CSMS_DONE = auto()
    OVER = auto()


_OVER: Final = State.OVER  # a global is found sooner than an attribute, and each chunk of bytes asks


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
        "_hand_on", "_hand_on_end", "_holds", "_recorder", "_rest", "_session", "_side", "_splice", "_stream",
        "is_lost", "is_silent", "peer", "side", "tap", "transport",
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
        self.tap: FrameReader = tap  # another one has to go on where it stands
        self._holds = Hold.NONE
        self._rest = b""

    def meet(self, peer: "Leg") -> None:
        """Learn who takes what this side sends."""
        self.peer, self._hand_on, self._hand_on_end = peer, peer.send, peer.end

    def divert(self, gate: Gate) -> None:
        """Hand what this side sends to a gate, from the next bytes on; `meet` the peer again to end that."""
        self._hand_on, self._hand_on_end = gate.take, gate.end

    def take_over(self, reader: HeadReader) -> None:
        """Become the protocol of the reader's transport, and go on where the reader stopped."""
        self.transport.set_protocol(self)
        if rest := reader.take_rest():
            call(partial(self.data_received, rest), self.peer)  # deprived of it, where that fails
        if reader.is_lost:
            self.connection_lost(reader.exception)
        elif reader.has_ended:
            self.eof_received()

    # -- what this side sends -----------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._splice.state is _OVER:
            return
        text = self.tap.whole_text(data)
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
        frames, incomplete = self.tap.feed(data), self.tap.incomplete
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
            self._recorder.when_relieved(self.take_turn, self.peer)
        else:
            self._relieved()

    def _take_rest(self) -> None:
        """Take all that waits: nothing comes after it."""
        rest, self._rest = self._rest, b""
        if rest and self._splice.state is not _OVER:
            call(partial(self._take, rest), self.peer)  # whatever becomes of it, the end is still to be told

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

    # -- what the other side sends ------------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Hand on what the other side sent; nothing where this side takes no more."""
        if not self.is_silent:
            self.transport.write(data)

    def pause_writing(self) -> None:
        self.peer.hold(Hold.SLOW_READER)

    def resume_writing(self) -> None:
        self.peer.release(Hold.SLOW_READER)

    def fail(self, exc: Exception) -> None:
        """End the session, since a fault of ours has kept something from this side."""
        self._splice.fail(exc, self)

    # -- when it is read from -----------------------------------------------------------------------------------------

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

    def _wait_for_commit(self) -> None:
        self.hold(Hold.CONGESTION)
        self._recorder.when_relieved(self._relieved, self.peer)

    def _relieved(self) -> None:
        self.release(Hold.CONGESTION)

    # -- how it ends --------------------------------------------------------------------------------------------------

    @property
    def is_between_frames(self) -> bool:
        """True where all that this side has sent are whole frames, and it may still send."""
        return self.tap.is_between_frames and Hold.ENDED not in self._holds

    @property
    def can_half_close(self) -> bool:
        return self.transport.can_write_eof()

    def end(self, how: LegEnding) -> None:
        """End this leg."""
        how(self)

    def pass_end(self, how: LegEnding) -> None:
        """End the other leg, after everything that this side sent."""
        self._hand_on_end(how)

    def farewell(self, frame: bytes) -> Farewell:
        """Hand the connection over to what closes it in the hub's name."""
        return Farewell(self, self.tap, frame, listens=Hold.ENDED not in self._holds)

    def leave_behind(self) -> None:
        """Record the beginning of a frame that will never be complete, if there is one."""
        if frames := self.tap.finish():
            self._recorder.add(self._stream, frames)

    def reset(self) -> None:
        """Break the connection as the other side's was broken: with a TCP RST."""
        if not self.is_lost:
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
            self.transport.abort()


def write_eof(leg: Leg) -> None:
    """End the stream to a leg's peer, which may go on sending."""
    if not leg.is_lost and not leg.transport.is_closing():
        leg.is_silent = True
        with suppress(OSError):  # reset meanwhile: the event loop is about to tell
            leg.transport.write_eof()


def close_leg(leg: Leg) -> None:
    """Close a leg once its peer has taken what was written."""
    leg.transport.close()
