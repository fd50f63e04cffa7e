"""Following a hub's feed into a recording of one's own, so that watching from afar is watching a file."""

import asyncio
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
from yarl import URL

from hub import feed
from hub.access import viewing
from hub.access.badge import approach
from hub.access.nearness import FIELD
from hub.access.tokens import MOVES_PREFIX
from hub.errors import HubError
from hub.events.countdown import PhaseShown
from hub.recording.database import Transaction
from hub.recording.writable import WritableRecording, open_for_writing
from hub.tls.contexts import TlsPolicy, csms_context
from hub.tls.facts import Hints, why_the_server_failed
from hub.writing.batch import Batch, SessionEnd, disturbance_row, end_row, note_row, played_rows, session_row
from matrix.notes import Note
from matrix.safe import safe
from matrix.trace import Closed, Disturbed, Frame, Opened, Session, Traffic, mark_of

RETRY_S: Final = 1.0
REFUSED_S: Final = 30.0
"""After how long a hub is asked again that did not let us watch: a token that was revoked stays so."""
CONNECT_S: Final = 10.0
"""How long a hub may take to answer; one that takes longer is as good as gone."""

_HINTS: Final = Hints(ca=" (--ca FILE says which to trust)", client="any")


class MirrorError(HubError):
    """The hub's feed cannot be followed; the message says why."""


@contextmanager
def mirrored(hub: str, path: Path, ca: Path | None = None, token: str | None = None) -> Iterator["Mirror"]:
    """Copy what a hub records into a new recording at `path`, in a thread of its own, while the context lasts.

    `ca` verifies a hub at wss://; without it, what the system trusts does. `token` is shown to the hub, which wants one
    of everybody but its own user on its own machine: there, its badge is shown.

    Raises:
        MirrorError: nothing answers at that URL, or not with a feed; said at once, not later.
        TlsError: the CA cannot be used.
    """
    url = feed_url(hub)
    tls = csms_context(TlsPolicy(), ca=ca) if ca else True
    asyncio.run(check(url, tls, token))
    mirror = Mirror(url, open_for_writing(path), tls, token)
    thread = threading.Thread(target=mirror.run, name="mirror")
    thread.start()
    try:
        yield mirror
    finally:
        mirror.stop()
        thread.join()
        mirror.close()


def feed_url(hub: str) -> URL:
    """Return where a hub's feed is.

    Raises:
        MirrorError: it is not the URL of a hub.
    """
    try:
        url = URL(hub)
    except ValueError as exc:
        raise MirrorError(f"{hub!r} is not a URL: {exc}") from exc
    if url.scheme not in ("ws", "wss") or not url.host:
        raise MirrorError(f"{hub!r} is not the URL of a hub: ws://HOST:PORT")
    return url.with_path(feed.PATH)


async def check(url: URL, tls: ssl.SSLContext | bool = True, token: str | None = None) -> None:
    """Look whether a feed can be followed.

    Raises:
        MirrorError: it cannot.
    """
    met, shown = _approach(url, token)
    if token and "Authorization" not in shown:
        raise MirrorError(f"this token moves stations, and is shown at wss:// only: {url.origin()} is not")
    async with aiohttp.ClientSession() as http:
        try:
            async with http.ws_connect(met, ssl=tls, headers=shown) as socket:
                await socket.receive_json(timeout=10)
        except aiohttp.WSServerHandshakeError as exc:
            why = await _said_to(http, url, tls, token)
            raise MirrorError(f"{url} does not let us watch: it answered {exc.status}{why}") from exc
        except (aiohttp.ClientError, OSError, TimeoutError, TypeError, ValueError) as exc:
            why = why_the_server_failed(exc, url.host or "", _HINTS) or str(exc) or type(exc).__name__
            raise MirrorError(f"no hub can be watched at {url}: {why}") from exc


async def _said_to(http: aiohttp.ClientSession, url: URL, tls: ssl.SSLContext | bool, token: str | None) -> str:
    """Return what a hub says to who may not watch: aiohttp leaves the body of a refused upgrade unread."""
    met, shown = _approach(url, token)
    with suppress(aiohttp.ClientError, OSError, TimeoutError):
        async with http.get(met, ssl=tls, headers=shown) as response:
            if response.content_type == "text/plain":
                return f": {safe((await response.text())[:400].strip())}"
    return ""


def _approach(url: URL, token: str | None) -> tuple[URL, dict[str, str]]:
    """Return where a feed is asked for, and what is shown there: a hub that was started anew has another badge."""
    met, shown = approach(url)
    if token is None or (token.startswith(MOVES_PREFIX) and url.scheme == "ws" and FIELD not in shown):
        return met, shown  # one that moves stations is shown to nobody in clear, also once the hub has gone
    return met, {**shown, "Authorization": f"Bearer {token}"}


