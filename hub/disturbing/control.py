"""Disturbing sessions from another program on the hub's machine: `POST /-/disturb`, and a client for it.

Off unless the hub was given a disturber. It answers programs of the hub's own user on this machine only, which show its
badge (hub.access.badge), and no web page: a request with an Origin is refused, and only JSON is read, which no form of
a page can send.
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
import msgspec
from aiohttp import web
from yarl import URL

from hub.access.badge import ANYWHERE, approach
from hub.access.nearness import is_loopback
from hub.disturbing.disturber import Disturber, DisturbError, Started
from hub.disturbing.fault_language import FaultError, read_fault
from hub.errors import HubError
from hub.feed import refuse_strangers
from hub.recording.file_kind import why_no_recording
from hub.recording.lock_file import hub_at
from hub.tls.contexts import TlsPolicy, csms_context

PATH: Final = "/-/disturb"
MAX_BYTES: Final = 4_096
ANSWER_S: Final = 10.0
LONGEST_ANSWER: Final = 8 << 20
_Read = TypeVar("_Read")
OFF: Final = "disturbing sessions is off; `plugfest serve --allow-disturb` turns it on"

DISTURBER: Final = web.AppKey("disturber", Disturber)


class ControlError(HubError):
    """The hub cannot be asked, or said no; the message says why."""


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """What a client asks for: a disturbance of a target, or the end of one."""

    target: str = ""
    what: str = ""
    stop: int | None = None


def add_control(app: web.Application, disturber: Disturber | None) -> None:
    """Let the hub's application take orders for a disturber; without one it says that disturbing is off."""
    if disturber is not None:
        app[DISTURBER] = disturber
    app.router.add_get(PATH, list_disturbances)
    app.router.add_post(PATH, disturb)


async def list_disturbances(request: web.Request) -> web.Response:
    """Say what is on."""
    return _answer(_disturber_of(request).list())


async def disturb(request: web.Request) -> web.Response:
    """Begin or end a disturbance."""
    disturber = _disturber_of(request)
    order = await read_order(request, Order)
    try:
        if order.stop is not None:
            return _answer([disturber.stop(order.stop)])
        return _answer([disturber.disturb(order.target, read_fault(order.what))])
    except (DisturbError, FaultError) as exc:
        raise web.HTTPBadRequest(text=f"{exc}\n") from exc


def _disturber_of(request: web.Request) -> Disturber:
    refuse_strangers(request)
    disturber = request.app.get(DISTURBER)
    if disturber is None:
        raise web.HTTPForbidden(text=f"{OFF}\n")
    return disturber


async def read_order(request: web.Request, kind: type[_Read], max_bytes: int = MAX_BYTES) -> _Read:
    """Return what a client asks for.

    Raises:
        web.HTTPException: it is not such an order.
    """
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text=f"orders are application/json, not {request.content_type[:60]!r}\n")
    if (request.content_length or max_bytes + 1) > max_bytes:
        raise web.HTTPBadRequest(text=f"an order has a length, and at most {max_bytes} bytes\n")
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise web.HTTPBadRequest(text=f"this is not an order: {exc}\n") from exc


def _answer(started: list[Started]) -> web.Response:
    return web.Response(body=msgspec.json.encode(started), content_type="application/json")


# -- the client -------------------------------------------------------------------------------------------------------


def control_url(source: str, path: str = PATH) -> URL:
    """Return where a hub takes orders: `source` is its URL, or the recording that it writes to.

    Raises:
        ControlError: no hub writes to that recording, or it is not the URL of a hub.
    """
    text = source if "://" in source else _url_beside(Path(source))
    try:
        url = URL(text)
    except ValueError as exc:
        raise ControlError(f"{source!r} is not a URL: {exc}") from exc
    if url.scheme not in ("ws", "wss") or url.host is None:
        raise ControlError(f"{source!r} is not the URL of a hub: ws://HOST:PORT")
    scheme = "https" if url.scheme == "wss" else "http"
    return url.with_scheme(scheme).with_host(ANYWHERE.get(url.host, url.host)).with_path(path)


