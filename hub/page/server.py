"""The page over HTTP: one shell for all of its addresses, a few files, JSON, and the board as server-sent events."""

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import HttpVersion11, web

from hub.access.nearness import has_own_address
from hub.access.refusals import HIDDEN
from hub.access.viewing import Guest
from hub.feed import HERE, VIEWING
from hub.page.audience import Audience
from hub.page.entrance import LEAVE_PATH, Entrance
from hub.page.entrance import PATH as ENTER_PATH
from hub.page.house import House
from hub.page.process import BusyError, PageProcess
from hub.page.views import MaySee
from matrix.safe import safe

BASE: Final = "/-/page"
MOST_VIEWERS: Final = 1_000
"""Browsers that follow the board at once; each takes a file."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_KINDS: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of the page; `tag` changes with it."""

    body: bytes
    kind: str
    tag: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the handlers need: the process that knows everything, who may see what of it, and who looks."""

    process: PageProcess
    entrance: Entrance
    files: dict[str, StaticFile]
    house: House


PAGE: Final = web.AppKey("page", Page)


def add_page(app: web.Application, process: PageProcess, may_see: MaySee, *, goes_by_address: bool = False) -> None:
    """Let the hub's application serve the page, but for `/`, which `shell` serves where the application lets it.

    `goes_by_address` takes whoever seems to be on this machine for near: for a hub that no proxy ever stands before.
    """
    entrance = Entrance(may_see, lambda: app.get(VIEWING, HERE), goes_by_address=goes_by_address)
    app[PAGE] = Page(process, entrance, _files(), House(process, entrance))
    app.cleanup_ctx.append(_process_runs)
    app.on_shutdown.append(_let_viewers_go)
    app.on_response_prepare.append(_protect)
    for path in ("", "/", "/hall", "/doctor", "/pair/{id}", "/session/{id}"):
        app.router.add_get(f"{BASE}{path}", shell)
    app.router.add_get(ENTER_PATH, door)
    app.router.add_post(ENTER_PATH, entrance.enter)
    app.router.add_post(LEAVE_PATH, entrance.leave)
    app.router.add_get(f"{BASE}/static/{{name}}", static)
    app.router.add_get(f"{BASE}/live", live)
    app.router.add_get(f"{BASE}/data/{{what}}", data)


async def shell(request: web.Request) -> web.Response:
    """Serve the frame of the page, which is the same for all addresses; what it shows, it asks for."""
    page = request.app[PAGE]
    asks = page.entrance.viewing().knows_tokens or has_own_address(request)
    if not asks:  # for a token or the badge: then the frame is for everybody, and shows nothing by itself
        page.entrance.guest(request)
        page.process.start()
    return _file(request, page.files["index.html"])


async def door(request: web.Request) -> web.Response:
    """Serve the frame of the page to whoever has a token to show."""
    return _file(request, request.app[PAGE].files["index.html"])


async def static(request: web.Request) -> web.Response:
    """Serve one of the page's own files; they say nothing about an event."""
    found = request.app[PAGE].files.get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound(text="there is no such file\n")
    return _file(request, found)


async def data(request: web.Request) -> web.Response:
    """Answer with what the page's process says; `?id=`, `?before=` and the like are its to read."""
    page = request.app[PAGE]
    guest = page.entrance.guest(request)
    about = {name: value[:200] for name, value in [*request.query.items()][:8]}
    try:
        reply = await page.process.ask(guest.scope, request.match_info["what"][:20], about)
    except BusyError as exc:
        raise web.HTTPServiceUnavailable(text=f"{exc}\n", headers={"Retry-After": "1"}) from exc
    if reply.hidden:
        request[HIDDEN] = reply.hidden
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=reply.body, status=reply.status, content_type="application/json", headers=headers)


async def live(request: web.Request) -> web.StreamResponse:
    """Send the board, and what changes, for as long as the viewer stays."""
    page = request.app[PAGE]
    guest = page.entrance.guest(request)
    if len(page.house.viewers) >= MOST_VIEWERS:
        raise web.HTTPServiceUnavailable(text="as many are looking as can be\n", headers={"Retry-After": "30"})
    if request.version < HttpVersion11:
        raise web.HTTPVersionNotSupported(text="events are sent by HTTP/1.1\n")
    page.process.start()
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(b"retry: 2000\nevent: hello\ndata: %b\n\n" % _hello(page, guest))
    transport = request.transport
    if request.method == "HEAD" or transport is None:
        return response
    audience = page.house.audience(guest.scope)
    viewer = audience.join(transport, guest, _version_in(request, audience))
    try:
        await viewer.is_over.wait()
    finally:
        audience.viewers.discard(viewer)
    return response


def _hello(page: Page, guest: Guest) -> bytes:
    """Return what one browser is told at first, as JSON: who looks in it, at what event, what time it is here (ms)."""
    viewing = page.entrance.viewing()
    title = viewing.title_of(guest.token) if guest.token else ""
    event = viewing.desk.event.name if viewing.desk else ""
    role = guest.token.role if guest.token else ""
    told = {"name": safe(title, 100), "role": role, "event": safe(event, 100), "now": time.time_ns() // 1_000_000}
    return msgspec.json.encode(told)


def _version_in(request: web.Request, audience: Audience) -> int:
    """Return the version that a browser had before its connection broke; 0 where it is new, or saw something else."""
    epoch, _, version = request.headers.get("Last-Event-ID", "").partition("-")
    return int(version) if epoch == audience.epoch and version.isdecimal() and len(version) < 12 else 0


def _file(request: web.Request, found: StaticFile) -> web.Response:
    headers = {"Cache-Control": "no-cache", "ETag": found.tag}
    if request.headers.get("If-None-Match") == found.tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=found.body, content_type=found.kind, charset="utf-8", headers=headers)


def _files() -> dict[str, StaticFile]:
    folder = Path(__file__).with_name("static")
    return {path.name: _static_file(path) for path in sorted(folder.iterdir()) if path.suffix in _KINDS}


def _static_file(path: Path) -> StaticFile:
    body = path.read_bytes()
    return StaticFile(body, _KINDS[path.suffix], f'"{hashlib.sha256(body).hexdigest()[:16]}"')


async def _protect(request: web.Request, response: web.StreamResponse) -> None:
    if request.path == "/" or request.path.startswith(BASE):
        response.headers.update(HEADERS)


async def _process_runs(app: web.Application) -> AsyncIterator[None]:
    page = app[PAGE]
    page.entrance.remember()
    running = asyncio.create_task(_run(page))
    running.add_done_callback(_tell_crash)
    yield
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _run(page: Page) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(page.process.run())
        tasks.create_task(page.house.run())


def _tell_crash(running: asyncio.Task[None]) -> None:
    if not running.cancelled() and (exc := running.exception()):
        log.error("the page is not live any more", exc_info=exc)


async def _let_viewers_go(app: web.Application) -> None:
    for viewer in app[PAGE].house.viewers:
        viewer.leave()
