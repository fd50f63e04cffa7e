"""The page of participants and of the hall, in a real browser: each sees their own, by a link with a token."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from careless_csms import careless_csms
from event_texts import a_csms, a_participant, a_round, a_station, event_text
from page_peers import HOSTILE, boot, call, come_near, connected, nothing_odd
from page_viewer import Viewer, viewer

from hub.access import token_file
from hub.access.tokens import Role, Token, new_token, read_tokens, revoke
from hub.events.desk import EventDesk
from hub.events.file import read_event
from hub.server import Hub, HubSettings
from hub.tls.contexts import TlsPolicy
from tui.commands.hub_app import PAGES, hub_app

pytestmark = pytest.mark.usefixtures("browser")


def event_of(url: str) -> str:
    return event_text(
        a_participant("alder", vendor="Alder"),
        a_participant("hostile", vendor=HOSTILE),
        a_participant("lab"),
        a_csms("acme", "lab", url),
        a_station("one", "alder", "A1"),
        a_station("two", "hostile", "H1"),
        a_round(datetime.now(UTC), ("one", "acme"), minutes=5),
        '[viewing]\nparticipants = "outcomes"\n',
    )


@pytest.fixture
async def festival(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    """A hub with an event, at which Alder and somebody with a hostile name have a station each, and a round is on."""
    monkeypatch.setattr(token_file, "LOOK_S", 0.05)
    new_token(tmp_path / "tokens.toml", Token(name="organizer", digest="", role=Role.ORGANIZER))
    recording = tmp_path / "event.recording"
    settings = HubSettings(recording=recording, csmses={}, port=0, tokens=tmp_path / "tokens.toml")
    async with careless_csms() as url:
        (tmp_path / "event.toml").write_text(event_of(url))
        desk = EventDesk(read_event(tmp_path / "event.toml"), TlsPolicy())
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


def token_of(hub: Hub, participant: str) -> str:
    assert hub.settings.tokens is not None
    assert hub.tunnels.tokens is not None
    token = Token(name=f"{participant}-1", digest="", role=Role.PARTICIPANT, participant=participant)
    secret = new_token(hub.settings.tokens, token)
    hub.tunnels.tokens.tokens = read_tokens(hub.settings.tokens)
    return secret


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
