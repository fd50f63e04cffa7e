"""The live feed: what the hub records, to whoever watches, as msgpack over a WebSocket.

`GET /-/feed?after=MARK` sends what was recorded after a mark, batch by batch, and goes on as more is recorded. A text
`{"not_recording": SENTENCE}` says that nothing is being recorded and why, with "" that it is again; `{"notes": [...]}`
gives all notes on contested cells whenever they change, and `{"round": {...}}` says where the event stands
(hub.events.countdown) when that changes, and now and then. The feed reads the recording like any other reader: a slow
viewer lags, and never slows the relay. Who may see what of it, hub.access.viewing says.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any, Final, TypeVar

import msgpack
import msgspec
from aiohttp import WSCloseCode, web

from hub.access.nearness import is_from_here
from hub.access.refusals import noting_refusals
from hub.access.viewing import CHANGED, NEARBY, Eyes, Viewing
from hub.events.countdown import Countdown
from hub.recording.lock_file import trouble_at
from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from matrix.notes import Note
from matrix.trace import Closed, Disturbed, Frame, Opened, Session, Side, Traffic, mark_of, session_of

PATH: Final = "/-/feed"
POLL_S: Final = 0.1
BATCH: Final = 1_000

Found = TypeVar("Found")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

RECORDING: Final = web.AppKey("recording", Path)
VIEWING: Final = web.AppKey("viewing", Viewing)
HERE: Final = Viewing()
"""Without tokens, only programs that show the hub's badge watch."""

REVOKED: Final = 4401
"""The close code (of those for applications, RFC 6455 §7.4.2) for a viewer whose token is good no longer."""
OTHER_SCOPE: Final = 4409
"""Likewise for one whose token is good for something else now: it may come again at once."""
NOT_RECORDING: Final = "the hub records nothing at the moment"
"""What is said of that to those who are not to know the hub's files."""


def feed_app(recording: Path, front: Handler | None = None) -> web.Application:
    """Return the application that serves the feed of a recording, and at `/` what `front` says."""
    app = web.Application(middlewares=[noting_refusals()])
    app[RECORDING] = recording
    app.router.add_get("/", front or front_page)
    app.router.add_get(PATH, feed)
    return app


async def front_page(_request: web.Request) -> web.Response:
    """Say what this is to whoever asks without knowing."""
    return web.Response(text="this is a plugfest hub: stations connect to ws://HUB/NAME/IDENTITY\n")


async def feed(request: web.Request) -> web.StreamResponse:
    """Send the traffic after a mark, and what comes, until the viewer leaves."""
    viewing = request.app.get(VIEWING, HERE)
    eyes = viewing.admit(request)
    countdown = Countdown(viewing.desk, is_whole=eyes.is_organizers)
    after = _mark_in(request)
    reader = Reader(request.app[RECORDING])
    try:
        await _check(reader, eyes)
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(_send(socket, reader, after, eyes, countdown))
            async for _ in socket:  # a viewer has nothing to say: this ends when it leaves
                pass
            sender.cancel()
    finally:
        reader.close()
    return socket


async def _check(reader: "Reader", eyes: Eyes) -> None:
    try:
        await reader.last_mark()
    except RecordingError as exc:
        sentence = str(exc) if eyes.is_everything else NOT_RECORDING
        raise web.HTTPServiceUnavailable(text=f"{sentence}\n") from exc


