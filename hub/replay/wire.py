"""Frames as one end of a session sends them (RFC 6455 §5.2), each message in one."""

import base64
import hashlib
import os
from collections.abc import Iterator
from typing import Final

from hub.relaying.tap import unmask

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_FIN: Final = 0x80
_MASKED: Final = 0x80


def frame_of(payload: bytes, opcode: int, *, masked: bool) -> bytes:
    """Return one final frame; a station's are `masked`, with a key of its own each (RFC 6455 §5.3)."""
    size, mask = len(payload), _MASKED if masked else 0
    if size < 126:
        head = bytes((_FIN | opcode, mask | size))
    elif size < 1 << 16:
        head = bytes((_FIN | opcode, mask | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((_FIN | opcode, mask | 127)) + size.to_bytes(8, "big")
    if not masked:
        return head + payload
    key, body = next(_KEYS), bytearray(payload)
    unmask(key, body)
    return head + key + body


def _keys() -> Iterator[bytes]:
    """Yield masking keys that nobody can foresee (RFC 6455 §5.3); a thousand of them cost the system what one does."""
    while True:
        block = os.urandom(4_096)
        for start in range(0, len(block), 4):
            yield block[start : start + 4]


_KEYS: Final = _keys()


def new_key() -> str:
    """Return a Sec-WebSocket-Key (RFC 6455 §4.1)."""
    return base64.b64encode(os.urandom(16)).decode()


def accept_of(key: str) -> str:
    """Return the Sec-WebSocket-Accept that belongs to a key (RFC 6455 §4.2.2)."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()
