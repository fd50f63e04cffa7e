"""The HTTP proxy that the environment names, and the way through it."""

import asyncio
import base64
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # it is there, and typeshed lacks it

from yarl import URL

from hub.errors import HubError
from hub.handshake.heads import END_OF_HEAD, MAX_HEAD_BYTES, HeadError, ResponseHead
from hub.handshake.switchboard import shown_url

_PROXY_OF: Final = {"ws": ("HTTP_PROXY",), "wss": ("HTTPS_PROXY", "HTTP_PROXY")}
"""Who wants to get out by a proxy for TLS only, says so in HTTPS_PROXY; where there is but one, it serves for both."""
LOGIN: Final = "http://USER:PASSWORD@HOST:PORT"
"""How a proxy that wants a user is named."""


class ProxyError(HubError):
    """A proxy cannot be used, or lets nobody through; the message is for the agent's user."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy, and the variable that names it."""

    url: URL
    variable: str

    @property
    def where(self) -> str:
        return f"{self.url.host}:{self.url.port}"

    def request(self, host: str, port: int) -> bytes:
        """Return what asks for a way to an address (RFC 9110 §9.3.6)."""
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if self.url.user is not None:
            credentials = f"{self.url.user}:{self.url.password or ''}".encode()
            lines.append(f"Proxy-Authorization: Basic {base64.b64encode(credentials).decode()}")
        return "\r\n".join(lines).encode() + END_OF_HEAD

    async def open(self, sock: socket.socket, host: str, port: int) -> None:
        """Have the proxy at the other end of a socket let everything through to an address; closes it otherwise.

        Raises:
            ProxyError: it did not; the message says why.
        """
        try:
            answer = await _answer(sock, self.request(host, port))
        except ProxyError as exc:
            sock.close()
            raise ProxyError(f"the proxy {self.where} is of no use: {exc}") from exc
        except BaseException:
            sock.close()
            raise
        if not 200 <= answer.status < 300:
            sock.close()
            hint = f"; {self.variable} can name a user: {LOGIN}" if answer.status == 407 else ""
            said = f"{answer.status} {answer.reason}".strip()
            raise ProxyError(f"the proxy {self.where} lets nobody through to {host}:{port}: {said}{hint}")


def proxy_for(url: URL, environment: Mapping[str, str]) -> Proxy | None:
    """Return the proxy that the environment has for a hub: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, none for NO_PROXY.

    Raises:
        ProxyError: it cannot be used.
    """
    lowered = {name.lower(): value for name, value in environment.items() if value}
    if proxy_bypass_environment(url.host_port_subcomponent or "", {"no": lowered.get("no_proxy", "")}):
        return None
    for variable in (*_PROXY_OF[url.scheme], "ALL_PROXY"):
        if text := lowered.get(variable.lower()):
            return Proxy(_url(text, variable), variable)
    return None


def _url(text: str, variable: str) -> URL:
    try:
        url = URL(text if "://" in text else f"http://{text}")
        port = url.port
    except ValueError as exc:
        raise ProxyError(f"{variable} is not the URL of a proxy: {shown_url(text)!r}") from exc
    if url.scheme != "http" or not url.host or not port:
        raise ProxyError(f"{variable} has to be http://HOST:PORT to be of use for a tunnel: {shown_url(text)!r}")
    return url


async def _answer(sock: socket.socket, request: bytes) -> ResponseHead:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, request)
    head = b""
    while END_OF_HEAD not in head:
        # nobody behind the proxy speaks first: what comes is its answer alone
        chunk = await loop.sock_recv(sock, 4096)
        if not chunk or len(head) > MAX_HEAD_BYTES:
            raise ProxyError("it hung up without an answer that can be read")
        head += chunk
    try:
        return ResponseHead.parse(head[: head.index(END_OF_HEAD) + len(END_OF_HEAD)])
    except HeadError as exc:
        raise ProxyError(f"it does not speak HTTP: {exc}") from exc
