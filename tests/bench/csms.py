"""The CSMS of the prepared load: it answers each CALL undecoded. `python tests/bench/csms.py` prints its port.

A station whose path ends with FLOOD gets messages of a kilobyte, as many as the connection takes.
"""

import asyncio
import socket
from typing import Final, cast

import uvloop
from messages import CALL_BYTES, FLOOD_FRAME, answer_frame, upgrade_answer

BACKLOG: Final = 1024
FLOOD_AT_ONCE: Final = 64
FLOOD_BYTES: Final = 256 << 20
"""All that one flood sends: some relay might take it all into its memory."""


class Csms(asyncio.Protocol):
    """One station's connection."""

    def __init__(self) -> None:
        self.is_open = False
        self.is_paused = False
        self.flooded = 0
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        if self.is_open and not self.rest and len(data) == CALL_BYTES:  # nearly always: what follows is slower
            self.transport.write(answer_frame(data))
            return
        data = self.rest + data
        if not self.is_open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self.rest = head
                return
            self.open(head)
        whole = len(data) - len(data) % CALL_BYTES
        self.rest = data[whole:]
        answers = [answer_frame(data[start : start + CALL_BYTES]) for start in range(0, whole, CALL_BYTES)]
        if answers:
            self.transport.write(b"".join(answers))

    def open(self, head: bytes) -> None:
        self.is_open = True
        self.transport.write(upgrade_answer(head))
        if head.split(b" ", 2)[1].endswith(b"FLOOD"):
            self.flood()

    def flood(self) -> None:
        if not self.is_paused and not self.transport.is_closing() and self.flooded < FLOOD_BYTES:
            self.transport.write(FLOOD_FRAME * FLOOD_AT_ONCE)
            self.flooded += len(FLOOD_FRAME) * FLOOD_AT_ONCE
            asyncio.get_running_loop().call_soon(self.flood)

    def pause_writing(self) -> None:
        self.is_paused = True

    def resume_writing(self) -> None:
        self.is_paused = False
        if self.flooded:
            self.flood()


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Csms, "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
