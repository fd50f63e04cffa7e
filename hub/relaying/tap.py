"""Reads the WebSocket frames of one direction from a copy of its bytes. Does no I/O, changes nothing, refuses nothing.

A frame that breaks RFC 6455 is followed and handed out as it came: whether it was allowed is for the judge to say.
"""

from typing import Final, NamedTuple, Protocol

from hub.limits import DEFAULTS
from hub.relaying.deflate import MAX_INFLATED_BYTES, DeflateParameters, InflateError, Inflater
from matrix.trace import FIRST_CONTROL_OPCODE, RSV1, Opcode, Side

MAX_FRAME_BYTES: Final = DEFAULTS.frame_bytes
"""The largest payload that the tap collects; a frame that announces more is relayed, and recorded as unread bytes."""

_NO_MESSAGE: Final = int(Opcode.CONTINUATION)
_TEXT: Final = int(Opcode.TEXT)
_FINAL_TEXT: Final = 0x81
_MASKED: Final = 0x80


class TappedFrame(NamedTuple):
    """One frame, in the order of the columns of a recording's `frame` table; see `matrix.trace.Frame`.

    Numbers are plain ints, `fin` and `masked` 0 or 1: the recorder binds them as they are.
    """

    opcode: int
    payload: str | bytes
    fin: int
    rsv: int
    masked: int
    size: int
    unread: str | None


class FrameReader(Protocol):
    """What a leg needs of its tap."""

    @property
    def incomplete(self) -> int: ...

    @property
    def keeps_context(self) -> bool: ...

    @property
    def is_followed(self) -> bool: ...

    @property
    def is_between_frames(self) -> bool: ...

    def whole_text(self, data: bytes) -> str | None: ...

    def feed(self, data: bytes) -> list[TappedFrame]: ...

    def finish(self) -> list[TappedFrame]: ...


