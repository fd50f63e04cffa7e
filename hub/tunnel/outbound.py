"""How a tunnel's agent gets to its hub: by TCP or TLS, through an HTTP proxy where the environment names one."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, Self

import aiohttp
from aiohappyeyeballs import start_connection
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from hub.errors import HubError, words_of
from hub.handshake.dial import HeadReader, ask, reader_over
from hub.handshake.heads import END_OF_HEAD, HeadError, ResponseHead
from hub.handshake.host_names import addresses_of
from hub.handshake.switchboard import shown_url
from hub.tls.contexts import KeyPair, TlsPolicy, UpstreamTls, csms_context
from hub.tls.facts import Hints, why_the_server_failed
from hub.tunnel.proxy import LOGIN, Proxy, ProxyError, proxy_for
from hub.tunnel.words import PROTOCOL, REASON

_HAPPY_EYEBALLS_S: Final = 0.25
_HINTS: Final = Hints(
    ca=" (--ca FILE says which to trust; a proxy that opens TLS has its own)",
    cert=" (--cert FILE gives one)",
    client="the agent's",
)


class OutboundError(HubError):
    """The hub cannot be reached, or said no, which has HTTP's `status`; the message is for the agent's user."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class WayOut:
    """Where the hub is, and how it is reached."""

    url: URL
    tls: UpstreamTls | None
    proxy: Proxy | None
    connect_s: float = 5.0

    @classmethod
    def to(
        cls,
        hub: str,
        *,
        ca: Path | None = None,
        pair: KeyPair | None = None,
        connect_s: float = 5.0,
        environment: Mapping[str, str] = os.environ,
    ) -> Self:
        """Return the way to a hub's URL; `pair` is what a hub is shown that asks for a client certificate.

        Raises:
            HubError: it is not the URL of a hub, or the CA, the certificate or the proxy cannot be used.
        """
        url = _checked(hub)
        tls = UpstreamTls(csms_context(TlsPolicy(), ca=ca, pair=pair)) if url.scheme == "wss" else None
        for option, given in (("--ca", ca), ("--cert", pair)):
            if given is not None and tls is None:
                raise OutboundError(f"{option} is for a hub at wss://, and this one is at {hub!r}")
        return cls(url, tls, proxy_for(url, environment), connect_s)

    @property
    def host(self) -> str:
        return self.url.host or ""

    @property
    def port(self) -> int:
        return self.url.port or (443 if self.tls else 80)

    @property
    def where(self) -> str:
        """The hub in a sentence."""
        return f"the hub at {self.url}" + (f" (by the proxy {self.proxy.where})" if self.proxy else "")

    async def connect(self) -> HeadReader:
        """Connect, with TLS where the hub has it.

        Raises:
            OutboundError: that was not possible; the message says why.
        """
        try:
            async with asyncio.timeout(self.connect_s):
                return await reader_over(await self._socket(), self.tls, self.host)
        except TimeoutError as exc:
            raise OutboundError(f"{self.where} did not answer within {self.connect_s:g} s") from exc
        except (OSError, UnicodeError) as exc:
            raise OutboundError(f"{self.where} cannot be reached: {self.why(exc)}") from exc

    async def upgrade(self, path: str, *fields: str) -> tuple[HeadReader, ResponseHead]:
        """Connect, and have the hub carry bytes from here on.

        Raises:
            OutboundError: that was not possible; the message says why.
        """
        reader = await self.connect()
        lines = [f"GET {self.target(path)} HTTP/1.1", f"Host: {self.url.host_port_subcomponent}"]
        lines += ["Connection: Upgrade", f"Upgrade: {PROTOCOL}", *fields]
        try:
            async with asyncio.timeout(self.connect_s):
                response = await ask(reader, "\r\n".join(lines).encode() + END_OF_HEAD)
        except TimeoutError as exc:
            reader.abort()
            raise OutboundError(f"{self.where} gave no answer within {self.connect_s:g} s") from exc
        except HeadError as exc:
            reader.abort()
            raise OutboundError(f"{self.where} gave no answer: {self.why(exc)}") from exc
        except BaseException:
            reader.abort()
            raise
        if response.status != 101:
            reader.abort()
            refused(self, response.status, response.field(REASON.lower()))
        return reader, response

    def target(self, path: str) -> str:
        """Return the request target of one of the hub's own paths."""
        return self.url.raw_path.rstrip("/") + path

    async def _socket(self) -> socket.socket:
        host, port = (self.proxy.url.host or "", self.proxy.url.port or 80) if self.proxy else (self.host, self.port)
        try:
            addresses = await addresses_of(host, port)
            sock = await start_connection(addresses, happy_eyeballs_delay=_HAPPY_EYEBALLS_S)
        except OSError as exc:
            if self.proxy is None:
                raise
            named = f"the proxy {self.proxy.where} ({self.proxy.variable})"
            raise OutboundError(f"{named}, by which the hub is to be reached, cannot be: {words_of(exc)}") from exc
        if self.proxy is not None:
            try:
                await self.proxy.open(sock, self.host, self.port)
            except ProxyError as exc:
                raise OutboundError(str(exc)) from exc
        return sock

    def why(self, exc: BaseException) -> str:
        """Say why a connection to the hub failed, or ended: in terms of TLS where it was for that."""
        if self.tls and (sentence := why_the_server_failed(exc, self.host, _HINTS)):
            return sentence
        return words_of(exc)


