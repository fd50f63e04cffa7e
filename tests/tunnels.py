"""A hub that takes tunnels, agents that bring some, and a way between them that can break."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from raw_peers import Peers

from hub.access.tokens import Token, new_token
from hub.doors import Door
from hub.handshake.switchboard import checked_csms
from hub.server import Hub, HubSettings
from hub.tunnel.agent import Agent
from hub.tunnel.agent_events import Connected, Happened
from hub.tunnel.agent_streams import AgentSettings
from hub.tunnel.backoff import Backoff
from hub.tunnel.outbound import WayOut
from hub.tunnel.words import Timing

QUICK: Final = Timing(keepalive_s=0.05, deadline_s=0.3, grace_s=1.0, hello_s=2.0, connect_s=1.0)
"""What holds in earnest, forty times as fast: for ways that break."""
PATIENT: Final = Timing(keepalive_s=0.25, deadline_s=1.5, grace_s=5.0, hello_s=10.0, connect_s=5.0)
"""Likewise, for so many breaks that a pause of a busy machine comes between, which is none of them."""
STEADY: Final = Timing(keepalive_s=0.5, deadline_s=10.0, grace_s=1.0, hello_s=5.0, connect_s=5.0)
"""For ways that do not, on a machine that may be busy."""


def token_in(folder: Path, name: str = "acme-agent", **grants: Any) -> str:
    """Put a token into the hub's file that may bring the CSMS `acme`, and stations; return it."""
    given: dict[str, Any] = {"csmses": ("acme",), "may_bring_stations": True} | grants
    return new_token(folder / "tokens.toml", Token(name=name, digest="", **given))


def tunnelled_hub(folder: Path, *, timing: Timing = STEADY, csms: str = "tunnel:", **options: Any) -> Hub:
    """Return a hub that expects the CSMS `acme` through a tunnel."""
    return Hub(
        HubSettings(
            recording=folder / "event.db",
            csmses={"acme": csms},
            tokens=folder / "tokens.toml",
            tunnel_timing=timing,
            **{"port": 0} | options,
        )
    )


async def eventually(holds: Callable[[], object]) -> None:
    """Return once something holds that nobody tells of."""
    while not holds():  # noqa: ASYNC110 - it is another program, a log or a table of the hub, and sets no event
        await asyncio.sleep(0.005)


class Log:
    """What an agent tells, to be waited for."""

    def __init__(self) -> None:
        self.told: list[Happened] = []
        self._more = asyncio.Event()

    def __call__(self, happened: Happened) -> None:
        self.told.append(happened)
        self._more.set()

    async def until(self, wanted: Callable[[Happened], bool], *, after: int = 0) -> Happened:
        """Return the first thing of that kind, from a place in what was told on."""
        while True:
            self._more.clear()
            for each in self.told[after:]:
                if wanted(each):
                    return each
            await self._more.wait()

    async def has(self, kind: type, *, after: int = 0) -> Any:
        """Wait until something of a type is told."""
        return await self.until(lambda each: isinstance(each, kind), after=after)


class Running:
    """An agent that runs."""

    def __init__(self, agent: Agent, log: Log, task: "asyncio.Task[None]") -> None:
        self.agent = agent
        self.log = log
        self.task = task

    @property
    def port(self) -> int:
        """Where its stations connect."""
        return int(self.agent.urls[0].rpartition(":")[2])


@asynccontextmanager
async def agent_for(
    port: int,
    token: str,
    *,
    csms: Peers | str | None = None,
    doors: Sequence[Door] = (),
    timing: Timing = STEADY,
    **options: Any,
) -> AsyncIterator[Running]:
    """Run an agent that brings `csms` as acme, and what connects to its doors."""
    url = csms.url if isinstance(csms, Peers) else csms
    way = options.pop("way", None) or WayOut.to(f"ws://127.0.0.1:{port}", connect_s=timing.connect_s, environment={})
    settings = AgentSettings(
        hub=way,
        token=token,
        csmses=[checked_csms(options.pop("name", "acme"), url)] if url else [],
        brings_stations=bool(doors),
        timing=timing,
        csms_tls=options.pop("csms_tls", None),
    )
    log = Log()
    agent = Agent(settings, log, doors=doors, backoff=Backoff(0.02, 0.2))
    task = asyncio.create_task(agent.run())
    running = Running(agent, log, task)
    try:
        if options.pop("waits", True):
            connected = asyncio.ensure_future(log.has(Connected))
            await asyncio.wait({connected, task}, return_when=asyncio.FIRST_COMPLETED)
            connected.cancel()
            if task.done():
                await task
        yield running
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


class Weather:
    """A TCP relay between agents and a hub, on a port of its own, that resets or swallows what it carries."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.target = target
        self._is_black_hole = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._swallowed: set[asyncio.StreamWriter] = set()
        self._newest: set[asyncio.StreamWriter] = set()

    def reset(self) -> None:
        """Break all connections."""
        for writer in self._writers - self._swallowed:
            sock = writer.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            writer.transport.abort()

    def swallow(self) -> None:
        """Carry nothing more over the connections of now: they stay, and nobody is told. New ones are carried."""
        self._swallowed |= self._writers

    def swallow_newest(self) -> None:
        """Carry nothing more over the connection that came last."""
        self._swallowed |= self._newest

    def hold_new(self, *, is_on: bool) -> None:
        """Swallow new connections too, or no more."""
        self._is_black_hole = is_on

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to, hub = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._newest = {writer, hub}
        self._writers |= self._newest
        if self._is_black_hole:
            self._swallowed |= {writer, hub}
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pass(reader, hub))
                tasks.create_task(self._pass(to, writer))
        finally:
            self._writers -= {writer, hub}
            self._swallowed -= {writer, hub}
            for each in (writer, hub):
                each.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                if writer not in self._swallowed:
                    writer.write(chunk)
                    await writer.drain()
            if writer not in self._swallowed and writer.can_write_eof():
                writer.write_eof()


@asynccontextmanager
async def weather(target: int) -> AsyncIterator[Weather]:
    """Put weather between agents and a hub's port."""
    found = Weather(target)
    tasks: set[asyncio.Task[None]] = set()

    def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(found.carry(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(arrived, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