class Tap:
    """The frames of one direction.

    Feed it every byte in order. Once a header announces more than `max_frame_bytes`, the tap has lost track, and the
    rest of the stream comes out as `Opcode.UNREAD`.
    """

    __slots__ = ("_compressed", "_held", "_inflater", "_kind", "_limit", "_lost", "_needed")

    def __init__(
        self,
        side: Side,
        *,
        deflate: DeflateParameters | None = None,
        max_frame_bytes: int = MAX_FRAME_BYTES,
        max_inflated_bytes: int = MAX_INFLATED_BYTES,
    ) -> None:
        self._inflater: Inflater | None = deflate.inflater(side, limit=max_inflated_bytes) if deflate else None
        self._limit = max_frame_bytes
        self._held = bytearray()
        self._needed = 0
        self._kind = _NO_MESSAGE
        self._compressed = False
        self._lost: str | None = None

    @property
    def incomplete(self) -> int:
        """The number of bytes seen of a frame that is not complete yet."""
        return len(self._held)

    @property
    def is_between_frames(self) -> bool:
        """True where the bytes seen end with a frame: what follows may be another."""
        return not self._held and self._lost is None

    @property
    def keeps_context(self) -> bool:
        """True where messages are compressed, and each can only be read by who has read those before it."""
        return self._inflater is not None and self._inflater.keeps_context

    @property
    def is_followed(self) -> bool:
        """True as long as it knows where frames begin."""
        return self._lost is None

    def whole_text(self, data: bytes) -> str | None:
        """Return the text of these bytes if they are one whole text message in one frame, as nearly all chunks are.

        Where it is None, nothing has happened yet: `feed` them. This saves a sixth of a relayed frame's CPU.
        """
        size = len(data)
        if self._held or self._lost is not None or not 8 <= size <= self._limit or data[0] != _FINAL_TEXT:
            return None
        # What `_extent` and `_frame` do, without the calls and for the lengths that occur.
        second = data[1]
        body, length = 2, second & 0x7F
        if length > 125:
            body, length = 4, data[2] << 8 | data[3] if length == 126 else size
        if second >= _MASKED:
            body += 4
        if body + length != size:
            return None
        payload: bytes | bytearray
        if second >= _MASKED:
            payload = bytearray(data)
            del payload[:body]
            unmask(data[body - 4 : body], payload)
        else:
            payload = data[body:]
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return None
        self._kind, self._compressed = _NO_MESSAGE, False
        return text

    def feed(self, data: bytes) -> list[TappedFrame]:
        """Return the frames that these bytes complete, in order."""
        if self._lost is not None:
            return [_unread(data, self._lost)]
        if self._held:
            self._held += data
            if len(self._held) < self._needed:
                return []
            data, self._held = bytes(self._held), bytearray()
        return self._read(data)

    def finish(self) -> list[TappedFrame]:
        """Return what the end of the stream leaves behind: the beginning of a frame, as unread bytes, if any."""
        if not self._held:
            return []
        left, self._held = bytes(self._held), bytearray()
        return [_unread(left, f"the stream ended inside a frame, after {len(left)} of {self._needed} bytes or more")]

    def _read(self, data: bytes) -> list[TappedFrame]:
        frames: list[TappedFrame] = []
        start, end = 0, len(data)
        while start < end:
            body, stop = _extent(data, start, end)
            if stop - start > self._limit:
                frames.append(self._lose_track(data[start:], stop - body))
                break
            if stop > end:
                self._held += data[start:] if start else data
                self._needed = stop - start
                break
            frames.append(self._frame(data, start, body, stop))
            start = stop
        return frames

    def _frame(self, data: bytes, start: int, body: int, stop: int) -> TappedFrame:
        first, masked = data[start], data[start + 1] >> 7
        payload = _unmasked(data[body:stop], data[body - 4 : body]) if masked else data[body:stop]
        if first == _FINAL_TEXT:
            self._kind, self._compressed = _NO_MESSAGE, False
            return TappedFrame(_TEXT, _text(payload), 1, 0, masked, stop - start, None)
        opcode, rsv, fin = first & 0x0F, first >> 4 & 0x07, first >> 7
        if opcode >= FIRST_CONTROL_OPCODE:
            return TappedFrame(opcode, bytes(payload), fin, rsv, masked, stop - start, None)
        meant, unread = self._meaning(opcode, rsv, fin, bytes(payload))
        return TappedFrame(opcode, meant, fin, rsv, masked, stop - start, unread)

    def _meaning(self, opcode: int, rsv: int, fin: int, payload: bytes) -> tuple[str | bytes, str | None]:
        if opcode != _NO_MESSAGE:
            self._kind, self._compressed = opcode, bool(rsv & RSV1)
        kind, inflater = self._kind, self._inflater if self._compressed else None
        if fin:
            self._kind, self._compressed = _NO_MESSAGE, False
        if inflater is not None:
            try:
                payload = inflater.inflate(payload, final=fin == 1)
            except InflateError as exc:
                return payload, str(exc)
        return (_text(payload) if kind == _TEXT else payload), None

    def _lose_track(self, rest: bytes, announced: int) -> TappedFrame:
        self._lost = f"a header announces {announced} bytes, more than the {self._limit} that the tap follows"
        return _unread(rest, self._lost)


def _extent(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the payload of the frame at `start` begins and ends.

    Where its header is not complete, the end is as far as is known to be needed: beyond `end`.
    """
    body = start + 2
    if body > end:
        return body, body
    second = data[start + 1]
    length = second & 0x7F
    if length > 125:
        body += 2 if length == 126 else 8
        if body > end:
            return body, body
        length = int.from_bytes(data[start + 2 : body], "big")
    if second >= _MASKED:
        body += 4
    return body, body + length


def _unmasked(payload: bytes, key: bytes) -> bytearray:
    plain = bytearray(payload)
    unmask(key, plain)
    return plain


def unmask_in_python(mask: bytes, data: bytearray) -> None:
    """Take a masking key of four bytes off a payload, in place (RFC 6455 §5.3)."""
    for offset, byte in enumerate(mask):
        data[offset::4] = data[offset::4].translate(_XORED[byte])


_XORED: Final = tuple(bytes(value ^ byte for value in range(256)) for byte in range(256))

try:
    # Eight times as fast, and most of what a tap costs; but not part of what aiohttp promises to keep.
    from aiohttp._websocket.helpers import websocket_mask
except ImportError:
    websocket_mask = unmask_in_python

unmask: Final = websocket_mask


def _text(payload: bytes | bytearray) -> str | bytes:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return bytes(payload)


def _unread(data: bytes, why: str) -> TappedFrame:
    return TappedFrame(int(Opcode.UNREAD), data, 1, 0, 0, len(data), why)
