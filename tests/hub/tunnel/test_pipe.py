"""Bytes between two connections: as they are, and each end told before it is passed on."""

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from raw_peers import Line

from hub.handshake.dial import HeadReader
from hub.tunnel.pipe import Pipe
from hub.tunnel.words import How


@dataclass
class Ends:
    """A pipe that runs, the far ends of its two connections, and what it has told of its local one."""

    pipe: Pipe
    hub: Line
    local: Line
    task: "asyncio.Task[None]"
    told: list[How] = field(default_factory=list)
    noted: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def connection() -> AsyncIterator[tuple[HeadReader, Line]]:
    """Connect a reader with a line."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[Line] = loop.create_future()
    async with await asyncio.start_server(lambda *ends: arrived.set_result(Line(*ends)), "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()
        _, reader = await loop.create_connection(lambda: HeadReader(keeps_half_open=True), *address)
        line = await arrived
        yield reader, line
        line.writer.transport.abort()
        reader.abort()
        await asyncio.sleep(0)  # until the event loop has closed both


@asynccontextmanager
async def piped(before: Callable[[Line, Line], Awaitable[object]] | None = None) -> AsyncIterator[Ends]:
    """Run a pipe whose tellings are noted at once, unless `noted` is cleared."""
    async with AsyncExitStack() as stack:
        hub_reader, hub = await stack.enter_async_context(connection())
        local_reader, local = await stack.enter_async_context(connection())
        if before is not None:
            await before(hub, local)
        told, noted = list[How](), asyncio.Event()
        noted.set()

        async def tell(how: How, _: Exception | None) -> None:
            told.append(how)
            await noted.wait()

        pipe = Pipe(hub_reader, local_reader, tell)
        task = asyncio.create_task(pipe.run())
        yield Ends(pipe, hub, local, task, told, noted)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], object]) -> None:
    while not holds():  # noqa: ASYNC110 - a pipe's counts set no event
        await asyncio.sleep(0.001)


async def test_bytes_cross_in_both_directions_and_are_counted() -> None:
    async with piped() as ends:
        await ends.hub.say(b"to the CSMS")
        await ends.local.say(b"and back")

        assert await ends.local.hear(11) == b"to the CSMS"
        assert await ends.hub.hear(8) == b"and back"
        assert (ends.pipe.count.given, ends.pipe.count.taken, ends.pipe.count.is_full) == (8, 11, False)


async def test_what_came_before_the_pipe_is_not_lost() -> None:
    async def speak(hub: Line, local: Line) -> None:
        await hub.say(b"early")
        await local.say(b"bird")
        await asyncio.sleep(0)

    async with piped(speak) as ends:
        assert await ends.local.hear(5) == b"early"
        assert await ends.hub.hear(4) == b"bird"


async def test_an_end_of_the_local_peer_is_passed_on_only_once_the_hub_knows() -> None:
    async with piped() as ends:
        ends.noted.clear()

        await ends.local.say(b"last word")
        ends.local.end()
        await until(lambda: ends.told)
        unheard = ends.hub.reader.at_eof()
        ends.noted.set()

        assert await ends.hub.rest() == b"last word"
        assert (ends.told, unheard) == ([How.FIN], False)


async def test_who_has_ended_may_still_be_answered() -> None:
    async with piped() as ends:
        ends.local.end()
        await ends.hub.rest()

        await ends.hub.say(b"answer")
        ends.hub.end()

        assert await ends.local.rest() == b"answer"
        await ends.task


async def test_a_reset_of_the_local_peer_is_told_and_becomes_one() -> None:
    async with piped() as ends:
        ends.local.reset()

        with pytest.raises(ConnectionResetError):
            await ends.hub.rest()

        assert ends.told == [How.RESET]
        await ends.task


@pytest.mark.parametrize("exc", [OSError(errno.ETIMEDOUT, "Connection timed out"), KeyError("a fault of ours")])
async def test_a_local_path_that_breaks_is_nobodys_doing(exc: Exception) -> None:
    async with piped() as ends:
        ends.pipe.local.transport.abort()
        ends.pipe.local.connection_lost(exc)

        with pytest.raises(ConnectionResetError):
            await ends.hub.rest()

        assert ends.told == [How.PATH]


async def test_an_end_of_the_hub_is_passed_on_and_not_told() -> None:
    async with piped() as ends:
        await ends.hub.say(b"bye")
        ends.hub.end()

        assert await ends.local.rest() == b"bye"
        assert ends.told == []


async def test_a_reset_of_the_hub_becomes_one() -> None:
    async with piped() as ends:
        ends.hub.reset()

        with pytest.raises(ConnectionResetError):
            await ends.local.rest()
        await ends.task


async def test_both_are_broken_off_when_the_tunnel_is_no_more() -> None:
    async with piped() as ends:
        ends.pipe.abort()

        for line in (ends.hub, ends.local):
            with pytest.raises(ConnectionResetError):
                await line.rest()
        await ends.task
        assert ends.told == []


async def test_a_pipe_that_is_cancelled_leaves_no_connection_behind() -> None:
    async with piped() as ends:
        await ends.hub.say(b"it runs")
        await ends.local.hear(7)

        ends.task.cancel()

        for line in (ends.hub, ends.local):
            with pytest.raises(ConnectionResetError):
                await line.rest()


@pytest.mark.parametrize("slow", ["hub", "local"])
async def test_who_does_not_read_is_not_sent_more_than_a_buffer_holds(slow: str) -> None:
    async with piped() as ends:
        reader, talker = (ends.hub, ends.local) if slow == "hub" else (ends.local, ends.hub)
        chunk, size = bytes(100_000), 0
        reader.stop_reading()

        flood = asyncio.create_task(talker.say(*[chunk] * 200))
        while size != (size := ends.pipe.hub.received + ends.pipe.local.received) or not size:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.1)
        was_full = ends.pipe.count.is_full
        reader.go_on_reading()
        received = await reader.hear(200 * len(chunk))

        assert size < len(received) == 200 * len(chunk)
        assert was_full == (slow == "local")
        await flood
        await until(lambda: not ends.pipe.count.is_full)
