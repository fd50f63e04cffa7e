"""The page in a real browser, served by a real hub between a station and a CSMS."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from event_texts import a_csms, a_participant, a_round, a_station, event_text
from page_viewer import Viewer, missing, viewer

from hub import token_file
from hub.event_desk import EventDesk
from hub.event_file import read_event
from hub.server import Hub, HubSettings
from hub.tls import TlsPolicy
from hub.tokens import Role, Token, new_token, read_tokens, revoke
from tui.hub_app import PAGES, app_with_page, hub_app

HOSTILE = "<img src=x onerror=alert(1)>"
VIEWING = '[viewing]\nparticipants = "outcomes"\n'


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
async def csms_url() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{station}", csms)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"ws://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def hub(tmp_path: Path, csms_url: str) -> AsyncIterator[Hub]:
    recording = tmp_path / "event.recording"
    settings = HubSettings(recording=recording, csmses={"acme": csms_url}, port=0)
    async with Hub(settings, app=app_with_page(recording, PAGES["here"])) as hub:
        yield hub


@pytest.fixture
async def festival(tmp_path: Path, csms_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    """A hub with an event, at which Alder and somebody with a hostile name have a station each, and a round is on."""
    monkeypatch.setattr(token_file, "LOOK_S", 0.05)
    tables = (
        a_participant("alder", vendor="Alder"), a_participant("hostile", vendor=HOSTILE), a_participant("lab"),
        a_csms("acme", "lab", csms_url), a_station("one", "alder", "A1"), a_station("two", "hostile", "H1"),
        a_round(datetime.now(UTC), ("one", "acme"), minutes=5), VIEWING,
    )  # fmt: skip
    (tmp_path / "event.toml").write_text(event_text(*tables))
    new_token(tmp_path / "tokens.toml", Token(name="organizer", digest="", role=Role.ORGANIZER))
    desk, recording = EventDesk(read_event(tmp_path / "event.toml"), TlsPolicy()), tmp_path / "event.recording"
    settings = HubSettings(recording=recording, csmses={}, port=0, tokens=tmp_path / "tokens.toml")
    whole = hub_app(recording, PAGES["here"], None, desk)
    async with Hub(settings, app=whole, desk=desk) as hub, AsyncExitStack() as stations:
        for identity, vendor in (("A1", "Alder"), ("H1", HOSTILE)):
            station = await stations.enter_async_context(connected(hub, identity))
            await boot(station, vendor)
            await call(station, "h", "Heartbeat", {})
        yield hub


@pytest.fixture
async def guest(festival: Hub) -> AsyncIterator[Viewer]:
    async with viewer(f"http://127.0.0.1:{festival.port}") as tab:
        yield tab


async def come_near(tab: Viewer, hub: Hub) -> None:
    """Open the link that is for the hub's own machine."""
    await tab.do(go=f"/-/page/enter#{hub.badge.secret}")
    await tab.find("h1", "Who works with whom")


def token_of(hub: Hub, participant: str) -> str:
    assert hub.settings.tokens is not None
    assert hub.tunnels.tokens is not None
    token = Token(name=f"{participant}-1", digest="", role=Role.PARTICIPANT, participant=participant)
    secret = new_token(hub.settings.tokens, token)
    hub.tunnels.tokens.tokens = read_tokens(hub.settings.tokens)
    return secret


@pytest.fixture
async def tab(hub: Hub) -> AsyncIterator[Viewer]:
    async with viewer(f"http://127.0.0.1:{hub.port}") as tab:
        await come_near(tab, hub)
        yield tab


@asynccontextmanager
async def connected(hub: Hub, identity: str = "CS1") -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url = f"{hub.url}/acme/{identity}"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, protocols=["ocpp1.6"]) as socket:
        yield socket


@pytest.fixture
async def station(hub: Hub) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with connected(hub) as station:
        yield station


async def call(station: aiohttp.ClientWebSocketResponse, number: str, action: str, payload: object) -> None:
    await station.send_str(json.dumps([2, number, action, payload]))
    async with asyncio.timeout(30):
        await station.receive()


async def boot(station: aiohttp.ClientWebSocketResponse, vendor: str = "Alder") -> None:
    await call(station, "b", "BootNotification", {"chargePointVendor": vendor, "chargePointModel": "One"})


