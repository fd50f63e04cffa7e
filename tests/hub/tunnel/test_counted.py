"""A transport that counts: nothing but the counts tells it from the one behind it."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.tunnel.counted import Counted


class Heard(asyncio.Protocol):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self._more = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self._note(data)

    def eof_received(self) -> bool:
        self._note("eof")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._note(type(exc))

    def pause_writing(self) -> None:
        self._note("pause")

    def resume_writing(self) -> None:
        self._note("resume")

    def _note(self, what: object) -> None:
        self.told.append(what)
        self._more.set()

    async def until(self, what: object) -> None:
        while what not in self.told:
            self._more.clear()
            await self._more.wait()


@asynccontextmanager
async def counted() -> AsyncIterator[tuple[Counted, Heard, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give a counted end of a connection with its protocol, and the other end."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = loop.create_future()
    server = await asyncio.start_server(lambda *ends: arrived.set_result(ends), "127.0.0.1", 0)
    async with server:
        transport, _ = await loop.create_connection(asyncio.Protocol, *server.sockets[0].getsockname())
        reader, writer = await arrived
        made, heard = Counted(transport), Heard()
        made.set_protocol(heard)
        yield made, heard, reader, writer
        made.abort()
        writer.transport.abort()
        await asyncio.sleep(0)  # until the event loop has closed both


async def test_bytes_are_counted_in_both_directions() -> None:
    async with counted() as (made, heard, reader, writer):
        made.write(b"four")
        made.writelines([b"and", b"more"])
        writer.write(b"answer")

        await heard.until(b"answer")

        assert await reader.readexactly(11) == b"fourandmore"
        assert (made.given, made.taken) == (11, 6)


async def test_another_protocol_takes_over_without_a_gap() -> None:
    async with counted() as (made, heard, _, writer):
        other = Heard()
        writer.write(b"one")
        await heard.until(b"one")

        made.set_protocol(other)
        writer.write(b"two")
        await other.until(b"two")

        assert (heard.told, other.told, made.taken) == ([b"one"], [b"two"], 6)
        assert made.get_protocol() is other


async def test_it_is_held_while_nothing_is_to_be_read() -> None:
    async with counted() as (made, heard, _, writer):
        made.pause_reading()
        held = (made.is_held, made.is_reading())
        writer.write(b"later")
        made.resume_reading()
        await heard.until(b"later")

        assert held == (True, False)
        assert not made.is_held


async def test_back_pressure_reaches_the_protocol() -> None:
    async with counted() as (made, heard, reader, _):
        made.set_write_buffer_limits(10)
        made.write(bytes(64 << 20))
        await heard.until("pause")
        waiting = made.get_write_buffer_size()
        while waiting and "resume" not in heard.told:
            await reader.read(1 << 20)

        assert made.get_write_buffer_limits()[1] == 10


async def test_ends_reach_either_side() -> None:
    async with counted() as (made, heard, reader, writer):
        assert made.can_write_eof()
        made.write_eof()
        writer.write_eof()
        await heard.until("eof")
        made.close()
        await heard.until(type(None))

        assert await reader.read() == b""
        assert made.is_closing()
        assert made.get_extra_info("nothing", "of the kind") == "of the kind"


async def test_a_reset_is_told_as_one() -> None:
    async with counted() as (_, heard, _, writer):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        writer.transport.abort()

        await heard.until(ConnectionResetError)


def test_it_answers_whatever_a_transport_is_asked() -> None:
    asked = {name for name in dir(asyncio.Transport) if not name.startswith("_")}

    assert asked <= {*vars(Counted)}
