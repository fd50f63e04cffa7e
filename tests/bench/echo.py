"""A CSMS that answers every CALL with `{}`, whatever its length. `python tests/bench/echo.py` prints its port.

It looks for no more than the message id, which has to have 36 characters right behind `[2,"`, as those of a replay do.
"""

import asyncio
import socket
from typing import Final, cast

import uvloop
from messages import upgrade_answer

_MASKED: Final = 0x80
_ID: Final = slice(4, 40)


class Echo(asyncio.Protocol):
    """One station's connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.is_open = False
        self.rest = b""
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        if not self.is_open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self.rest = head
                return
            self.is_open = True
            self.transport.write(upgrade_answer(head))
        answers, start = [], 0
        while (frame := _frame(data, start)) is not None:
            opcode, body, start = frame
            if opcode == 1:
                answers.append(b'\x81\x2d[3,"%b",{}]' % body[_ID])
            elif opcode == 8:
                answers.append(b"\x88\x02\x03\xe8")
        self.rest = data[start:]
        if answers:
            self.transport.write(b"".join(answers))


def _frame(data: bytes, start: int) -> tuple[int, bytes, int] | None:
    """Return opcode, the beginning of the payload, and where the next frame starts; None where it is not there yet."""
    if len(data) < start + 2:
        return None
    length, at = data[start + 1] & ~_MASKED, start + 2
    if length == 126:
        length, at = int.from_bytes(data[at : at + 2], "big"), at + 2
    end = at + 4 + length
    if len(data) < end:
        return None
    key, body = data[at : at + 4] * 10, data[at + 4 : at + 44]
    plain = (int.from_bytes(body, "big") ^ int.from_bytes(key[: len(body)], "big")).to_bytes(len(body), "big")
    return data[start] & 15, plain, end


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
