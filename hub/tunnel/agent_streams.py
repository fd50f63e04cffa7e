"""The connections that an agent carries: from the hub to its CSMSes, and from its stations to the hub."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self

from hub.errors import words_of
from hub.handshake.dial import HeadReader, address_of, say_and_close
from hub.handshake.heads import refusal
from hub.handshake.switchboard import Csms
from hub.tls.contexts import UpstreamTls
from hub.tls.facts import tls_facts
from hub.tunnel.agent_events import STATIONS, Began, Finished, NotCarried, Streamed
from hub.tunnel.flow import Count, Flow, counts_of
from hub.tunnel.link import Link
from hub.tunnel.local_csmses import LocalCsmses, LocalError
from hub.tunnel.outbound import OutboundError, WayOut
from hub.tunnel.pipe import Pipe
from hub.tunnel.stream import probe
from hub.tunnel.words import (
    DATA,
    INSTANCE,
    STATION,
    STATION_ADDRESS,
    STATION_TLS,
    TICKET,
    Counts,
    Ended,
    Failed,
    How,
    Lost,
    Noted,
    OfHub,
    Open,
    Timing,
)

LEAVE_S: Final = 1.0
"""How long the sessions of an agent that is stopped may take to end properly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """What an agent brings: CSMSes, with the URLs at which it reaches them, and stations, if it listens for any."""

    hub: WayOut
    token: str = field(repr=False)
    csmses: Sequence[Csms] = ()
    csms_tls: UpstreamTls | None = None
    brings_stations: bool = False
    timing: Timing = field(default_factory=Timing)


@dataclass(slots=True, eq=False)
class Carried:
    """One connection; `pipe` is None while it is being made."""

    tunnel: str
    session: int | None = None
    remote: str = ""
    pipe: Pipe | None = None
    since: float = field(default_factory=monotonic)


