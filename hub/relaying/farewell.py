"""How the hub itself ends a session: with the only frame that it ever makes, a close frame to each side.

It is not recorded among the frames of the two vendors, so that no rule is held against them.
"""

import asyncio
import os
from typing import Final, Protocol

from hub.relaying.tap import FrameReader, unmask
from matrix.trace import Opcode, Side

GOING_AWAY: Final = 1001
"""RFC 6455 §7.4.1: the endpoint goes away. It accuses nobody, as 1008 would."""
SERVICE_RESTART: Final = 1012
"""RFC 6455's registry: the service restarts, and may be connected to again at once."""

NO_STATUS: Final = 1005
"""The close code of a close frame without one (RFC 6455 §7.1.5)."""

_FINAL_CLOSE: Final = 0x80 | Opcode.CLOSE
_LONGEST_REASON: Final = 123


def close_frame(code: int, reason: str, *, masked: bool) -> bytes:
    """Return a close frame (RFC 6455 §5.5.1); `masked` as the hub sends it to a CSMS, in the station's place."""
    body = bytearray(code.to_bytes(2, "big") + reason.encode()[:_LONGEST_REASON])
    if not masked:
        return bytes([_FINAL_CLOSE, len(body)]) + body
    key = os.urandom(4)
    unmask(key, body)
    return bytes([_FINAL_CLOSE, 0x80 | len(body)]) + key + body


def close_code(payload: str | bytes) -> int | None:
    """Return the code of a close frame's payload; None where it is one byte long, which is no code."""
    code = payload[:2] if isinstance(payload, bytes) else payload[:2].encode()
    if not code:
        return NO_STATUS
    return int.from_bytes(code, "big") if len(code) == 2 else None


class Left(Protocol):
    """The leg that is taken leave of; it is told when the connection is gone."""

    side: Side
    transport: asyncio.Transport
    is_lost: bool
    is_silent: bool

    @property
    def can_half_close(self) -> bool: ...

    def connection_lost(self, exc: Exception | None) -> None: ...


class Farewell(asyncio.Protocol):
    """Takes over the transport of one side of a session, of which nothing more is forwarded or recorded.

    `frame` is the close frame for it; b"" where none may be sent, since it would not stand between frames, or not be
    the first. `listens` says whether an answer may come; without both, the connection is closed at once.
    """

    def __init__(self, leg: Left, tap: FrameReader, frame: bytes, *, listens: bool) -> None:
        self._leg = leg
        self._tap = tap
        self._frame = frame
        self._waits = listens and frame != b""
        self._has_spoken = False
        if not leg.is_lost:
            leg.transport.set_protocol(self)
            leg.transport.resume_reading()

    def say(self) -> None:
        """Send the close frame, after everything that was forwarded."""
        self._has_spoken = True
        leg = self._leg
        if not self._frame or leg.is_lost or leg.is_silent or leg.transport.is_closing():
            self._waits = False
        else:
            leg.transport.write(self._frame)
        self._close_if_done()

    def data_received(self, data: bytes) -> None:
        if any(frame.opcode == Opcode.CLOSE for frame in self._tap.feed(data)):
            self._heard()

    def eof_received(self) -> bool:
        self._heard()
        return self._leg.can_half_close

    def connection_lost(self, exc: Exception | None) -> None:
        self._leg.connection_lost(exc)

    def _heard(self) -> None:
        self._waits = False
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self._has_spoken and not self._waits:
            self._leg.transport.close()