def _url_beside(recording: Path) -> str:
    if not (url := hub_at(recording)):
        if why := why_no_recording(recording):
            raise ControlError(why)
        raise ControlError(f"no hub writes to {str(recording)!r} now: is `plugfest serve` running with it?")
    return url


def control_tls(source: str, ca: Path | None = None) -> ssl.SSLContext | bool:
    """Return how the hub at `control_url(source)` is verified: against `ca`, where one is given.

    Without one, a hub that is found by its recording on a loopback address is taken at its word: its certificate is for
    the event's names, and between two programs on one machine nobody can stand.

    Raises:
        TlsError: the CA cannot be used.
    """
    if ca is not None:
        return csms_context(TlsPolicy(), ca=ca)
    if "://" in source or not _is_loopback(control_url(source).host or ""):
        return True
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _is_at_its_word(tls: ssl.SSLContext | bool) -> bool:
    """Tell whether anybody passes for the hub: one that was killed leaves its URL behind, and its port free."""
    return isinstance(tls, ssl.SSLContext) and tls.verify_mode is ssl.CERT_NONE


def _is_loopback(host: str) -> bool:
    return host == "localhost" or is_loopback(host)


@dataclass(frozen=True, slots=True)
class HubAt:
    """A running hub, as another program asks it.

    `source` is the hub's URL, or the recording that it writes to; `ca` verifies it at wss://, and `token` is shown to
    it there. A hub on this machine is shown its badge, where we may read that.
    """

    source: str
    ca: Path | None = None
    token: str | None = None

    async def ask(self, path: str, wanted: msgspec.Struct | None, kind: type[_Read]) -> _Read:
        """Post an order to a path of the hub (None: get what is there); return its answer.

        Raises:
            ControlError: the hub said no, or cannot be reached.
            TlsError: the CA cannot be used.
        """
        recording = None if "://" in self.source else Path(self.source)
        url, shown = approach(control_url(self.source, path), recording)
        tls = control_tls(self.source, self.ca)
        if self.token and url.scheme == "https" and not _is_at_its_word(tls):
            shown["Authorization"] = f"Bearer {self.token}"
        return await _ask(url, wanted, kind, tls, shown)


async def order(hub: HubAt, wanted: Order | None) -> list[Started]:
    """Send an order to a hub (None: ask what is on); return what was begun or ended, or what is on.

    Raises:
        ControlError: the hub said no, or cannot be reached.
        TlsError: the CA cannot be used.
    """
    return await hub.ask(PATH, wanted, list[Started])


async def _ask(
    url: URL,
    wanted: msgspec.Struct | None,
    kind: type[_Read],
    tls: ssl.SSLContext | bool,
    shown: Mapping[str, str],
) -> _Read:
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=shown) as http,
            _asking(http, url, wanted, tls) as response,
        ):
            body = await response.content.read(LONGEST_ANSWER)
    except (aiohttp.ClientError, OSError, TimeoutError) as exc:
        raise ControlError(f"no hub answers at {url.origin()}: {_words_of(exc)}") from exc
    if response.status != 200:
        raise ControlError(body.decode("utf-8", "replace").strip()[:1_000])
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as exc:
        raise ControlError(f"what answers at {url.origin()} is no hub that knows of {url.path}") from exc


def _words_of(exc: BaseException) -> str:
    reason = getattr(exc, "os_error", exc)  # what aiohttp has wrapped
    if isinstance(reason, ConnectionError) and reason.errno:
        return os.strerror(reason.errno).lower()
    return str(exc) or type(exc).__name__


def _asking(http: aiohttp.ClientSession, url: URL, wanted: msgspec.Struct | None, tls: ssl.SSLContext | bool) -> Any:
    return http.get(url, ssl=tls) if wanted is None else http.post(url, json=msgspec.to_builtins(wanted), ssl=tls)
