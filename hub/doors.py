"""Where stations knock: the addresses that the hub listens at, in clear and with TLS."""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hub.errors import HubError
from hub.handshake.dial import HeadReader
from hub.tls.door import Book, TlsDoor, Watch, watch_nobody

BACKLOG: Final = 1024


class ListenError(HubError):
    """The hub cannot listen there; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Door:
    """An address; with `tls`, for wss:// only. Port 0 is one that the system chooses."""

    host: str = "127.0.0.1"
    port: int = 9000
    tls: ssl.SSLContext | None = None

    def url(self, port: int) -> str:
        """Return the door's URL; `port` is the one that it was given."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if self.tls else 'ws'}://{host}:{port}"


class Doors:
    """All doors of a hub; `make_reader` is told whether a connection is plain HTTP at a door for TLS.

    `watch` looks after connections at doors for TLS that have no reader yet.
    """

    def __init__(
        self, doors: Sequence[Door], make_reader: Callable[[bool], HeadReader], watch: Watch = watch_nobody
    ) -> None:
        self.ports = [door.port for door in doors]
        self._doors = doors
        self._make_reader = make_reader
        self._watch = watch
        self._servers: list[asyncio.Server | TlsDoor] = []

    @property
    def urls(self) -> list[str]:
        """Where stations connect, one URL a door."""
        return [door.url(port) for door, port in zip(self._doors, self.ports, strict=True)]

    @property
    def addresses(self) -> list[str]:
        """What is listened at, one URL a socket: a door with a name may have several, and other programs the rest."""
        return [
            replace(door, host=host).url(port)
            for door, server in zip(self._doors, self._servers, strict=True)
            for host, port, *_ in (each.getsockname() for each in server.sockets)
        ]

    async def bind(self) -> None:
        """Take the addresses, and let nobody in yet.

        Raises:
            ListenError: one is taken or not ours; none is kept then.
        """
        for place, door in enumerate(self._doors):
            try:
                self.ports[place] = await (self._bind_tls(door, door.tls) if door.tls else self._bind(door))
            except OSError as exc:
                await self.close()
                raise ListenError(f"cannot listen on {door.host}:{door.port}: {_why(exc)}") from exc

    async def open(self, turned_away: Book) -> None:
        """Let stations in."""
        for server in self._servers:
            if isinstance(server, TlsDoor):
                server.start(turned_away)
            else:
                await server.start_serving()

    async def close(self) -> None:
        """Let nobody in any more; who is in stays."""
        for server in self._servers:
            if isinstance(server, TlsDoor):
                await server.close()
            else:
                server.close()

    async def _bind(self, door: Door) -> int:
        server = await asyncio.get_running_loop().create_server(
            lambda: self._make_reader(False), door.host, door.port, backlog=BACKLOG, start_serving=False
        )
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _bind_tls(self, door: Door, tls: ssl.SSLContext) -> int:
        server = await TlsDoor.bind(door.host, door.port, tls, self._make_reader, self._watch, backlog=BACKLOG)
        self._servers.append(server)
        return server.port


def _why(exc: OSError) -> str:
    """Return the system's words, not those that asyncio puts around them; only a name that is not found has others."""
    if exc.errno is None or isinstance(exc, socket.gaierror):
        return str(exc.strerror or exc).lower()
    return os.strerror(exc.errno).lower()
