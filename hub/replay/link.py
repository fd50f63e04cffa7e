"""The replay's own end of an open session: it says what it is told to, and hears messages. Both are recorded first.

The bytes are tapped as the hub taps those of two vendors: what the live peer sends is followed, and refused never.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from hub.handshake.dial import HeadReader
from hub.relaying.deflate import DeflateParameters
from hub.relaying.farewell import close_code
from hub.relaying.tap import MAX_FRAME_BYTES, Tap, TappedFrame
from hub.replay.wire import frame_of
from hub.writing.calling_back import is_of_ours
from hub.writing.recorder import Recorder, SessionEnd, Stream
from matrix.exchange import join
from matrix.replay.acts import Act, Close, Drop, Ping, Say
from matrix.trace import Ending, Opcode, Side

FAREWELL_S: Final = 3.0
"""How long the live peer may take to answer a close frame, and to end its stream."""
UNSENT_BYTES: Final = 256 << 10
_CONTROL: Final = int(Opcode.CLOSE)


class Link(asyncio.Protocol):
    """One session with a live peer, from its 101 on.

    `hear` is called with each message, `ended` once with a sentence; `when_writable` after the peer has been slow. The
    future `gone` is done when the end of the session is on its way into the recording.
    """

    def __init__(self, session: int, mine: Side, recorder: Recorder, deflate: DeflateParameters | None) -> None:
        self.session = session
        self.is_full = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.hear: Callable[[str | bytes], object]
        self.ended: Callable[[str], object]
        self.when_writable: Callable[[], object]
        self._mine = mine
        self._recorder = recorder
        self._own = Stream(session, mine.value)
        self._live = Stream(session, mine.other.value)
        self._own_tap = Tap(mine)
        self._live_tap = Tap(mine.other, deflate=deflate)
        self._transport: asyncio.Transport
        self._begun: tuple[int, list[str | bytes]] | None = None
        self._size = 0
        self._codes: dict[Side, int | None] = {}
        self._closed_by: Side | None = None
        self._is_over = False

    def take_over(self, reader: HeadReader) -> None:
        """Go on where a reader of heads stopped."""
        self._transport = reader.transport
        if not self._transport.is_closing():
            self._transport.set_write_buffer_limits(UNSENT_BYTES)
        reader.give_way(self)

    # -- what we do ---------------------------------------------------------------------------------------------------

    def do(self, act: Act) -> None:
        """Do what a player wants done."""
        match act:
            case Say(payload, opcode):
                self._send(payload, opcode)
            case Ping(payload):
                self._send(payload, int(Opcode.PING))
            case Close(code):
                self.close(code)
            case Drop():
                self._drop()

    def close(self, code: int = 1000) -> None:
        """Begin the closing handshake; who does not answer it is let go of."""
        if self._is_over or self._mine in self._codes:
            return
        self._closed_by = self._closed_by or self._mine
        self._send(b"" if code == 1005 else code.to_bytes(2, "big"), int(Opcode.CLOSE))
        self._codes[self._mine] = code
        asyncio.get_running_loop().call_later(FAREWELL_S, self._leave)

    def _drop(self) -> None:
        self._closed_by = self._closed_by or self._mine
        self._recorder.then(Link._leave, self)

    def _send(self, payload: str | bytes, opcode: int) -> None:
        if self._is_over or self._mine in self._codes:
            return
        masked = self._mine is Side.STATION
        body = payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload
        data = frame_of(body, opcode, masked=masked)
        text = self._own_tap.whole_text(data)
        if text is not None:
            self._recorder.pass_on_text(*self._own, text, data, self._write)
        else:
            self._recorder.add(self._own, self._own_tap.feed(data))
            self._recorder.then(self._write, data, len(data))

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    # -- what the live peer does --------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        text = self._live_tap.whole_text(data)
        if text is not None:
            self._begun = None
            self._recorder.pass_on_text(*self._live, text, data, _nothing)
            self._heard(text)
        else:
            self._take(data)
        if self._recorder.is_congested:
            self._transport.pause_reading()
            self._recorder.when_relieved(self._resume, self)

    def _take(self, data: bytes) -> None:
        frames, incomplete = self._live_tap.feed(data), self._live_tap.incomplete
        self._recorder.add(self._live, frames, data[-incomplete:] if incomplete else b"")
        for frame in frames:
            self._take_frame(frame)

    def _take_frame(self, frame: TappedFrame) -> None:
        if frame.unread is not None or frame.opcode == Opcode.UNREAD:
            self._begun = None
        elif frame.opcode == Opcode.PING:
            self._send(frame.payload, int(Opcode.PONG))
        elif frame.opcode == Opcode.CLOSE:
            self._close_heard(frame)
        elif frame.opcode < _CONTROL:
            self._take_piece(frame)

    def _take_piece(self, frame: TappedFrame) -> None:
        """Put the fragments of a message together, up to a size."""
        if frame.opcode != Opcode.CONTINUATION:
            self._begun, self._size = (frame.opcode, []), 0
        if self._begun is None:
            return
        self._size += len(frame.payload)
        if self._size > MAX_FRAME_BYTES:
            self._begun = None
            return
        self._begun[1].append(frame.payload)
        if frame.fin:
            pieces, self._begun = self._begun[1], None
            self._heard(join(pieces))

    def _heard(self, message: str | bytes) -> None:
        if self._mine not in self._codes:
            self.hear(message)

    def _close_heard(self, frame: TappedFrame) -> None:
        code = close_code(frame.payload)
        self._closed_by = self._closed_by or self._mine.other
        self._codes.setdefault(self._mine.other, code)
        if self._mine not in self._codes:
            self.ended(f"the peer closed the session ({code})")
            echo = frame.payload[:2] if isinstance(frame.payload, bytes) else frame.payload.encode()[:2]
            self._send(echo if len(echo) == 2 else b"", int(Opcode.CLOSE))
            self._codes[self._mine] = code
        if self._mine is Side.CSMS:  # the server ends the connection (RFC 6455 §7.1.1)
            self._recorder.then(Link._leave, self)
        else:
            asyncio.get_running_loop().call_later(FAREWELL_S, self._leave)

    def eof_received(self) -> bool:
        if not self._is_over:
            self._closed_by = self._closed_by or self._mine.other
            self._end(Ending.DROPPED)
            self._recorder.then(lambda _: self._transport.close(), None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_over:
            return
        if is_of_ours(exc):
            self.fail(exc)
            return
        self._closed_by = self._closed_by or self._mine.other
        self._end(Ending.RESET if exc else Ending.DROPPED)

    def pause_writing(self) -> None:
        self.is_full = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self.is_full = False
        self._resume()
        self.when_writable()

    # -- the end ------------------------------------------------------------------------------------------------------

    def _leave(self) -> None:
        """Let go of the connection."""
        if not self._is_over:
            self._end(Ending.DROPPED)
        if not self._transport.is_closing():
            self._transport.close()

    def fail(self, exc: Exception) -> None:
        """End the session, since a fault of ours has kept something from the live peer."""
        self.abort(f"the replay failed: {type(exc).__name__}")

    def abort(self, sentence: str) -> None:
        """End the session because the replay is stopped."""
        if not self._is_over:
            self._closed_by = None
            self._end(Ending.HUB, sentence)
        self._transport.abort()

    def _end(self, ending: Ending, fault: str | None = None) -> None:
        self._is_over = True
        for frame in self._live_tap.finish():
            self._recorder.add(self._live, [frame])
        if self._codes and ending is not Ending.HUB:
            ending = Ending.CLOSED
        self._recorder.end(
            SessionEnd(
                id=self.session,
                closed_at=time.time_ns(),
                closed_by=self._closed_by,
                ending=ending,
                fault=fault,
                station_close=self._codes.get(Side.STATION),
                csms_close=self._codes.get(Side.CSMS),
            )
        )
        self.ended(fault or f"the connection ended: {ending}")
        if not self.gone.done():
            self.gone.set_result(None)

    def _resume(self) -> None:
        if not self._is_over and not self.is_full and not self._transport.is_closing():
            self._transport.resume_reading()


def _nothing(_: Any) -> None:
    """Do nothing once the bytes of the live peer are recorded: they have been heard."""