class AgentStreams:
    """All connections of an agent, while it is entered."""

    def __init__(self, settings: AgentSettings, instance: str, tell: Callable[[Streamed], None]) -> None:
        self.instance = instance
        self.link: Link | None = None
        self.trouble = "it was never up"
        self.carried: dict[str, Carried] = {}
        self.total = 0
        self.bytes_before = 0
        self._settings = settings
        self._csmses = LocalCsmses(settings.csmses, settings.csms_tls, settings.timing.connect_s)
        self._tell = tell
        self._untold: dict[str, tuple[Ended, asyncio.Event]] = {}
        self._is_leaving = False
        self._flow = _new_flow()
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._is_leaving = True
        for _, noted in self._untold.values():
            noted.set()
        if self._tasks:  # the hub, which knows that the agent stops, says good-bye in each session
            await asyncio.wait(self._tasks, timeout=LEAVE_S)
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(None, None, None)  # why the agent ends is not the group's to wrap

    @property
    def tickets(self) -> list[str]:
        """Those of all connections, also of those that are being made."""
        return [*self.carried]

    @property
    def bytes_carried(self) -> int:
        """How many bytes have crossed, in both directions."""
        pipes = [each.pipe for each in self.carried.values() if each.pipe]
        return self.bytes_before + sum(pipe.hub.received + pipe.local.received for pipe in pipes)

    def hear(self, word: OfHub) -> None:
        """Do what the hub asks for."""
        match word:
            case Open() if word.ticket not in self.carried:
                self.carried[word.ticket] = Carried(word.csms, word.session)
                self._start(self._to_csms(word))
            case Noted(ticket):
                if (untold := self._untold.pop(ticket, None)) is not None:
                    untold[1].set()
            case Lost(ticket, text):
                self._lose(ticket, text)
            case Counts():
                for ticket, text in self._flow.hear(word, self._counts()).items():
                    self._say(Lost(ticket, text))
                    self._lose(ticket, text)

    def report(self) -> Counts:
        """Return what the hub is told of all connections."""
        return counts_of(self._counts())

    def keep_only(self, tickets: set[str]) -> None:
        """Break off what the hub has no more, after a connection to it is there again; tell it what it missed."""
        self._flow = _new_flow()
        for ticket, each in self.carried.items():
            if each.pipe is not None and ticket not in tickets:
                each.pipe.abort()
        for ended, _ in self._untold.values():
            self._say(ended)

    def break_all(self) -> None:
        """Break off everything: there is no tunnel any more."""
        for each in self.carried.values():
            if each.pipe is not None:
                each.pipe.abort()

    def door_reader(self, *, is_wrong: bool) -> HeadReader:
        """Return a protocol for a connection to the agent's own door."""
        return _StationReader(partial(self._welcome, is_wrong=is_wrong))

    def _welcome(self, station: HeadReader, *, is_wrong: bool) -> None:
        self._start(self._from_station(station, is_wrong=is_wrong))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- CSMSes -------------------------------------------------------------------------------------------------------

    async def _to_csms(self, word: Open) -> None:
        carried = self.carried[word.ticket]
        try:
            hub, local = await self._both_ends(word)
        except (LocalError, OutboundError) as exc:
            del self.carried[word.ticket]
            self._say(Failed(word.ticket, str(exc)))
            self._tell(NotCarried(carried.tunnel, carried.session, "", str(exc)))
            return
        except BaseException:
            del self.carried[word.ticket]
            raise
        await self._carry(word.ticket, carried, hub, local)

    async def _both_ends(self, word: Open) -> tuple[HeadReader, HeadReader]:
        local = await self._csmses.dial(word.csms)
        try:
            hub, _ = await self._settings.hub.upgrade(DATA, f"{TICKET}: {word.ticket}")
        except BaseException:
            local.abort()
            raise
        return hub, local

    # -- stations -----------------------------------------------------------------------------------------------------

    async def _from_station(self, station: HeadReader, *, is_wrong: bool) -> None:
        remote = address_of(station.transport.get_extra_info("peername"))
        if is_wrong:
            await self._refuse(station, remote, 400, "this port speaks TLS, and the request came without: use wss://")
            return
        if self.link is None:
            await self._refuse(station, remote, 503, f"the tunnel to the hub is down: {self.trouble}")
            return
        try:
            hub, response = await self._settings.hub.upgrade(STATION, *self._about(station, remote))
        except OutboundError as exc:
            await self._refuse(station, remote, 502, f"the tunnel does not get to the hub: {exc}")
            return
        except BaseException:
            station.abort()
            raise
        carried = Carried(STATIONS, remote=remote)
        await self._carry(response.field(TICKET.lower()) or "", carried, hub, station)

    def _about(self, station: HeadReader, remote: str) -> list[str]:
        fields = [
            f"Authorization: Bearer {self._settings.token}",
            f"{INSTANCE}: {self.instance}",
            f"{STATION_ADDRESS}: {remote}",
        ]
        tls: ssl.SSLObject | None = station.transport.get_extra_info("ssl_object")
        return [*fields, f"{STATION_TLS}: {tls_facts(tls)}"] if tls is not None else fields

    async def _refuse(self, station: HeadReader, remote: str, status: int, sentence: str) -> None:
        self._tell(NotCarried(STATIONS, None, remote, sentence))
        fields = ("Retry-After: 5",) if status == 503 else ()
        await say_and_close(station, refusal(status, sentence, *fields))

    # -- both ---------------------------------------------------------------------------------------------------------

    async def _carry(self, ticket: str, carried: Carried, hub: HeadReader, local: HeadReader) -> None:
        probe(hub.transport)
        self.carried[ticket] = carried
        self.total += 1
        self._tell(Began(carried.tunnel, carried.session, carried.remote))
        pipe = carried.pipe = Pipe(hub, local, partial(self._tell_end, ticket, self._csmses.named(carried.tunnel)))
        try:
            await pipe.run()
        finally:
            del self.carried[ticket]
            self._untold.pop(ticket, None)
            if pipe.hub.exception is not None:  # the hub knows it where it was its own doing
                self._say(Lost(ticket, f"the agent's connection to the hub ended: {words_of(pipe.hub.exception)}"))
            self.bytes_before += pipe.hub.received + pipe.local.received
            seconds = round(monotonic() - carried.since, 3)
            up, down = pipe.local.received, pipe.hub.received
            self._tell(Finished(carried.tunnel, carried.session, carried.remote, seconds, up, down))

    async def _tell_end(self, ticket: str, csms: Csms | None, how: How, exc: Exception | None) -> None:
        """Tell the hub how a local peer has left; wait until it knows, or has given the agent up."""
        if self._is_leaving:
            return
        ended, noted = Ended(ticket, how, self._why_it_left(csms, exc)), asyncio.Event()
        carried = self.carried[ticket]
        if csms and exc and carried.pipe and not carried.pipe.local.received:
            why = f"{csms.url} left without a word: {ended.text}"
            self._tell(NotCarried(carried.tunnel, carried.session, carried.remote, why))
        self._untold[ticket] = ended, noted
        self._say(ended)
        try:
            async with asyncio.timeout(self._settings.timing.grace_s):
                await noted.wait()
        except TimeoutError:
            pass  # the tunnel is broken, and looks broken to the hub

    def _why_it_left(self, csms: Csms | None, exc: Exception | None) -> str:
        """Say what is known of why a local peer has left, or was never there: a CSMS, or a station."""
        if exc is None:
            return ""
        return self._csmses.why(csms, exc) if csms else words_of(exc)

    def _say(self, word: Ended | Failed | Lost) -> None:
        if self.link is not None:
            self.link.say(word)

    def _counts(self) -> dict[str, Count]:
        pipes = ((ticket, each.pipe) for ticket, each in self.carried.items())
        return {ticket: pipe.count for ticket, pipe in pipes if pipe is not None and not pipe.hub.is_lost}

    def _lose(self, ticket: str, why: str) -> None:
        """Break off a connection whose path is broken."""
        each = self.carried.get(ticket)
        if each is not None and each.pipe is not None:
            self._tell(NotCarried(each.tunnel, each.session, each.remote, why))
            each.pipe.abort()


def _new_flow() -> Flow:
    return Flow("the agent", "the hub")


class _StationReader(HeadReader):
    """A connection of a station to the agent."""

    def __init__(self, arrived: Callable[[HeadReader], None]) -> None:
        super().__init__(keeps_half_open=True)
        self._arrived = arrived

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._arrived(self)
