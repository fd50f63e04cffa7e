"""Autobahn's cases, driven by kosoku, against an echo server or an echo client: aiohttp's, whichever is the peer.

A leg is one run of some cases: with no hub, with one in this process, or with one of its own, on another core.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Final, Literal

import aiohttp
import kosoku
import uvloop
from aiohttp import WSMsgType, web
from hub_apart import hub_apart
from kosoku._kosoku import CaseResult

from hub.server import Hub, HubSettings

AT_ONCE: Final = 8
"""How many cases run at the same time: most of what they take is waiting."""
LARGE_AT_ONCE: Final = 2
"""The same where they compress a gigabyte: beside seven large ones, a small one would not finish in its time."""

ATTEMPTS: Final = 3
"""How often cases that differ are run again."""

Verdict = tuple[object, ...]
Verdicts = dict[str, Verdict]
Between = Callable[[str], AbstractAsyncContextManager[str]]
"""Given the URL of a server, puts something between and gives the URL to connect to."""


class Role(StrEnum):
    """Which end Autobahn tests; it is the other one itself."""

    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Peer:
    """How the echo server or client is set up; with `tls` it speaks wss. `compress` is a window size, 0 for none."""

    compress: int = 0
    tls: ssl.SSLContext | None = None
    cases_at_once: int = AT_ONCE


PLAIN: Final = Peer()
COMPRESSING: Final = Peer(compress=15, cases_at_once=LARGE_AT_ONCE)


def leg(role: Role, cases: list[str], recording: Path | None) -> Verdicts:
    """Run cases with compression; where there is to be a recording, through a hub that is a process."""
    return uvloop.run(verdicts(role, cases, hub_elsewhere(recording) if recording else nullcontext, COMPRESSING))


def both_legs(role: Role, cases: list[str], recording: Path) -> tuple[Verdicts, Verdicts]:
    """Run cases without a hub and with one, at the same time; return the verdicts of both."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        directly = pool.submit(leg, role, cases, None)
        through_the_hub = pool.submit(leg, role, cases, recording)
        return directly.result(), through_the_hub.result()


async def verdicts(role: Role, cases: list[str], between: Between, peer: Peer = PLAIN) -> Verdicts:
    """Run cases and return what each came to."""
    if role is Role.CLIENT:
        return await _verdicts_on_client(cases, between, peer)
    async with echo_server(peer) as url, between(url) as way:
        running = kosoku.run_fuzzingclient(f"{way}/CS1", cases=cases, concurrency=peer.cases_at_once)
        return await _results(running)


def differences(
    directly: Verdicts, through_the_hub: Verdicts, again: Callable[[list[str]], tuple[Verdicts, Verdicts]]
) -> dict[str, tuple[Verdict, Verdict]]:
    """Return the verdicts of cases that differ each time they are run; `again` runs both legs of some.

    Autobahn waits one second for some answers, and then drops the connection: on a machine that is busy otherwise, a
    case may come out differently without a hub too.
    """
    found = _different(directly, through_the_hub)
    for _ in range(ATTEMPTS):
        if found:
            found = _different(*again(list(found)))
    return found


def _different(directly: Verdicts, through_the_hub: Verdicts) -> dict[str, tuple[Verdict, Verdict]]:
    assert directly.keys() == through_the_hub.keys()
    return {case: (verdict, other) for case, verdict in directly.items() if (other := through_the_hub[case]) != verdict}


# -- what is between --------------------------------------------------------------------------------------------------


def hub_within(recording: Path, **settings: object) -> Between:
    """Return what puts a hub of this event loop between."""

    @asynccontextmanager
    async def between(url: str) -> AsyncIterator[str]:
        csmses = {"autobahn": url}
        async with Hub(HubSettings(recording=recording, csmses=csmses, port=0, **settings)) as hub:  # type: ignore[arg-type]  # of the table
            yield f"{hub.url}/autobahn"

    return between


def hub_elsewhere(recording: Path) -> Between:
    """Return what puts a hub between that is a process."""

    @asynccontextmanager
    async def between(url: str) -> AsyncIterator[str]:
        async with hub_apart(recording, url) as hub:
            yield f"ws://127.0.0.1:{hub.port}/acme"

    return between


# -- the server under test --------------------------------------------------------------------------------------------

_COMPRESS: web.AppKey[int] = web.AppKey("compress", int)


@asynccontextmanager
async def echo_server(peer: Peer) -> AsyncIterator[str]:
    app = web.Application()
    app[_COMPRESS] = peer.compress
    app.router.add_get("/{tail:.*}", _serve_echo)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=peer.tls).start()
    try:
        yield f"{'wss' if peer.tls else 'ws'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _serve_echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=bool(request.app[_COMPRESS]), max_msg_size=0)
    await socket.prepare(request)
    await _echo(socket)
    return socket


# -- the client under test --------------------------------------------------------------------------------------------


async def _verdicts_on_client(cases: list[str], between: Between, peer: Peer) -> Verdicts:
    async with kosoku.run_fuzzingserver(cases=cases, host="127.0.0.1", port=0) as fuzzer:
        http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=peer.tls or True), middlewares=[_offer_more] if peer.compress else ()
        )
        async with between(f"ws://127.0.0.1:{fuzzer.port}") as url, http:
            await _Client(http, url, peer).run_all()
        results = await _results(fuzzer.get_result())
    return results  # noqa: RET504 - by its types, leaving the context may go on after an exception


async def _offer_more(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Offer what aiohttp's client can do and does not say: 13.2, 13.5 and 13.6 ask for it."""
    request.headers["Sec-WebSocket-Extensions"] += "; client_no_context_takeover"
    return await send(request)


class _Client:
    def __init__(self, http: aiohttp.ClientSession, url: str, peer: Peer) -> None:
        self._http, self._url, self._peer = http, url, peer

    async def run_all(self) -> None:
        numbers = iter(range(1, int(await self._get("getCaseCount")) + 1))
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._peer.cases_at_once):
                tasks.create_task(self._run(numbers))
        await self._get("updateReports?agent=echo")

    async def _run(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            await self._run_case(number)

    async def _run_case(self, number: int) -> None:
        try:
            async with self._connect(f"runCase?case={number}&agent=echo") as socket:
                await _echo(socket)
        except (aiohttp.ClientError, ConnectionError):
            pass  # a case may break the connection at any moment: the verdict says whether that was right

    async def _get(self, what: str) -> str:
        async with self._connect(what) as socket:
            return str((await socket.receive()).data)

    def _connect(
        self, what: str
    ) -> "aiohttp.client._BaseRequestContextManager[aiohttp.ClientWebSocketResponse[Literal[True]]]":
        return self._http.ws_connect(f"{self._url}/{what}", max_msg_size=0, compress=self._peer.compress)


async def _echo(socket: web.WebSocketResponse | aiohttp.ClientWebSocketResponse) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)


async def _results(running: Awaitable[list[CaseResult]]) -> Verdicts:
    """Return the verdicts; kosoku raises with all results where a case fails, as one of aiohttp's own does."""
    try:
        results = await running
    except kosoku.FailureError as exc:
        results = exc.results
    return {result.case_id: _verdict(result) for result in results}


def _verdict(result: CaseResult) -> Verdict:
    return (
        result.behavior.value, result.behavior_close.value, result.result, result.result_close,
        result.remote_close_code, result.remote_close_reason, result.was_clean, result.rx_frame_stats,
        sha256(repr(result.received).encode()).hexdigest(),
    )  # fmt: skip
