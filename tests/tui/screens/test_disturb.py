"""Disturbing a session by key, over a hub that runs."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dashboards import dashboard, shown, until
from raw_peers import Peers, raw_peers, upgrade
from textual.pilot import Pilot
from textual.widgets import Input

from hub.disturbing.control import add_control
from hub.disturbing.disturber import Disturber
from hub.feed import feed_app
from hub.server import Hub, HubSettings
from tui.lines.text import DISTURBED
from tui.screens.disturb import ENDED, DisturbScreen
from tui.screens.session import SessionScreen
from tui.widgets.history_list import HistoryList


@asynccontextmanager
async def live(tmp_path: Path, disturber: Disturber | None) -> AsyncIterator[tuple[Pilot[None], Peers]]:
    """Show a session that a hub has open, in the pair screen."""
    async with raw_peers() as peers:
        settings = HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0)
        app = feed_app(settings.recording)
        add_control(app, disturber)
        async with Hub(settings, app=app, disturber=disturber) as hub:
            station = await peers.station(hub.port)
            await station.say(upgrade())
            await peers.accept()
            await station.head()
            async with dashboard(settings.recording, size=(120, 40), clock=time.time_ns) as pilot:
                await pilot.press("enter")
                yield pilot, peers


async def test_d_begins_what_is_chosen_and_shift_d_ends_it_in_plain_sight(tmp_path: Path) -> None:
    disturber = Disturber()
    async with live(tmp_path, disturber) as (pilot, _):
        await pilot.press("d", "down", "down", "enter")

        await until(pilot, lambda: f"{DISTURBED} 1 disturbed" in shown(pilot))
        assert [each.text for each in disturber.list()] == ["stall 10s"]
        assert f"{DISTURBED} stall 10s" in shown(pilot)
        await pilot.press("D")
        await until(pilot, lambda: f"{DISTURBED} 1 disturbed" not in shown(pilot))
        assert disturber.list() == []
        assert f"{DISTURBED} disturbed on purpose" in shown(pilot)


async def test_the_session_screen_marks_its_session_and_says_what_came_of_it(tmp_path: Path) -> None:
    disturber = Disturber()
    async with live(tmp_path, disturber) as (pilot, _):
        await pilot.press("tab", "enter")
        assert isinstance(pilot.app.screen, SessionScreen)
        await pilot.press("d")
        pilot.app.screen.query_one(Input).value = "latency 2s from csms"
        await pilot.press("enter")

        await until(pilot, lambda: f"{DISTURBED} latency 2s from csms: D stops" in shown(pilot))
        await until(pilot, lambda: "it is on" in shown(pilot))


async def test_what_cannot_be_done_is_said_while_it_is_typed(tmp_path: Path) -> None:
    disturber = Disturber()
    async with live(tmp_path, disturber) as (pilot, _):
        await pilot.press("d")
        pilot.app.screen.query_one(Input).value = "stall [bold]9"
        await pilot.press("enter")

        assert isinstance(pilot.app.screen, DisturbScreen)
        assert "word 2 of 'stall [bold]9' is '[bold]9'" in shown(pilot)
        await pilot.press("escape")
        assert disturber.list() == []


async def test_refuse_is_for_the_next_handshake_of_the_sessions_station(tmp_path: Path) -> None:
    disturber = Disturber()
    async with live(tmp_path, disturber) as (pilot, _):
        await pilot.press("d")
        pilot.app.screen.query_one(Input).value = "refuse 503"
        await pilot.press("enter")

        await until(pilot, lambda: "refuse 503: waits for the next handshake" in shown(pilot))
        assert [(each.target, each.text) for each in disturber.list()] == [("CS1/acme", "refuse 503")]


async def test_a_hub_that_does_not_allow_it_says_how_it_would(tmp_path: Path) -> None:
    async with live(tmp_path, None) as (pilot, _):
        await pilot.press("d", "enter")

        await until(pilot, lambda: "--allow-disturb" in shown(pilot))


async def test_a_session_that_is_not_disturbed_cannot_be_calmed(tmp_path: Path) -> None:
    async with live(tmp_path, Disturber()) as (pilot, _):
        await pilot.press("D")

        assert "this session is not being disturbed" in shown(pilot)


async def test_a_session_that_has_ended_is_said_to_have_at_once_and_only_its_next_handshake_is_offered(
    event: Path,
) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("down", "right", "enter", "tab")
        await pilot.press("d")
        offered = pilot.app.screen.query_one(Input).value
        await until(pilot, lambda: ENDED in shown(pilot))
        pilot.app.screen.query_one(Input).value = "stall 10s"
        await pilot.press("enter")

        assert offered == "refuse 503"
        assert "bandwidth" not in shown(pilot)
        assert isinstance(pilot.app.screen, DisturbScreen)


async def test_a_recording_that_no_hub_writes_to_has_nobody_to_ask(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("enter", "tab")
        assert pilot.app.screen.query_one(HistoryList).has_focus
        await pilot.press("d", "enter")

        await until(pilot, lambda: "no hub writes to" in shown(pilot))