class Reader:
    """A recording that is read in a thread of its own, so that a slow disk holds nobody up.

    It is closed there too: SQLite deadlocks where one thread closes a connection that another one is reading from.
    """

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="feed")
        self._path = path
        self._recording: Recording | None = None
        self._inode: int | None = None

    async def last_mark(self) -> int:
        return await self._run(lambda recording: recording.last_mark())

    async def traffic(self, after: int) -> list[Traffic]:
        return await self._run(lambda recording: recording.traffic(after, limit=BATCH))

    async def sessions(self) -> list[Session]:
        return await self._run(lambda recording: recording.sessions())

    async def trouble(self) -> str:
        """Return why the hub records nothing, "" where it does."""
        return await self._run(lambda recording: trouble_at(recording.path))

    async def notes(self) -> list[Note]:
        """Return what people said about cells."""
        return await self._run(lambda recording: recording.notes())

    def close(self) -> None:
        """Close the recording once what is being read is read."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    async def _run(self, read: Callable[[Recording], Found]) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: read(self._current()))

    def _current(self) -> Recording:
        """Return the recording that is in its place: the hub may have had to bring it back as another file."""
        inode = self._inode_now()
        if self._recording is None or inode not in (None, self._inode):
            self._close()
            self._recording, self._inode = Recording.open(self._path), inode
        return self._recording

    def _inode_now(self) -> int | None:
        try:
            return self._path.stat().st_ino
        except OSError:
            return None

    def _close(self) -> None:
        if self._recording is not None:
            self._recording.close()
            self._recording = None


def refuse_strangers(request: web.Request) -> None:
    """Let in only programs of the hub's own user, on this machine.

    Raises:
        web.HTTPForbidden: the request comes from somebody else, or from a web page.
    """
    if not is_from_here(request):
        raise web.HTTPForbidden(text=f"{NEARBY}\n")
    if "Origin" in request.headers:
        raise web.HTTPForbidden(text="this is not for web pages\n")


def pack(items: Iterable[Traffic]) -> bytes:
    """Return a batch of traffic as msgpack."""
    packed: bytes = msgpack.packb([_as_plain(item) for item in items], unicode_errors="surrogatepass")
    return packed


def unpack(batch: bytes) -> list[Traffic]:
    """Return the traffic in a batch.

    Raises:
        ValueError: it is not such a batch.
    """
    try:
        return [_as_traffic(*plain) for plain in msgpack.unpackb(batch, unicode_errors="surrogatepass")]
    except (TypeError, ValueError, msgpack.UnpackException) as exc:
        raise ValueError(f"this is not a batch of the feed: {exc}") from exc


async def _send(socket: web.WebSocketResponse, reader: Reader, after: int, eyes: Eyes, countdown: Countdown) -> None:
    await socket.send_json({"last": await reader.last_mark()})
    sight = Sight(eyes, await reader.sessions() if after and not eyes.is_everything else ())
    told: tuple[str, list[Note]] = ("", [])
    while not socket.closed:
        if why := eyes.leaves():
            await socket.close(code=OTHER_SCOPE if why == CHANGED else REVOKED, message=why.encode())
            return
        if phase := countdown.news(monotonic()):
            await socket.send_json({"round": msgspec.to_builtins(phase)})
        told = await _send_news(socket, reader, sight, *told)
        items = await reader.traffic(after)
        if not items:
            await asyncio.sleep(POLL_S)
            continue
        after = mark_of(items[-1])
        if seen := sight.of(items):
            await socket.send_bytes(pack(seen))
    await socket.close(code=WSCloseCode.GOING_AWAY)


class Sight:
    """What a viewer sees of the traffic: the sessions that their eyes are for, whole."""

    def __init__(self, eyes: Eyes, sessions: Iterable[Session]) -> None:
        self._eyes = eyes
        self._sessions = {session.id: session for session in sessions if eyes.sees(session)}

    def of(self, items: list[Traffic]) -> list[Traffic]:
        """Return what is seen of some traffic, which comes in the order of recording."""
        if self._eyes.is_everything:
            return items
        seen = []
        for item in items:
            if isinstance(item, Opened) and self._eyes.sees(item.session):
                self._sessions[item.session.id] = item.session
            if self._is_seen(session_of(item)):
                seen.append(item)
        return seen

    def of_trouble(self, trouble: str) -> str:
        """Return what is seen of a sentence of the hub, which may name files."""
        return trouble if self._eyes.is_everything or not trouble else NOT_RECORDING

    def of_notes(self, notes: list[Note]) -> list[Note]:
        """Return the notes about sessions that are seen."""
        return notes if self._eyes.is_everything else [note for note in notes if self._is_seen(note.session)]

    def _is_seen(self, number: int) -> bool:
        """Tell whether a session that was seen still is: the event may be another one now."""
        session = self._sessions.get(number)
        return session is not None and self._eyes.sees(session)


async def _send_news(
    socket: web.WebSocketResponse, reader: Reader, sight: Sight, told: str, told_notes: list[Note]
) -> tuple[str, list[Note]]:
    """Send what is said beside the traffic, where that has changed; return what the viewer knows now."""
    if told != (trouble := sight.of_trouble(await reader.trouble())):
        await socket.send_json({"not_recording": trouble})
    if told_notes != (notes := sight.of_notes(await reader.notes())):
        await socket.send_json({"notes": msgspec.to_builtins(notes)})
    return trouble, notes


def _mark_in(request: web.Request) -> int:
    text = request.query.get("after", "0")
    if not text.isdecimal() or len(text) > 18:
        raise web.HTTPBadRequest(text=f"after has to be a mark, a number: {text[:40]!r}\n")
    return int(text)


def _as_plain(item: Traffic) -> tuple[Any, ...]:
    if isinstance(item, Frame):
        return ("frame", *(getattr(item, name) for name in Frame.__struct_fields__))
    if isinstance(item, Disturbed):
        return ("disturbed", *(getattr(item, name) for name in Disturbed.__struct_fields__))
    return ("opened" if isinstance(item, Opened) else "closed", item.mark, msgspec.to_builtins(item.session))


def _as_traffic(kind: str, *fields: Any) -> Traffic:
    if kind == "frame":
        named = dict(zip(Frame.__struct_fields__, fields, strict=True))
        return Frame(**named | {"side": Side(named["side"])})
    if kind == "disturbed":
        return msgspec.convert(dict(zip(Disturbed.__struct_fields__, fields, strict=True)), Disturbed)
    mark, plain = fields
    session = msgspec.convert(plain, Session)
    match kind:
        case "opened":
            return Opened(mark, session)
        case "closed":
            return Closed(mark, session)
        case _:
            raise ValueError(f"there is no item {kind!r} in the feed")