class Mirror:
    """One feed and the recording that it is copied into.

    `connected_since` says when the feed began, None where it is not there; `lost_at` when it broke off, None where it
    did not. Both are in nanoseconds since the epoch. `trouble` says why the hub records nothing, "" where it does, and
    `sent_away` why it lets us watch no longer, "" where it does. `phase` is where the event stood when the hub said so
    last, and when that was (seconds, monotonic); None where it did not. All are for any thread.
    """

    def __init__(
        self, url: URL, recording: WritableRecording, tls: ssl.SSLContext | bool = True, token: str | None = None
    ) -> None:
        self._url = url
        self._tls = tls
        self._token = token
        self._recording = recording
        self.connected_since: int | None = None
        self.lost_at: int | None = None
        self.trouble = ""
        self.sent_away = ""
        self.phase: tuple[PhaseShown, float] | None = None
        self._after = 0
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()

    def run(self) -> None:
        """Follow the feed until `stop`, connecting again where it breaks off."""
        self._loop.run_until_complete(self._until_stopped())

    def stop(self) -> None:
        """Make `run` return soon; from any thread, also before it has begun."""
        self._loop.call_soon_threadsafe(self._stopped.set)

    def close(self) -> None:
        self._loop.close()
        self._recording.close()

    async def _until_stopped(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._follow_on())
            await self._stopped.wait()
            following.cancel()

    async def _follow_on(self) -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                pause_s = RETRY_S
                try:
                    with self._noting_loss():  # what was copied stays
                        await self._follow(http)
                    if self.sent_away:
                        pause_s = REFUSED_S
                except aiohttp.WSServerHandshakeError as exc:
                    pause_s = REFUSED_S
                    why = await _said_to(http, self._url, self._tls, self._token)
                    self.sent_away = self.sent_away or why.removeprefix(": ") or f"the hub answered {exc.status}"
                except ValueError as exc:
                    pause_s, self.sent_away = REFUSED_S, f"what the hub sends cannot be read: {exc}"
                except (aiohttp.ClientError, OSError):
                    pass  # it is tried again
                await asyncio.sleep(pause_s)

    @contextmanager
    def _noting_loss(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.connected_since, self.lost_at, self.phase = None, self.lost_at or time.time_ns(), None

    async def _follow(self, http: aiohttp.ClientSession) -> None:
        url, shown = _approach(self._url.with_query(after=str(self._after)), self._token)
        async with asyncio.timeout(CONNECT_S):
            connecting = await http.ws_connect(url, ssl=self._tls, max_msg_size=0, heartbeat=20, headers=shown)
        async with connecting as socket:
            self.connected_since, self.lost_at, self.trouble, self.sent_away = time.time_ns(), None, "", ""
            async for message in socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    items = feed.unpack(message.data)
                    keep(self._recording, items)
                    self._after = mark_of(items[-1])
                elif message.type is aiohttp.WSMsgType.TEXT:
                    self._take_news(msgspec.convert(message.json(), dict[str, Any]))
            if socket.close_code == feed.REVOKED:
                self.sent_away = viewing.REVOKED

    def _take_news(self, news: dict[str, Any]) -> None:
        self.trouble = str(news.get("not_recording", self.trouble))
        if "round" in news:
            self.phase = msgspec.convert(news["round"], PhaseShown), time.monotonic()
        if "notes" in news:
            keep_notes(self._recording, msgspec.convert(news["notes"], list[Note]))


def keep(recording: WritableRecording, items: Iterable[Traffic]) -> None:
    """Write traffic into a recording, with the marks that it has, in one transaction."""
    batch = Batch()
    for item in items:
        _add(batch, item)
    batch.write(Transaction(recording.connection))


def keep_notes(recording: WritableRecording, notes: Iterable[Note]) -> None:
    """Put notes in the place of those that a recording has."""
    with Transaction(recording.connection) as cursor:
        cursor.execute("DELETE FROM note")
        for note in notes:
            cursor.execute(*note_row(note))


def _add(batch: Batch, item: Traffic) -> None:
    match item:
        case Opened(mark, session):
            batch.sessions += session_row(session, mark, None), *played_rows(session)
        case Frame():
            batch.unread_frames.append((
                item.id, item.session, item.at, item.side, item.opcode, item.payload, item.fin, item.rsv, item.masked,
                item.size, item.unread,
            ))  # fmt: skip
        case Closed(mark, session):
            batch.sessions.append(end_row(_end_of(session), mark))
        case Disturbed():
            batch.disturbances.append(disturbance_row(item))


def _end_of(session: Session) -> SessionEnd:
    return SessionEnd(
        session.id, session.closed_at, session.closed_by, session.ending, session.fault, session.station_close,
        session.csms_close,
    )  # fmt: skip
