"""A plugfest in small: all products of the demo on loopback, each station visiting each CSMS."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import aiohttp

from hub.demo.csms import Csms, serving
from hub.demo.products import CSMSES, STATIONS
from hub.demo.station import CALM, TOUR, Unit

LATE_BY_S: Final = 7.0
"""When the second units join: the first ones have been everywhere by then."""


@asynccontextmanager
async def run_csmses() -> AsyncIterator[dict[str, str]]:
    """Start the demo's CSMSes on loopback; yield their names with the URLs to which an identity is appended."""
    async with AsyncExitStack() as stack:
        yield {product.name: await stack.enter_async_context(serving(Csms(product))) for product in CSMSES}


async def run_stations(hub_url: str, csms_names: Sequence[str], *, pace: float = 1.0) -> None:
    """Let every station visit every CSMS through the hub, quickly at first, then calmly for ever.

    `pace` stretches the pauses between messages: 2 is half as fast.
    """
    await visit_all({name: f"{hub_url.rstrip('/')}/{name}" for name in csms_names}, pace=pace)


async def visit_all(endpoints: Mapping[str, str], *, pace: float = 1.0, seed: int = 0) -> None:
    """Let every station visit every CSMS, given by the URL to which a station appends its identity, for ever."""
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
        for unit, order, is_first in _places([*endpoints], seed):
            group.create_task(_attend(unit, http, endpoints, order, pace=pace, tours=is_first))


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
