"""A station for the page to show, and what a browser thinks of that."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from page_viewer import Viewer

from hub.server import Hub

HOSTILE: Final = "<img src=x onerror=alert(1)>"


@asynccontextmanager
async def connected(hub: Hub, identity: str = "CS1") -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url = f"{hub.url}/acme/{identity}"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, protocols=["ocpp1.6"]) as socket:
        yield socket


async def call(station: aiohttp.ClientWebSocketResponse, number: str, action: str, payload: object) -> None:
    await station.send_str(json.dumps([2, number, action, payload]))
    async with asyncio.timeout(30):
        await station.receive()


async def boot(station: aiohttp.ClientWebSocketResponse, vendor: str = "Alder") -> None:
    await call(station, "b", "BootNotification", {"chargePointVendor": vendor, "chargePointModel": "One"})


async def come_near(tab: Viewer, hub: Hub) -> None:
    """Open the link that is for the hub's own machine."""
    await tab.do(go=f"/-/page/enter#{hub.badge.secret}")
    await tab.find("h1", "Who works with whom")


async def nothing_odd(tab: Viewer) -> bool:
    """Say whether the browser has nothing to complain about, and asked nobody else."""
    report = await tab.do(report=1)
    return (report["complaints"], report["foreign"], report["images"]) == ([], [], 0)
