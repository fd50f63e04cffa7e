"""Load for the relay benchmark: an answering CSMS and N stations in one process, raw frames, closed loop.

`python tests/bench/load.py csms` prints its port and answers every frame; `... stations URL N SECONDS` prints how many
frames crossed. Nothing is decoded: what is measured is the relay between the two.
"""

import asyncio
import base64
import hashlib
import os
import sys
import time
from typing import Final
from urllib.parse import urlsplit

import uvloop

GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ANSWER: Final = b'[3,"00000000-0000-0000-0000-000000000000",{}]'
ANSWER_FRAME: Final = bytes([0x81, len(ANSWER)]) + ANSWER
CALL: Final = (
    b'[2,"00000000-0000-0000-0000-000000000000","MeterValues",{"connectorId":1,"transactionId":7,"meterValue":[{'
    b'"timestamp":"2026-11-01T10:00:00Z","sampledValue":[{"value":"1234.5","context":"Sample.Periodic","measurand":'
    b'"Energy.Active.Import.Register","location":"Outlet","unit":"Wh"},{"value":"16.0","measurand":"Current.Import",'
    b'"unit":"A"}]}]}]'
)
MASK: Final = b"\x37\xfa\x21\x3d"


def masked(payload: bytes) -> bytes:
    body = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
    return bytes([0x81, 0xFE]) + len(payload).to_bytes(2) + MASK + body


CALL_FRAME: Final = masked(CALL)


class Csms(asyncio.Protocol):
    """Answers the upgrade, then one ANSWER_FRAME for each CALL_FRAME's worth of bytes."""

    def __init__(self) -> None:
        self.head: bytes | None = b""
        self.pending = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.head is not None:
            self.head += data
            if b"\r\n\r\n" not in self.head:
                return
            head, _, data = self.head.partition(b"\r\n\r\n")
            self.head = None
            self._upgrade(head)
        self.pending += len(data)
        answers, self.pending = divmod(self.pending, len(CALL_FRAME))
        if answers:
            self.transport.write(ANSWER_FRAME * answers)  # type: ignore[attr-defined]  # a transport that writes

    def _upgrade(self, head: bytes) -> None:
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(key.partition(b":")[2].strip() + GUID, usedforsecurity=False).digest())
        self.transport.write(  # type: ignore[attr-defined]  # a transport that writes
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )


class Station(asyncio.Protocol):
    """Upgrades, then sends a CALL whenever the answer to the one before has come."""

    def __init__(self, path: str, host: str) -> None:
        self.path, self.host = path, host
        self.answers = 0
        self.pending = 0
        self.upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(  # type: ignore[attr-defined]  # a transport that writes
            f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self.upgraded:
            _, end, data = data.partition(b"\r\n\r\n")
            self.upgraded = bool(end)
            self.transport.write(CALL_FRAME)  # type: ignore[attr-defined]  # a transport that writes
        self.pending += len(data)
        answers, self.pending = divmod(self.pending, len(ANSWER_FRAME))
        if answers:
            self.answers += answers
            self.transport.write(CALL_FRAME * answers)  # type: ignore[attr-defined]  # a transport that writes


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Csms, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def load(url: str, stations: int, seconds: float) -> None:
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    assert parts.hostname
    made = []
    for number in range(stations):
        path = f"{parts.path}/CS{number:05}"
        _, station = await loop.create_connection(
            lambda path=path: Station(path, parts.netloc), parts.hostname, parts.port
        )
        made.append(station)
    await asyncio.sleep(0.5)
    before, began = sum(each.answers for each in made), time.perf_counter()
    print("begin", flush=True)
    await asyncio.sleep(seconds)
    answers, took = sum(each.answers for each in made) - before, time.perf_counter() - began
    print(2 * answers, took, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "csms":
        uvloop.run(serve())
    else:
        uvloop.run(load(sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
