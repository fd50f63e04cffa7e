"""The page in a real browser, served by a real hub between a station and a CSMS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from careless_csms import careless_csms
from page_peers import HOSTILE, boot, call, come_near, connected, nothing_odd
from page_viewer import Viewer, viewer

from hub.server import Hub, HubSettings
from tui.commands.hub_app import PAGES, app_with_page

pytestmark = pytest.mark.usefixtures("browser")


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    recording = tmp_path / "event.recording"
    async with careless_csms() as url:
        settings = HubSettings(recording=recording, csmses={"acme": url}, port=0)
        async with Hub(settings, app=app_with_page(recording, PAGES["here"])) as hub:
            yield hub


@pytest.fixture
async def tab(hub: Hub) -> AsyncIterator[Viewer]:
    async with viewer(f"http://127.0.0.1:{hub.port}") as tab:
        await come_near(tab, hub)
        yield tab


@pytest.fixture
async def station(hub: Hub) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with connected(hub) as station:
        yield station


async def test_link_to_this_moment_shows_it_without_what_came_later_and_leads_back_to_now(
    tab: Viewer, station: aiohttp.ClientWebSocketResponse
) -> None:
    await boot(station)
    await tab.do(go="/")
    await tab.find("td.passed")
    await asyncio.sleep(1.1)  # the link says the time of now, and goes on with it once a second

    await tab.do(click="#moment")
    banner = await tab.find("#past", "This is how it was at")
    await call(station, "h", "Heartbeat", {})
    await tab.find("#status", "4 messages")
    then = await tab.find("td.cell")
    await tab.do(click="td.cell a")
    pair = await tab.find("main", "message types passed")
    await tab.do(click=".sessions a")
    session = await tab.find("main", "BootNotification")
    await tab.do(click="#past a")
    now = await tab.find("main", "Heartbeat")

    assert "Nothing here changes any more" in banner["text"]
    assert banner["path"].startswith("/?at=20")
    assert "passed" in then["text"]
    assert "at=20" in pair["path"]
    assert "Heartbeat" not in session["text"]
    assert "at=" not in now["path"]
    assert await nothing_odd(tab)


@pytest.mark.parametrize("address", ["/?at=yesterday", "/-/page/hall?at=yesterday", "/-/page/pair/x?at=yesterday"])
async def test_address_with_no_moment_in_it_is_told_so(tab: Viewer, address: str) -> None:
    await tab.do(go=address)

    told = await tab.find("main", "is no moment")

    assert "it takes a time in UTC" in told["text"]


async def test_the_matrix_says_how_to_connect_then_fills_and_changes_while_one_looks(hub: Hub, tab: Viewer) -> None:
    await tab.do(go="/")
    empty = await tab.find(".empty code")
    async with connected(hub) as station:
        await boot(station)
        passed = await tab.find("td.cell.passed", "passed")
        await tab.find("#changes", "Alder One with acme: passed", state="attached")
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
    matrix = await tab.do(heard="table.matrix")
    await tab.do(click="td.cell.deviated a")
    pair = await tab.find("h1", "Alder One")
    first = await tab.find("main > p", "Look first at")
    rows = await tab.do(heard="table.rows")
    await tab.do(click="table.rows tr:has(.deviated) td a")
    finding = await tab.find("article.message.opened .finding.violation")
    seen = await tab.find("article.message.opened .payload")

    assert skipped["path"] == "/#main"
    assert pair["path"].startswith("/-/page/pair/Alder_One.acme.1.6.")
    assert first["text"].startswith("Look first at Heartbeat, ≠ deviated: ")
    assert 'columnheader "acme"' in matrix["heard"]
    assert 'rowheader "Alder One 1.6"' in matrix["heard"]
    assert 'link "Alder One with acme: deviated, 3 of 4 message types passed, connected now"' in matrix["heard"]
    assert 'rowheader "Heartbeat, from the station"' in rows["heard"]
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
    story = await tab.find("tr.story li")
    await tab.do(press=["Tab", "Shift+Tab"])
    focused = await tab.do(measure="tr.opened a")

    assert "≠" in opened["text"]
    assert story["text"].startswith("≠ deviated · session 1 · ")
    assert "currentTime" in story["text"]
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


async def test_the_hall_screen_shows_its_last_row_whole_also_where_names_are_long(hub: Hub, tab: Viewer) -> None:
    await tab.do(go="/-/page/hall", size=[660, 400])
    async with AsyncExitStack() as stations:
        for number in range(6):
            station = await stations.enter_async_context(connected(hub, f"CS{number}"))
            await boot(station, f"Makers of Posts No {number}")

        last = await tab.find("tbody tr:last-child", "Posts No 5")
        box = await tab.do(measure=".hall-box")

    assert "✓" in last["text"]
    assert box["cut"] <= 1


async def test_every_view_fits_a_telephone_and_a_session_says_first_what_was_found_in_it(
    station: aiohttp.ClientWebSocketResponse, tab: Viewer
) -> None:
    await boot(station)
    await call(station, "h", "Heartbeat", {})
    await tab.do(go="/", size=[390, 844])
    await tab.find("td.cell.deviated")
    wide = [await tab.do(measure="table.matrix")]

    await tab.do(click="td.cell a")
    await tab.find("table.rows")
    wide.append(await tab.do(measure="table.rows"))
    rows = await tab.do(heard="table.rows")
    await tab.do(click=".sessions a")
    found = await tab.find(".in-short li")
    wide.append(await tab.do(measure="table.messages"))
    messages = await tab.do(heard="table.messages")
    await tab.do(click="[data-nav=doctor]")
    await tab.find(".patient", "connected, speaking ocpp1.6")
    wide.append(await tab.do(measure=".patient"))

    assert [each["wide"] for each in wide] == [0, 0, 0, 0]
    assert found["text"].startswith("▲ violation by the CSMS: ")
    assert "currentTime" in found["text"]
    assert ["rowheader" in rows["heard"], messages["heard"].count('row "')] == [True, 4]


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
