"""A listener for TLS whose handshakes are in the hub's hands, so that a failed one is recorded with its reason.

The servers of the event loops keep such failures to themselves, and do not even send the alert that tells the station.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, Final, Protocol, Self

from hub.handshake.dial import HeadReader, address_of
from hub.tls.contexts import HandshakeError
from hub.tls.facts import why_the_station_failed

HANDSHAKE_S: Final = 20.0
"""How long a station may take where nobody says otherwise: a small one computes an RSA signature for seconds."""
LINGER_S: Final = 1.0
NO_FILES_LEFT_S: Final = 1.0

_RECORD: Final = b"\x16\x03"
"""How a TLS handshake begins: content type handshake, version 3.x (RFC 8446 §5.1)."""

Watch = Callable[[Any], AbstractContextManager[float]]
"""Given a connection's ends, the peer's address and ours, looks after it until TLS is done, and says how long each step
may take (s)."""

log = logging.getLogger(__name__)


def watch_nobody(_ends: Any) -> AbstractContextManager[float]:
    """Let everybody take the time that a small station needs."""
    return nullcontext(HANDSHAKE_S)


class Book(Protocol):
    """Where failed handshakes are written down."""

    def record(self, remote: str, sentence: str) -> None:
        """Note that a connection from HOST:PORT came to nothing, and why."""


class TlsDoor:
    """Accepts connections, does their TLS, and hands them to protocols.

    `make_reader` makes a protocol; its argument is whether the connection is plain, an HTTP request that came without
    TLS: that one is to be told so.
    """

    def __init__(
        self,
        sockets: list[socket.socket],
        context: ssl.SSLContext,
        make_reader: Callable[[bool], HeadReader],
        watch: Watch,
    ) -> None:
        self.port: int = sockets[0].getsockname()[1]
        self.sockets = sockets
        self._context = context
        self._make_reader = make_reader
        self._watch = watch
        self._turned_away: Book
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def bind(
        cls,
        host: str,
        port: int,
        context: ssl.SSLContext,
        make_reader: Callable[[bool], HeadReader],
        watch: Watch,
        *,
        backlog: int,
    ) -> Self:
        """Bind to an address.

        Raises:
            OSError: it is taken or not ours.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        sockets: list[socket.socket] = []
        try:
            for family, _, _, _, address in dict.fromkeys(found):
                sockets.append(socket.create_server(address, family=family, backlog=backlog))
                sockets[-1].setblocking(False)
        except OSError:
            for sock in sockets:
                sock.close()
            raise
        return cls(sockets, context, make_reader, watch)

    def start(self, turned_away: Book) -> None:
        self._turned_away = turned_away
        for sock in self.sockets:
            self._run(self._accept(sock))

    async def close(self) -> None:
        """Accept nothing more, and drop the handshakes that are going on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for sock in self.sockets:
            sock.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listening)
            except ConnectionError:
                continue  # it left while it waited
            except OSError as exc:
                log.error("no connection can be accepted: %s", exc)  # noqa: TRY400 - a state of the system, not a bug
                await asyncio.sleep(NO_FILES_LEFT_S)
            else:
                self._run(self._welcome(sock))

    async def _welcome(self, sock: socket.socket) -> None:
        try:
            peer, own = sock.getpeername(), sock.getsockname()
        except OSError:  # it has left
            sock.close()
            return
        with self._watch((peer, own)) as limit_s:
            await self._receive(sock, address_of(peer), limit_s)

    async def _receive(self, sock: socket.socket, remote: str, limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s):
                first = await _first_bytes(sock)
        except OSError:  # TimeoutError among them: nobody who says nothing is worth a record
            first = b""
        except asyncio.CancelledError:
            sock.close()
            raise
        if not first:
            sock.close()
        elif first.startswith(_RECORD[: len(first)]):
            await self._shake_hands(sock, remote, limit_s)
        else:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: self._make_reader(True), sock)

    async def _shake_hands(self, sock: socket.socket, remote: str, limit_s: float) -> None:
        loop = asyncio.get_running_loop()
        with sock.dup() as twin:  # the event loop closes its own before the alert is out
            try:
                await loop.connect_accepted_socket(
                    lambda: self._make_reader(False),
                    sock,
                    ssl=self._context,
                    ssl_handshake_timeout=limit_s,
                )
            except (OSError, ValueError) as exc:  # ValueError: a certificate with a name that Python cannot read
                self._turned_away.record(remote, why_the_station_failed(exc))
                if isinstance(exc, HandshakeError):
                    await _send_alert(twin, exc.alert)


async def _first_bytes(sock: socket.socket) -> bytes:
    """Return the first bytes that came, and leave them where they are; b"" where the other side has left."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()
    loop.add_reader(sock, _set, readable)
    try:
        await readable
    finally:
        loop.remove_reader(sock)
    return sock.recv(len(_RECORD), socket.MSG_PEEK)


def _set(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


async def _send_alert(sock: socket.socket, alert: bytes) -> None:
    """Send a last record, and wait a little for it to be read: a reset would overtake it."""
    loop = asyncio.get_running_loop()
    with suppress(OSError):
        async with asyncio.timeout(LINGER_S):
            await loop.sock_sendall(sock, alert)
            sock.shutdown(socket.SHUT_WR)
            while await loop.sock_recv(sock, 1 << 16):
                pass
