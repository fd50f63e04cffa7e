"""A plugfest in small: all products of the demo on loopback, each station visiting each CSMS."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from hub.access.tokens import Token, new_token
from hub.demo.csms import Csms, serving
from hub.demo.organizer import desk_in
from hub.demo.products import CSMSES, STATIONS
from hub.demo.station import CALM, TOUR, Unit
from hub.events.desk import EventDesk
from hub.handshake.switchboard import checked_csms
from hub.server import Hub, HubSettings
from hub.tunnel.agent import Agent
from hub.tunnel.agent_events import Connected
from hub.tunnel.agent_streams import AgentSettings
from hub.tunnel.outbound import WayOut

LATE_BY_S: Final = 7.0
"""When the second units join: the first ones have been everywhere by then."""


@asynccontextmanager
async def run_csmses() -> AsyncIterator[dict[str, str]]:
    """Start the demo's CSMSes on loopback; yield their names with the URLs to which an identity is appended."""
    async with AsyncExitStack() as stack:
        yield {product.name: await stack.enter_async_context(serving(Csms(product))) for product in CSMSES}


@asynccontextmanager
async def run_hub(
    recording: Path, app_for: Callable[[EventDesk], web.Application | None] = lambda _desk: None
) -> AsyncIterator[Hub]:
    """Run the CSMSes, and a hub that records what stations say to them: to the remote ones through a tunnel.

    `app_for` makes what else the hub serves, for the desk of the demo's event.
    """
    async with run_csmses() as csmses:
        remote = {product.name: csmses[product.name] for product in CSMSES if product.remote}
        with tempfile.TemporaryDirectory(prefix="plugfest-") as folder:
            tokens = Path(folder) / "tokens.toml"
            token = new_token(tokens, Token(name="demo", digest="", csmses=(*remote,)))
            desk = desk_in(Path(folder), {name: url for name, url in csmses.items() if name not in remote})
            settings = HubSettings(recording=recording, csmses={}, port=0, tokens=tokens)
            async with asyncio.TaskGroup() as tasks:
                async with Hub(settings, app=app_for(desk), desk=desk) as hub:
                    connected = asyncio.Event()
                    agent = tasks.create_task(_bring(remote, hub.url, token, connected))
                    await connected.wait()
                    yield hub
                agent.cancel()  # after the hub, which would take what is open for broken by the tunnel


async def _bring(csmses: Mapping[str, str], hub_url: str, token: str, connected: asyncio.Event) -> None:
    """Run the agent that brings CSMSes to the hub."""
    brought = [checked_csms(name, url) for name, url in csmses.items()]
    settings = AgentSettings(hub=WayOut.to(hub_url, environment={}), token=token, csmses=brought)
    await Agent(settings, lambda happened: connected.set() if isinstance(happened, Connected) else None).run()


async def run_stations(hub_url: str, csms_names: Sequence[str], *, pace: float = 1.0) -> None:
    """Let first units visit every CSMS through the hub, quickly at first, then calmly for ever.

    Second ones name no CSMS: they reach the one that the round says. `pace` stretches the pauses between messages: 2 is
    half as fast.
    """
    hub = hub_url.rstrip("/")
    await visit_all({name: f"{hub}/{name}" for name in csms_names}, pace=pace, paired=hub)


async def visit_all(
    endpoints: Mapping[str, str], *, pace: float = 1.0, seed: int = 0, paired: str | None = None
) -> None:
    """Let every station visit every CSMS, given by the URL to which a station appends its identity, for ever.

    With `paired`, the second unit of a product dials that URL instead, whichever CSMS it leads to.
    """
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
        for unit, order, is_first in _places([*endpoints], seed):
            there = endpoints if is_first or paired is None else dict.fromkeys(order, paired)
            group.create_task(_attend(unit, http, there, order, pace=pace, tours=is_first))


async def _attend(
    unit: Unit, http: aiohttp.ClientSession, endpoints: Mapping[str, str], order: Sequence[str], *, pace: float,
    tours: bool,
) -> None:  # fmt: skip
    if tours:
        await unit.round(http, endpoints, order, TOUR.scaled(pace))
    else:
        await asyncio.sleep(LATE_BY_S * pace)
    unit.repair()
    while True:
        await unit.round(http, endpoints, order, CALM.scaled(pace))


def _places(csms_names: list[str], seed: int) -> Iterator[tuple[Unit, list[str], bool]]:
    """Yield each unit with the order of its visits, which starts elsewhere for each, and whether it is the first."""
    place = 0
    for product in STATIONS:
        for identity in product.identities():
            turn = place % len(csms_names)
            yield Unit(product, identity, seed=seed), csms_names[turn:] + csms_names[:turn], identity.endswith("001")
            place += 1
