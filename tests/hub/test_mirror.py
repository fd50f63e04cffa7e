"""Following a hub from afar: the mirror is the hub's recording over again."""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from drawing import judged
from event_texts import TWO_CSMSES
from tls_contexts import tls_contexts

from hub.access.badge import VARIABLE
from hub.access.nearness import BADGE
from hub.access.tokens import MOVES_PREFIX
from hub.access.viewing import Viewing
from hub.events.desk import EventDesk
from hub.events.file import parse_event
from hub.feed import PATH, VIEWING, feed_app
from hub.mirror import MirrorError, check, feed_url, mirrored
from hub.recording.reading import Recording
from hub.recording.writable import open_for_writing
from hub.server import Hub, HubSettings
from hub.tls.contexts import TlsPolicy
from matrix.report import verdicts


def caught_up(mirror: Path, original: Path) -> bool:
    with Recording.open(mirror) as copy, Recording.open(original) as recording:
        return copy.last_mark() == recording.last_mark() > 0


async def test_mirror_holds_what_the_hub_recorded(tmp_path: Path) -> None:
    original, mirror = tmp_path / "hub.recording", tmp_path / "mirror.recording"
    settings = HubSettings(recording=original, csmses={"acme": "ws://127.0.0.1:1"}, port=0)
    async with Hub(settings, app=feed_app(original)) as hub:
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
        writer.write(b"GET /acme/CS1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 502")
        writer.close()
        await asyncio.to_thread(_follow, hub.url, mirror, original)

    with Recording.open(mirror) as copy, Recording.open(original) as recording:
        assert copy.traffic() == recording.traffic()
        assert verdicts(judged(copy.traffic())) == verdicts(judged(recording.traffic()))


def _follow(hub: str, mirror: Path, original: Path) -> None:
    with mirrored(hub, mirror):
        while not caught_up(mirror, original):
            pass


@asynccontextmanager
async def feed_of(recording: Path, port: int = 0) -> AsyncIterator[int]:
    """Serve the feed of a recording, and of an event whose round begins now; give the port."""
    rounds = f"[[rounds]]\nstarts = {datetime.now(UTC).isoformat()}\npairs = []\n"
    desk = EventDesk(parse_event(TWO_CSMSES + rounds, recording.with_name("event.toml")), TlsPolicy())
    app = feed_app(recording)
    app[VIEWING] = Viewing(desk=desk)
    app[BADGE] = os.environ[VARIABLE]
    async with served(app, port) as port:
        yield port


@asynccontextmanager
async def served(app: web.Application, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def wait_until(reached: Callable[[], bool]) -> None:
    while not reached():
        time.sleep(0.01)  # the mirror, in its own thread, wants the interpreter


async def test_mirror_notes_when_the_hub_goes_and_forgets_it_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "plugfest_badge")
    original, before = tmp_path / "hub.recording", time.time_ns()
    open_for_writing(original).close()
    async with feed_of(original) as port:
        opening = mirrored(f"ws://127.0.0.1:{port}", tmp_path / "mirror.recording")
        mirror = await asyncio.to_thread(opening.__enter__)
        await asyncio.to_thread(wait_until, lambda: mirror.connected_since is not None and mirror.phase is not None)
        there = mirror.lost_at
    await asyncio.to_thread(wait_until, lambda: mirror.lost_at is not None and mirror.phase is None)
    lost_at = mirror.lost_at
    async with feed_of(original, port):
        await asyncio.to_thread(wait_until, lambda: mirror.lost_at is None and mirror.phase is not None)
        round_number = mirror.phase[0].number if mirror.phase else None
        await asyncio.to_thread(opening.__exit__, None, None, None)

    assert (there, mirror.connected_since, round_number) == (None, None, 1)
    assert lost_at is not None
    assert before < lost_at < time.time_ns()


@pytest.mark.parametrize(
    "news", ["[1]", '{"round":{"event":"Fest","number":1,"of":1,"pairs":[],"left_s":NaN,"is_paused":false}}']
)
async def test_hub_whose_words_cannot_be_read_is_said_to_be_one(tmp_path: Path, news: str) -> None:
    async def babble(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"last": 0})
        await socket.send_str(news)
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get(PATH, babble)
    async with served(app) as port:
        opening = mirrored(f"ws://127.0.0.1:{port}", tmp_path / "mirror.recording")
        mirror = await asyncio.to_thread(opening.__enter__)
        await asyncio.to_thread(wait_until, lambda: bool(mirror.sent_away))
        await asyncio.to_thread(opening.__exit__, None, None, None)

    assert mirror.sent_away.startswith("what the hub sends cannot be read: ")
    assert mirror.lost_at is not None


async def test_token_that_moves_stations_is_shown_to_nobody_in_clear() -> None:
    shown: list[str] = []

    async def listen(request: web.Request) -> web.Response:
        shown.append(request.headers["Authorization"])
        return web.Response(status=403)

    app = web.Application()
    app.router.add_get(PATH, listen)
    async with served(app) as port:
        with pytest.raises(MirrorError, match=f"is shown at wss:// only: ws://127.0.0.1:{port} is not"):
            await check(feed_url(f"ws://127.0.0.1:{port}"), token=f"{MOVES_PREFIX}secret")

    assert shown == []


async def test_token_that_moves_stations_is_not_shown_to_who_takes_the_port_of_a_hub_that_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "plugfest_badge")
    monkeypatch.setattr("hub.mirror.RETRY_S", 0.01)
    shown: list[bool] = []

    async def listen(request: web.Request) -> web.WebSocketResponse:
        shown.append("Authorization" in request.headers)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"last": 0})
        if len(shown) == 2:
            monkeypatch.delenv(VARIABLE)
        return socket

    app = web.Application()
    app.router.add_get(PATH, listen)
    async with served(app) as port:
        opening = mirrored(f"ws://127.0.0.1:{port}", tmp_path / "x.recording", token=f"{MOVES_PREFIX}secret")
        await asyncio.to_thread(opening.__enter__)
        await asyncio.to_thread(wait_until, lambda: len(shown) > 2)
        await asyncio.to_thread(opening.__exit__, None, None, None)

    assert shown[:3] == [True, True, False]


@pytest.mark.parametrize("url", ["http://x", "ftp://x", "ws://", "nonsense"])
def test_url_that_is_no_hubs_is_named(url: str) -> None:
    with pytest.raises(MirrorError, match="not the URL of a hub"):
        feed_url(url)


async def test_hub_whose_certificate_does_not_hold_is_told_with_what_may_help() -> None:
    server_side, _ = tls_contexts()
    async with served(web.Application(), tls=server_side) as port:
        url = feed_url(f"wss://127.0.0.1:{port}")

        with pytest.raises(MirrorError, match=r"its certificate does not hold: .* \(--ca FILE says which to trust\)$"):
            await check(url)


def test_hub_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

    with pytest.raises(MirrorError, match="no hub can be watched"), mirrored(f"ws://127.0.0.1:{port}", tmp_path / "m"):
        pass