class Connector(aiohttp.BaseConnector):
    """Has aiohttp go the same way: its own would ask a proxy for ws:// without CONNECT, and not know our sentences."""

    def __init__(self, way: WayOut, connected: Callable[[HeadReader], None]) -> None:
        super().__init__(force_close=True)
        self._way = way
        self._connected = connected

    async def _create_connection(self, *_: object) -> ResponseHandler:
        """Do what aiohttp's UnixConnector does, by another way."""
        reader = await self._way.connect()
        if reader.has_ended or reader.has_spoken:
            reader.abort()
            did = "hung up at once" if reader.has_ended else "spoke before it was asked, as no hub does"
            raise OutboundError(f"what is reached at {self._way.where.removeprefix('the hub at ')} {did}")
        self._connected(reader)
        handler = self._factory()
        reader.transport.set_protocol(handler)
        handler.connection_made(reader.transport)
        return handler


def refused(way: WayOut, status: int, reason: str | None) -> NoReturn:
    """Say in a sentence that the hub, or what is there in its place, said no.

    Raises:
        OutboundError: always; with the status only where it is the hub's own.
    """
    if reason:
        raise OutboundError(reason, status)
    if status == 101:
        raise OutboundError(f"what answers at {way.url} agrees to an upgrade, but not as RFC 6455 asks for")
    if 200 <= status < 400:
        raise OutboundError(
            f"a web page answers at {way.url} in the hub's place ({status}): "
            "where a network wants a login first (a captive portal), a browser shows it"
        )
    if status == 407:
        named = "HTTPS_PROXY" if way.tls else "HTTP_PROXY"
        raise OutboundError(f"a proxy in the way to {way.url} wants a login ({status}): {named} can name it, {LOGIN}")
    if status in (404, 405):
        raise OutboundError(f"what answers at {way.url} is no hub, or one too old for tunnels ({status})")
    if status in (502, 503, 504):
        raise OutboundError(f"{way.where} is not there behind what answers in its place ({status})")
    raise OutboundError(f"{way.where} answered with {status}: something in the way may not let WebSockets pass")


def no_redirect(way: WayOut) -> aiohttp.ClientMiddlewareType:
    """Return what keeps aiohttp from following a redirect: no hub sends one, and the token is for the hub alone."""

    async def look(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        response = await handler(request)
        if 300 <= response.status < 400:
            response.close()
            refused(way, response.status, None)
        return response

    return look


def _checked(hub: str) -> URL:
    try:
        url = URL(hub)
        host = url.host
    except ValueError as exc:
        raise OutboundError(f"{shown_url(hub)!r} is not a URL: {exc}") from exc
    if url.scheme not in ("ws", "wss") or not host:
        raise OutboundError(f"a hub is at wss://HOST or ws://HOST:PORT, not at {shown_url(hub)!r}")
    if url.raw_user or url.raw_password or url.raw_query_string or url.raw_fragment:
        raise OutboundError(f"the URL of a hub has no user, query or fragment: {shown_url(hub)!r}")
    return url