async def nothing_odd(tab: Viewer) -> bool:
    """Say whether the browser has nothing to complain about, and asked nobody else."""
    report = await tab.do(report=1)
    return (report["complaints"], report["foreign"], report["images"]) == ([], [], 0)


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
        await call(station, "h", "Heartbeat", {})
        deviated = await tab.find("td.cell.changed", "deviated")
        told = await tab.find("#changes", "Alder One with acme: deviated, was ", state="attached")

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


async def test_a_link_leads_a_participant_to_their_own_view_and_leaves_no_token_behind(
    festival: Hub, guest: Viewer
) -> None:
    secret = token_of(festival, "hostile")

    await guest.do(go=f"/-/page/enter#{secret}", scheme="dark")
    own = await guest.find("td.cell.own", "deviated")
    who = await guest.find("#who", HOSTILE)
    others = await guest.find("tbody tr:last-child th", "Station A")
    countdown = await guest.find(".round", "Round 1 of 1: ")
    kept = await guest.do(keeps=secret)
    await guest.do(press=["Alt+ArrowLeft"])
    back = await guest.do(keeps=secret)

    assert own["path"] == "/"
    assert who["text"] == f"{HOSTILE}, participant"
    assert "Alder" not in others["text"]
    assert "left" in countdown["text"]
    assert (kept["keeps"], back["keeps"], kept["cookie"]) == (False, False, "")
    assert await nothing_odd(guest)


async def test_a_participant_reaches_their_own_messages_and_by_no_link_those_of_others(
    festival: Hub, guest: Viewer
) -> None:
    await guest.do(go=f"/-/page/enter#{token_of(festival, 'hostile')}")

    await guest.do(click="td.cell.own a")
    pair = await guest.find("h1", HOSTILE)
    await guest.do(click="table.rows tr:has-text('Heartbeat') td a")
    finding = await guest.find("article.message.opened .finding.violation")
    await guest.do(go="/-/page/session/1")
    other = await guest.find("h1", "Session 1")
    shown = await guest.find("main")
    await guest.do(go="/-/page/session/1?frame=2")
    guessed = await guest.find("main", "Session 1")

    assert pair["title"].startswith(f"{HOSTILE} One")
    assert "currentTime" in finding["text"]
    assert other["text"] == "Session 1 of Station A"
    assert "This page shows outcomes, and not what was said." in shown["text"]
    assert "Alder" not in shown["text"] + guessed["text"]
    assert "[2," not in guessed["text"]


async def test_a_revoked_browser_is_told_why_and_can_come_in_with_another_token(festival: Hub, guest: Viewer) -> None:
    first, second = token_of(festival, "hostile"), token_of(festival, "alder")
    await guest.do(go=f"/-/page/enter#{first}")
    await guest.find("td.cell.own")
    assert festival.settings.tokens is not None

    revoke(festival.settings.tokens, "hostile-1")
    told = await guest.find(".said", "this token was revoked")
    emptied = await guest.find("main")
    await guest.do(fill="#token", value=second)
    await guest.do(press=["Enter"])
    again = await guest.find("#who", "Alder")

    assert told["title"] == "Your token · plugfest"
    assert "deviated" not in emptied["text"]
    assert again["text"] == "Alder, participant"


async def test_the_hall_screen_has_letters_for_names_also_behind_its_links_and_counts_the_round_down(
    festival: Hub, guest: Viewer
) -> None:
    await come_near(guest, festival)
    await guest.do(go="/-/page/hall", scheme="light")
    countdown = await guest.find(".hall-line .round", "Round 1 of 1: ")
    name = await guest.find("table.matrix .corner .label")
    await guest.find("tbody th", "Station B")
    hall = await guest.find("table.matrix")
    await guest.do(click="td.cell a")
    pair = await guest.find("h1", "Station A \N{MULTIPLICATION SIGN} CSMS A")
    detail = await guest.find("main")
    await guest.do(click=".crumbs a")
    back = await guest.find(".hall-line .round", "Round 1 of 1: ")

    assert "left" in countdown["text"]
    assert name["text"] == "Fest"
    assert [name for name in ("Alder", "img", "acme", "A1", "H1") if name in hall["text"] + detail["text"]] == []
    assert pair["path"] == "/-/page/pair/station-a.csms-a.1.6?hall=1"
    assert back["path"] == "/-/page/hall"
    assert await nothing_odd(guest)
