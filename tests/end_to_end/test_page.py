"""The page in a real browser, served by a real hub between a station and a CSMS."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from page_viewer import Viewer, missing, viewer

from hub.server import Hub, HubSettings
from tui.serving import PAGES, app_with_page

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module", autouse=True)
def browser_is_there() -> None:
    if reason := missing():
        pytest.skip(reason)


async def csms(request: web.Request) -> web.WebSocketResponse:
    """Accept whatever comes; a Heartbeat is answered without the time that it has to carry."""
    socket = web.WebSocketResponse(protocols=["ocpp1.6"])
    await socket.prepare(request)
    async for message in socket:
        _, number, action, _ = json.loads(message.data)
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        booted = {"currentTime": now, "interval": 300, "status": "Accepted"}
        await socket.send_str(json.dumps([3, number, booted if action == "BootNotification" else {}]))
    return socket


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    app = web.Application()
    app.router.add_get("/{station}", csms)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"ws://127.0.0.1:{runner.addresses[0][1]}"
    recording = tmp_path / "event.recording"
    settings = HubSettings(recording=recording, csmses={"acme": url}, port=0)
    async with Hub(settings, app=app_with_page(recording, PAGES["here"])) as hub:
        yield hub
    await runner.cleanup()


@pytest.fixture
async def tab(hub: Hub) -> AsyncIterator[Viewer]:
    async with viewer(f"http://127.0.0.1:{hub.port}") as tab:
        yield tab


@pytest.fixture
async def station(hub: Hub) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{hub.url}/acme/CS1", protocols=["ocpp1.6"]) as socket:
        yield socket


async def call(station: aiohttp.ClientWebSocketResponse, number: str, action: str, payload: object) -> None:
    await station.send_str(json.dumps([2, number, action, payload]))
    async with asyncio.timeout(10):
        await station.receive()


async def boot(station: aiohttp.ClientWebSocketResponse, vendor: str = "Alder") -> None:
    await call(station, "b", "BootNotification", {"chargePointVendor": vendor, "chargePointModel": "One"})


async def nothing_odd(tab: Viewer) -> bool:
    """Say whether the browser has nothing to complain about, and asked nobody else."""
    report = await tab.do(report=1)
    return (report["complaints"], report["foreign"], report["images"]) == ([], [], 0)


async def test_the_matrix_says_how_to_connect_then_fills_and_changes_while_one_looks(hub: Hub, tab: Viewer) -> None:
    await tab.do(go="/")
    empty = await tab.find(".empty code")
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{hub.url}/acme/CS1", protocols=["ocpp1.6"]) as station,
    ):
        await boot(station)
        passed = await tab.find("td.cell.passed", "passed")
        await call(station, "h", "Heartbeat", {})
        deviated = await tab.find("td.cell.changed", "deviated")
        told = await tab.find("#changes", "Alder One with acme: deviated, was passed.", state="attached")

    assert empty["text"] == f"ws://127.0.0.1:{hub.port}/NAME/IDENTITY"
    assert "✓" in passed["text"]
    assert "≠" in deviated["text"]
    assert told["title"] == "Matrix · plugfest"
    assert await nothing_odd(tab)


async def test_keys_lead_from_the_cell_to_the_finding_with_rule_clause_and_json(
    station: aiohttp.ClientWebSocketResponse, tab: Viewer
) -> None:
    await boot(station)
    await call(station, "h", "Heartbeat", {})
    await tab.do(go="/")
    await tab.find("td.cell.deviated")

    await tab.do(press=["Tab", "Enter"])
    skipped = await tab.do(report=1)
    await tab.do(click="td.cell.deviated a")
    pair = await tab.find("h1", "Alder One")
    await tab.do(click="table.rows tr:has(.deviated) td a")
    finding = await tab.find("article.message.opened .finding.violation")
    seen = await tab.find("article.message.opened .payload")

    assert skipped["path"] == "/#main"
    assert pair["path"].startswith("/-/page/pair/Alder_One.acme.1.6.")
    assert "currentTime" in finding["text"]
    assert "violation by the CSMS" in finding["text"]
    assert seen["text"].startswith('[3, "h", {}]')
    assert await nothing_odd(tab)


async def test_a_deep_link_opens_the_cell_at_its_row_and_what_has_focus_is_seen(
    station: aiohttp.ClientWebSocketResponse, tab: Viewer
) -> None:
    await boot(station)
    await call(station, "h", "Heartbeat", {})
    await tab.do(go="/")
    await tab.find("td.cell.deviated")
    await tab.do(click="td.cell.deviated a")
    path = (await tab.find("h1", "Alder One"))["path"]

    await tab.do(go=f"{path}?row=Heartbeat")
    opened = await tab.find("tr.opened", "Heartbeat")
    await tab.do(press=["Tab", "Shift+Tab"])
    focused = await tab.do(measure="tr.opened a")

    assert "≠" in opened["text"]
    assert focused["outline"] == "solid"
    assert await nothing_odd(tab)


async def test_the_hall_screen_is_read_from_afar_and_fits_a_telephone_too(
    station: aiohttp.ClientWebSocketResponse, tab: Viewer
) -> None:
    await boot(station)
    await tab.do(go="/-/page/hall", size=[3840, 2160])
    await tab.find("td.cell.passed")
    name = await tab.do(measure="tbody th .label")
    await tab.do(size=[360, 740])
    small = await tab.do(measure="tbody th .label")

    assert name["font"] >= 0.03 * 2160
    assert small["wide"] <= 0
    assert await nothing_odd(tab)


async def test_a_hostile_vendor_stays_text_everywhere(station: aiohttp.ClientWebSocketResponse, tab: Viewer) -> None:
    await boot(station, HOSTILE)
    await tab.do(go="/")
    matrix = await tab.find("tbody th", HOSTILE)
    await tab.do(click="td.cell a")
    pair = await tab.find("h1", HOSTILE)
    await tab.do(click=".sessions a")
    message = await tab.find("table.messages .says", HOSTILE)

    assert HOSTILE in matrix["text"]
    assert pair["title"].startswith(f"{HOSTILE} One")
    assert HOSTILE in message["text"]
    assert await nothing_odd(tab)


async def test_the_theme_follows_the_system_until_one_is_chosen_and_that_is_kept(
    station: aiohttp.ClientWebSocketResponse, tab: Viewer
) -> None:
    await boot(station)
    await tab.do(go="/", scheme="light")
    light = await tab.do(measure="h1")
    await tab.do(scheme="dark")
    dark = await tab.do(measure="h1")
    await tab.do(click="#theme")
    await tab.do(click="#theme")
    await tab.do(go="/-/page/doctor")
    await tab.find("h2", "CS1")
    chosen = await tab.do(measure="h1")

    assert light["color"] != dark["color"]
    assert chosen["color"] == light["color"]
    assert await nothing_odd(tab)
