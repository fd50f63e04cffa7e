"""The messages of the prepared load: a MeterValues of about 330 bytes with an id of its own, and its answer."""

import base64
import hashlib
import os
from typing import Final

CALL: Final = (
    b'[2,"000000000000000000000000000000000000","MeterValues",{"connectorId":1,"transactionId":7,"meterValue":[{'
    b'"timestamp":"2026-11-01T10:00:00Z","sampledValue":[{"value":"1234.5","context":"Sample.Periodic","measurand":'
    b'"Energy.Active.Import.Register","location":"Outlet","unit":"Wh"},{"value":"16.0","measurand":"Current.Import",'
    b'"unit":"A"}]}]}]'
)
FLOOD: Final = b'[2,"flood","DataTransfer",{"vendorId":"bench","data":"%b"}]' % (b"x" * 960)

_ID_BYTES: Final = 36
_MASK: Final = b"\x37\xfa\x21\x3d"
_MASK_OF_ID: Final = int.from_bytes(_MASK * (_ID_BYTES // 4))
_HEAD: Final = bytes([0x81, 0xFE]) + len(CALL).to_bytes(2) + _MASK
_ID_AT: Final = len(_HEAD) + 4
_ID_END: Final = _ID_AT + _ID_BYTES
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _masked(payload: bytes) -> bytes:
    return bytes(byte ^ _MASK[index % 4] for index, byte in enumerate(payload))


_BEFORE_ID: Final = _HEAD + _masked(CALL)[:4]
_AFTER_ID: Final = _masked(CALL)[4 + _ID_BYTES :]
CALL_BYTES: Final = len(_HEAD) + len(CALL)
ANSWER_BYTES: Final = 2 + len('[3,"",{}]') + _ID_BYTES
FLOOD_FRAME: Final = bytes([0x81, 126]) + len(FLOOD).to_bytes(2) + FLOOD


def call_frame(number: int) -> bytes:
    """Return the masked frame of the CALL with this number as its id."""
    message_id = int.from_bytes(b"%036d" % number) ^ _MASK_OF_ID
    return _BEFORE_ID + message_id.to_bytes(_ID_BYTES) + _AFTER_ID


def answer_frame(call: bytes) -> bytes:
    """Return the frame that answers such a CALL; a relay that reads frames may have masked it anew."""
    mask = _MASK_OF_ID if call[4:8] == _MASK else int.from_bytes(call[4:8] * (_ID_BYTES // 4))
    message_id = int.from_bytes(call[_ID_AT:_ID_END]) ^ mask
    return b'\x81\x2d[3,"%b",{}]' % message_id.to_bytes(_ID_BYTES)


def upgrade_request(path: str, host: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


def upgrade_answer(request: bytes) -> bytes:
    key = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key.partition(b":")[2].strip() + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
