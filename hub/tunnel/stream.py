"""One connection through a tunnel, as the hub has it: whom it carries, and why it ended."""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hub.handshake.dial import HeadReader
from hub.relaying.splice import PATH_BROKE
from hub.tunnel.counted import Counted
from hub.tunnel.flow import Count
from hub.tunnel.words import Ended, How

if TYPE_CHECKING:
    import asyncio

    from hub.relaying.splice import Splice

IDLE_S, INTERVAL_S, PROBES = 8, 3, 3
"""When TCP asks whether the other side is there: it keeps a NAT's entry alive, and finds a lost one after 17 s."""

_PROBING: Final = {"TCP_KEEPIDLE": IDLE_S, "TCP_KEEPINTVL": INTERVAL_S, "TCP_KEEPCNT": PROBES}


class Stream:
    """A connection between the hub and an agent that carries one side of a session."""

    def __init__(
        self,
        name: str,
        reader: HeadReader,
        lost: Callable[[str], object],
        *,
        remote: str = "",
        tls: str | None = None,
    ) -> None:
        """`name` is the tunnel's, `csms:acme` or `station:lab`; `lost` is called where this end finds it broken."""
        self.name = name
        self._lost = lost
        self.remote = remote
        self.tls = tls
        self._reader = reader
        self._said: Ended | None = None
        self._broken = ""
        self._splice: Splice | None = None
        reader.path = self
        probe(reader.transport)
        self._counted = reader.transport = Counted(reader.transport)
        self._counted.set_protocol(reader)

    @property
    def is_over(self) -> bool:
        return self._reader.transport.is_closing()

    @property
    def is_waiting(self) -> bool:
        """True until its session is open."""
        return self._splice is None

    @property
    def count(self) -> Count:
        return Count(self._counted.given, self._counted.taken, self._counted.is_held)

    @property
    def said(self) -> str:
        return self._said.text if self._said else ""

    def carry(self, splice: "Splice") -> None:
        self._splice = splice

    def note(self, ended: Ended) -> None:
        """Note what the agent says of its own peer."""
        self._said = self._said or ended

    def fault(self) -> str | None:
        if self._said is None and not self._broken:
            self._broken = f"the tunnel {self.name} broke: a connection ended without a word of its agent"
            self._lost("the hub's connection to the agent ended")
        if self._broken:
            return self._broken
        assert self._said is not None
        if self._said.how is How.PATH:
            return f"the path behind the tunnel {self.name} broke: {self._said.text}"
        return None

    def break_off(self, sentence: str) -> None:
        """End what it carries, since the tunnel is no more."""
        self._broken = self._broken or sentence
        if self._splice is not None:
            self._splice.end_by_hub(sentence, PATH_BROKE)
        elif not self.is_over:
            self._reader.abort()


def probe(transport: "asyncio.Transport") -> None:
    """Have TCP look whether the other side is there."""
    sock = transport.get_extra_info("socket")
    for name, value in _PROBING.items():
        if (option := getattr(socket, name, None)) is not None:
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
