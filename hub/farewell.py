"""The close frame by which the hub itself ends a session: the only frame that it ever makes."""

import os
from typing import Final

from hub.tap import unmask
from matrix.trace import Opcode

GOING_AWAY: Final = 1001
"""RFC 6455 §7.4.1: the endpoint goes away. It accuses nobody, as 1008 would."""

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
