"""A control connection: what is heard, what silence means, and a side that takes nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub.tunnel import link as tunnel_link
from hub.tunnel.link import Link, LinkError, PartedError, SilentError
from hub.tunnel.words import Bye, Noted, Ping, Pong, Timing, Why, from_agent, from_hub

QUICK = Timing(keepalive_s=0.02, deadline_s=0.1, hello_s=0.2)
BYE = Bye(Why.STOPPED, "enough")


@asynccontextmanager
async def links(timing: Timing = QUICK) -> AsyncIterator[tuple[Link, aiohttp.ClientWebSocketResponse]]:
    """Give the hub's end as a link, and the agent's end as a WebSocket."""
    arrived: asyncio.Future[web.WebSocketResponse] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def arrive(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=0.1)
        await socket.prepare(request)
        arrived.set_result(socket)
        await over.wait()
        return socket

    app = web.Application()
    app.router.add_get("/", arrive)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession() as http,
        http.ws_connect(server.make_url("/")) as socket,
    ):
        yield Link(await arrived, from_agent, timing), socket
        over.set()


async def test_words_are_heard_in_order_and_pings_answered() -> None:
    heard: list[Any] = []
    async with links() as (link, socket):
        other = Link(socket, from_hub, QUICK)
        other.say(Pong(7))
        link.say(Noted("a"))
        link.say(Noted("b"))
        link.part(BYE)

        ending = await asyncio.gather(link.run(lambda _: None), other.run(heard.append), return_exceptions=True)

        assert heard == [Noted("a"), Noted("b")]
        assert ending[0] is None
        assert isinstance(ending[1], PartedError)
        assert ending[1].bye == BYE


async def test_both_ends_stay_as_long_as_they_hear_each_other() -> None:
    async with links() as (link, socket):
        other = Link(socket, from_hub, QUICK)
        running = [asyncio.ensure_future(each.run(lambda _: None)) for each in (link, other)]

        done, _ = await asyncio.wait(running, timeout=3 * QUICK.deadline_s)

        assert not done
        assert link.round_trip_s is not None
        assert link.round_trip_s < QUICK.deadline_s
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_program_that_did_not_run_for_a_while_takes_nobody_for_silent() -> None:
    async with links() as (link, socket):
        other = Link(socket, from_hub, QUICK)
        running = [asyncio.ensure_future(each.run(lambda _: None)) for each in (link, other)]
        await asyncio.wait(running, timeout=QUICK.keepalive_s)

        time.sleep(3 * QUICK.deadline_s)  # noqa: ASYNC251 - as a machine that is suspended
        done, _ = await asyncio.wait(running, timeout=QUICK.keepalive_s)

        assert not done
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_silence_ends_it_at_the_deadline() -> None:
    async with links() as (link, _):
        began = asyncio.get_running_loop().time()

        with pytest.raises(SilentError, match="nothing was heard for"):
            await link.run(lambda _: None)

        assert QUICK.deadline_s <= asyncio.get_running_loop().time() - began < QUICK.deadline_s + 0.2


async def test_who_never_begins_is_not_waited_for() -> None:
    async with links() as (link, _):
        with pytest.raises(SilentError, match=r"it said nothing for 0\.2 s"):
            await link.first()


@pytest.mark.parametrize("garbage", [b"", b"\xc1", b"\x80", b"\x81\xa4type\xa3foo"])
async def test_garbage_is_answered_with_the_reason(garbage: bytes) -> None:
    async with links() as (link, socket):
        await socket.send_bytes(garbage)

        with pytest.raises(LinkError, match="cannot be read"):
            await link.first()

        answer = from_hub((await socket.receive()).data)
        assert isinstance(answer, Bye)
        assert answer.why is Why.GARBLED


async def test_text_is_garbage() -> None:
    async with links() as (link, socket):
        await socket.send_str("hello")

        with pytest.raises(LinkError, match="it is a text frame"):
            await link.first()


async def test_the_other_side_may_just_leave() -> None:
    async with links() as (link, socket):
        await socket.close()

        with pytest.raises(LinkError, match="its connection ended"):
            await link.run(lambda _: None)


async def test_who_takes_no_words_is_let_go_before_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnel_link, "MOST_WAITING", 5)
    async with links() as (link, _):
        for number in range(6):
            link.say(Ping(number))

        with pytest.raises(LinkError, match="it took none of 5 messages"):
            await link.run(lambda _: None)
