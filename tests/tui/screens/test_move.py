"""The event on the screens: the round counts down, M moves a station to another CSMS, E shows who meets whom."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from dashboards import ready, shown, until
from drawing import Pen
from event_texts import TWO_STATIONS
from recorded import record
from textual.pilot import Pilot

from hub.events.control import DeskAt, add_event_control
from hub.events.countdown import PhaseShown
from hub.events.desk import EventDesk
from hub.events.file import read_event
from hub.server import Hub, HubSettings
from hub.tls.contexts import TlsPolicy
from tui.app import PlugfestApp
from tui.event_clock import phase_after, phase_told, worth_saying
from tui.reading.source import Source
from tui.screens.event import EventScreen
from tui.screens.move import MoveScreen


class Feed:
    """What a hub said of its rounds, and when."""

    def __init__(self, phase: PhaseShown, said_at: float) -> None:
        self.phase = phase, said_at


@asynccontextmanager
async def dashboard_of(tmp_path: Path, text: str) -> AsyncIterator[tuple[Pilot[None], EventDesk]]:
    lines = ['> [2,"a","Heartbeat",{}]', '< [3,"a",{"currentTime":"$NOW"}]']
    record(
        tmp_path / "event.db", Pen().session(lines, identity="V1", csms="lotus", offered=("ocpp1.6",), chosen="ocpp1.6")
    )
    (tmp_path / "event.toml").write_text(text)
    desk, app = EventDesk(read_event(tmp_path / "event.toml"), TlsPolicy()), web.Application()
    add_event_control(app, desk)
    settings = HubSettings(recording=tmp_path / "event.db", csmses={}, port=0)
    dashboard = PlugfestApp(Source(tmp_path / "event.db"))
    async with Hub(settings, app=app, desk=desk), dashboard.run_test(size=(100, 30), notifications=True) as pilot:
        await ready(pilot)
        yield pilot, desk


async def test_round_that_is_on_is_on_every_screen(tmp_path: Path) -> None:
    starts = datetime.now(UTC) - timedelta(minutes=1)
    rounds = f'[[rounds]]\nstarts = {starts.isoformat()}\nminutes = 31\npairs = [["one", "deep"]]\n'

    async with dashboard_of(tmp_path, TWO_STATIONS + rounds) as (pilot, _):
        await until(pilot, lambda: "Fest: round 1 of 1, 29:5" in shown(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "Fest: round 1 of 1, 29:5" in shown(pilot) and "Heartbeat" in shown(pilot))


async def test_round_is_that_of_the_feed_where_one_watches_by_it_and_orders_go_there_with_the_token(
    event: Path,
) -> None:
    feed = Feed(PhaseShown("Afar", 3, 9, [], 70.0, is_paused=False), time.monotonic() - 10)
    source = Source(event, hub="wss://hub.invalid", hub_token="plugfest_t", told_phase=partial(phase_told, feed))

    async with PlugfestApp(source).run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "Afar: round 3 of 9, 0:5" in shown(pilot))
        await pilot.press("E")
        await until(pilot, lambda: isinstance(pilot.app.screen, EventScreen))
        screen = pilot.app.screen
        assert isinstance(screen, EventScreen)
        assert screen.desk == DeskAt("wss://hub.invalid", token="plugfest_t")


def test_feed_that_tells_of_no_rounds_is_of_none() -> None:
    assert worth_saying(phase_told(Feed(PhaseShown("Afar", None, 0, [], None, is_paused=False), 0.0))) is None


async def test_event_without_rounds_takes_no_room(tmp_path: Path) -> None:
    async with dashboard_of(tmp_path, TWO_STATIONS) as (pilot, _):
        assert "Fest" not in shown(pilot)


async def test_capital_m_moves_the_station_of_the_pair(tmp_path: Path) -> None:
    async with dashboard_of(tmp_path, TWO_STATIONS) as (pilot, desk):
        await pilot.press("enter", "M")
        await until(pilot, lambda: isinstance(pilot.app.screen, MoveScreen))
        assert "lotus  (now)" in shown(pilot)
        await pilot.press("down", "enter")

        await until(pilot, lambda: desk.pairing.csms_of("V1") == "deep")
        await until(pilot, lambda: "V1 is for deep now" in shown(pilot))


async def test_escape_leaves_the_station_where_it_is(tmp_path: Path) -> None:
    async with dashboard_of(tmp_path, TWO_STATIONS) as (pilot, desk):
        await pilot.press("enter", "M")
        await until(pilot, lambda: isinstance(pilot.app.screen, MoveScreen))
        await pilot.press("escape")

        assert desk.pairing.csms_of("V1") == "lotus"


async def test_move_without_a_hub_is_refused_in_a_sentence(event: Path) -> None:
    async with PlugfestApp(Source(event)).run_test(size=(100, 30), notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("enter", "M")

        await until(pilot, lambda: "no hub writes to" in shown(pilot))


@pytest.mark.parametrize(("is_paused", "left_s"), [(False, 50.0), (True, 60.0)])
def test_clock_counts_down_unless_it_is_paused(*, is_paused: bool, left_s: float) -> None:
    phase = PhaseShown("Fest", 1, 2, [], 60.0, is_paused)

    assert phase_after(phase, 10).left_s == left_s
    assert phase_after(phase, 100).left_s == (60.0 if is_paused else 0.0)


async def test_capital_e_shows_all_stations_and_moves_one_that_was_never_here(tmp_path: Path) -> None:
    async with dashboard_of(tmp_path, TWO_STATIONS) as (pilot, desk):
        await pilot.press("E")
        await until(pilot, lambda: "V2" in shown(pilot) and "nobody" in shown(pilot))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MoveScreen))
        await pilot.press("down", "enter")

        await until(pilot, lambda: desk.pairing.csms_of("V2") == "deep")
        await until(pilot, lambda: "by hand" in shown(pilot))


async def test_stations_change_places_by_x(tmp_path: Path) -> None:
    async with dashboard_of(tmp_path, TWO_STATIONS) as (pilot, desk):
        await pilot.press("E")
        await until(pilot, lambda: "V2" in shown(pilot))
        await pilot.press("x")
        await until(pilot, lambda: "V2, for nobody" in shown(pilot) and "enter swaps" in shown(pilot))
        await pilot.press("enter")

        await until(pilot, lambda: desk.pairing.pairs == {"V1": None, "V2": "lotus"})


async def test_swap_of_a_station_to_a_csms_that_speaks_no_version_of_it_says_so(tmp_path: Path) -> None:
    head, _, tail = TWO_STATIONS.partition("[stations.two]")
    newer = f"{head}[stations.two]{tail.replace('1.6', '2.1')}"

    async with dashboard_of(tmp_path, newer) as (pilot, _):
        await pilot.press("E")
        await until(pilot, lambda: "V2" in shown(pilot))
        await pilot.press("x")
        await until(pilot, lambda: "enter swaps" in shown(pilot))
        await pilot.press("enter")

        await until(pilot, lambda: "they have no version in common" in shown(pilot))


@pytest.mark.parametrize("key", ["M", "x"])
async def test_what_was_chosen_before_a_round_began_is_not_done_in_it(tmp_path: Path, key: str) -> None:
    async with dashboard_of(tmp_path, TWO_STATIONS) as (pilot, desk):
        await pilot.press("E")
        await until(pilot, lambda: "V2" in shown(pilot))
        await pilot.press(key)
        await until(pilot, lambda: isinstance(pilot.app.screen, MoveScreen))
        desk.pairing.meet([("one", "deep"), ("two", "lotus")])
        await pilot.press("enter")

        await until(pilot, lambda: "'V1' is for deep by now" in shown(pilot))
        assert desk.pairing.pairs == {"V1": "deep", "V2": "lotus"}


async def test_answer_of_the_hub_that_comes_as_one_leaves_is_let_be(tmp_path: Path) -> None:
    async with dashboard_of(tmp_path, TWO_STATIONS) as (pilot, _):
        await pilot.press("E")
        await until(pilot, lambda: "V2" in shown(pilot))
        left = pilot.app.screen
        await pilot.press("escape")
        await until(pilot, lambda: "stations and CSMSes" in shown(pilot))
        assert isinstance(left, EventScreen)

        left.describe()

        assert not left.is_whole


async def test_names_are_never_markup(tmp_path: Path) -> None:
    async with dashboard_of(tmp_path, TWO_STATIONS.replace('"V2"', '"V2[/]"')) as (pilot, _):
        await pilot.press("E")
        await until(pilot, lambda: "V2[/]" in shown(pilot))
        await pilot.press("down", "enter")

        await until(pilot, lambda: "move V2[/] to another CSMS" in shown(pilot))


async def test_clock_of_the_rounds_is_paused_shifted_and_goes_on(tmp_path: Path) -> None:
    starts = datetime.now(UTC) - timedelta(minutes=1)
    rounds = f'[[rounds]]\nstarts = {starts.isoformat()}\nminutes = 31\npairs = [["one", "deep"]]\n'

    async with dashboard_of(tmp_path, TWO_STATIONS + rounds) as (pilot, desk):
        await until(pilot, lambda: "29:5" in shown(pilot))
        await pilot.press("E", "p")
        await until(pilot, lambda: "(paused)" in shown(pilot))
        await pilot.press("plus")
        await until(pilot, lambda: "34:5" in shown(pilot))
        await pilot.press("p")

        await until(pilot, lambda: not desk.phase.is_paused)


async def test_what_cannot_be_swapped_or_asked_is_said(tmp_path: Path) -> None:
    lonely = TWO_STATIONS.partition("[stations.two]")[0]

    async with dashboard_of(tmp_path, lonely) as (pilot, _):
        await pilot.press("E")
        await until(pilot, lambda: "V1" in shown(pilot))
        await pilot.press("x")

        await until(pilot, lambda: "there is no station" in shown(pilot))


async def test_why_an_edit_is_not_in_force_is_on_the_screens(tmp_path: Path) -> None:
    async with dashboard_of(tmp_path, TWO_STATIONS) as (pilot, desk):
        desk.trouble = "event.toml:7: participants.volta.vendro does not exist"
        await pilot.press("E", "minus")

        await until(pilot, lambda: "vendro does not exist" in shown(pilot))
