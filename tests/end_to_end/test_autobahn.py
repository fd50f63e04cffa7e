"""Autobahn's cases, driven by kosoku, against an echo server: with the hub between, none may come out differently."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import kosoku
import pytest
import uvloop
from aiohttp import WSMsgType, web

from hub.recording import Recording
from hub.server import Hub, HubSettings

NOT_COMPARED = ["9.*", "12.*", "13.*"]
"""Speed and compression: long, and about the endpoints."""
CASES = 247

Verdicts = dict[str, tuple[object, ...]]


ALL_CASES = 517

COMPRESSES: web.AppKey[bool] = web.AppKey("compresses", bool)


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=request.app[COMPRESSES], max_msg_size=0)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


@asynccontextmanager
async def echo_server(*, compresses: bool) -> AsyncIterator[str]:
    app = web.Application()
    app[COMPRESSES] = compresses
    app.router.add_get("/{tail:.*}", echo)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}/echo"
    finally:
        await runner.cleanup()


async def verdicts(url: str, excluded: list[str]) -> Verdicts:
    """Run the cases; kosoku raises with all results where one of them fails, as one of aiohttp's own does."""
    try:
        results = await kosoku.run_fuzzingclient(url, exclude_cases=excluded, concurrency=8)
    except kosoku.FailureError as exc:
        results = exc.results
    return {
        result.case_id: (
            result.behavior.value, result.behavior_close.value, result.remote_close_code, result.was_clean,
        )
        for result in results
    }  # fmt: skip


async def both_ways(recording: Path, *, excluded: list[str]) -> tuple[Verdicts, Verdicts]:
    """Run the cases without the hub and with it; compression is on where its cases are among them."""
    async with echo_server(compresses=not excluded) as url:
        directly = await verdicts(url, excluded)
        async with Hub(HubSettings(recording=recording, csmses={"echo": url}, port=0)) as hub:
            through_the_hub = await verdicts(f"{hub.url}/echo/CS1", excluded)
    return directly, through_the_hub


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_no_case_of_autobahn_comes_out_differently_through_the_hub(
    tmp_path: Path, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    recording = tmp_path / "autobahn.db"

    with asyncio.Runner(loop_factory=new_loop) as runner:
        directly, through_the_hub = runner.run(both_ways(recording, excluded=NOT_COMPARED))

    assert len(directly) == CASES
    assert through_the_hub == directly
    with Recording.open(recording) as recorded:
        assert all(session.upgraded for session in recorded.sessions())
        assert len(recorded.sessions()) >= CASES


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_none_of_all_cases_comes_out_differently_speed_and_compression_included(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        directly, through_the_hub = runner.run(both_ways(tmp_path / "autobahn.db", excluded=[]))

    assert len(directly) == ALL_CASES
    assert through_the_hub == directly
