"""Going through time on every screen, by its keys, the mouse and the palette."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from dashboards import dashboard, hub_on, later, ready, shown, until
from drawing import judged
from recordings import RecordingBuilder
from textual.pilot import Pilot
from textual.widgets import Input

from hub.countdown import PhaseShown
from hub.recording import Recording
from matrix.outcome import Outcome
from matrix.pair import BoardView
from matrix.trace import mark_of
from tui.app import PlugfestApp
from tui.screens.base import DashboardScreen
from tui.screens.findings import FindingsScreen
from tui.screens.jump import JumpScreen
from tui.screens.occurrences import OccurrencesScreen
from tui.screens.pair import PairScreen
from tui.screens.search import SearchScreen
from tui.screens.session import SessionScreen
from tui.source import Source
from tui.text import TIMES
from tui.widgets.search_input import SearchInput
from tui.widgets.time_line import TimeLine

SECOND_NS = 1_000_000_000
BOOT = '> [2,"b","BootNotification",{"chargePointVendor":"Alder","chargePointModel":"One"}]'
BOOTED = '< [3,"b",{"currentTime":"2026-01-01T12:00:00Z","interval":300,"status":"Accepted"}]'
METERED = '> [2,"m","MeterValues",{"connectorId":"1","meterValue":[]}]'
"""Breaks the schema: a connector has a number."""


def last_mark(path: Path) -> int:
    with Recording.open(path) as recording:
        return recording.last_mark()


@pytest.fixture
def morning(tmp_path: Path) -> Path:
    """Seconds apart: CS-1 boots at acme, is answered an error and then not; C-2 at borealis deviates; both leave."""
    path = tmp_path / "morning.recording"
    with RecordingBuilder(path, step_ms=1_000) as builder:
        first = builder.session("CS-1", "acme")
        builder.say(first, BOOT, BOOTED)
        builder.say(first, '> [2,"1","Heartbeat",{}]', '< [4,"1","InternalError","",{}]')
        second = builder.session("C-2", "borealis")
        builder.say(second, BOOT.replace("Alder", "Birch"), BOOTED)
        builder.say(second, METERED, '< [3,"m",{}]')
        builder.say(first, '> [2,"2","Heartbeat",{}]', '< [3,"2",{"currentTime":"2026-01-01T12:00:15Z"}]')
        builder.close(first)
        builder.close(second)
    return path


def app_of(pilot: Pilot[None]) -> PlugfestApp:
    assert isinstance(pilot.app, PlugfestApp)
    return pilot.app


async def at_moment(pilot: Pilot[None], moment: int | None) -> None:
    """Wait until the board of a moment is shown."""
    app = app_of(pilot)

    def is_there() -> bool:
        vantage = app.source.verdicts.vantage
        mark = None if moment is None else app.journey.line.mark(moment)
        return app.journey.moment == moment and (vantage.is_now if mark is None else vantage.mark == mark)

    await until(pilot, is_there)


def board_at(path: Path, mark: int) -> BoardView:
    with Recording.open(path) as recording:
        return judged([item for item in recording.all_traffic() if mark_of(item) <= mark]).board.view()


async def test_each_step_shows_the_board_as_a_judge_has_it_who_has_seen_no_more(morning: Path) -> None:
    async with dashboard(morning) as pilot:
        app = app_of(pilot)

        for moment in (14, 12, 11, 10, 9, 8, 6, 5, 3, 2, 0):
            await pilot.press("comma")
            await at_moment(pilot, app.journey.moment)
            assert app.journey.moment is not None
            assert app.journey.moment <= moment
            assert app.board == board_at(morning, app.source.verdicts.vantage.mark)
        await pilot.press("full_stop")
        await at_moment(pilot, app.journey.moment)
        assert app.board == board_at(morning, app.source.verdicts.vantage.mark)


async def test_matrix_shows_the_moment_and_what_was_there_then(morning: Path) -> None:
    async with dashboard(morning, size=(100, 30)) as pilot:
        before = shown(pilot)
        await pilot.press("left_parenthesis")
        await at_moment(pilot, 5)

        text = shown(pilot)
        assert "Birch" in before
        assert "Birch" not in text
        assert "as of 12:00:06" in text
        assert "2026-01-01 12:00:06.000" in text
        assert "4 of 10 messages" in text
        assert "1 open" in text


async def test_l_goes_back_to_now_and_the_time_line_is_gone(morning: Path) -> None:
    async with dashboard(morning) as pilot:
        before = shown(pilot)
        await pilot.press("left_parenthesis")
        await at_moment(pilot, 5)

        await pilot.press("L")
        await at_moment(pilot, None)

        assert shown(pilot) == before


@pytest.mark.parametrize(
    ("keys", "moments"),
    [
        (["left_square_bracket"] * 3, [12, 10, 8]),
        (["J", *"0%", "enter", "right_parenthesis"], [1, 5]),
        (["J", *"0%", "enter", "right_square_bracket", "right_square_bracket"], [1, 2, 3]),
    ],
    ids=["changes backwards", "next failure", "changes"],
)
async def test_keys_go_to_failures_and_changes_of_outcome(morning: Path, keys: list[str], moments: list[int]) -> None:
    async with dashboard(morning) as pilot:
        seen: list[int] = []
        for key in keys:
            await pilot.press(key)
            await at_moment(pilot, app_of(pilot).journey.moment)
            moment = app_of(pilot).journey.moment
            if moment is not None and seen[-1:] != [moment]:
                seen.append(moment)

        assert seen == moments


async def test_on_a_session_steps_and_failures_are_its_own_and_its_lines_end_at_the_moment(morning: Path) -> None:
    async with open_session(morning, 2) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, SessionScreen)
        await pilot.press("comma")
        await at_moment(pilot, 9)

        assert screen.messages.length == 3
        assert screen.messages.frame_id == 9
        assert screen.verdicts.joined(10) is None
        assert "3/3" in shown(pilot)
        await pilot.press("left_parenthesis")
        assert "there is no failure before this moment" in await told(pilot)


async def test_request_waits_for_its_answer_where_that_has_not_come_yet(morning: Path) -> None:
    async with open_session(morning, 1) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, SessionScreen)
        await pilot.press("J", *"#4", "enter")
        await at_moment(pilot, 4)

        joined = screen.verdicts.joined(4)
        assert joined is not None
        assert (joined.answer, joined.outcome) == (None, None)
        await pilot.press("full_stop")
        await at_moment(pilot, 5)
        joined = screen.verdicts.joined(4)
        assert joined is not None
        assert (joined.answer, joined.outcome) == (5, Outcome.FAILED)


async def test_session_that_was_not_opened_yet_says_so(morning: Path) -> None:
    async with open_session(morning, 2) as pilot:
        await pilot.press("J", *"#3", "enter")
        await at_moment(pilot, 3)

        assert "not opened yet at this moment" in shown(pilot)
        assert "no frame has crossed in this session yet" in shown(pilot)
        await pilot.press("L")
        await at_moment(pilot, None)
        assert "4/4" in shown(pilot)


async def test_session_screen_has_all_lines_and_its_state_again_now(morning: Path) -> None:
    async with open_session(morning, 1) as pilot:
        before = shown(pilot)
        await pilot.press("comma", "comma")
        await at_moment(pilot, app_of(pilot).journey.moment)
        await until(pilot, lambda: "open" in shown(pilot).split("\n")[4])
        await pilot.press("L")
        await at_moment(pilot, None)

        assert "closed by the station" in before
        assert "closed by the station" in shown(pilot)
        assert "6/6" in shown(pilot)


async def test_pair_is_as_it_was_and_absent_before_it_met(morning: Path) -> None:
    async with dashboard(morning, size=(120, 30)) as pilot:
        app = app_of(pilot)
        app.screen_stack[0].go(PairScreen(app.source, app.board.pairs[1].key))  # type: ignore[attr-defined]  # the matrix
        await until(pilot, lambda: "Birch One" in shown(pilot))
        await pilot.press("left_square_bracket")
        await at_moment(pilot, 10)
        await pilot.press("J", *"#8", "enter")
        await at_moment(pilot, 8)
        assert "never seen for this pair" in shown(pilot) or "untested" in shown(pilot)

        await pilot.press("J", *"#3", "enter")
        await at_moment(pilot, 3)

        assert f"Birch One {TIMES} borealis  had not met yet at this moment" in shown(pilot)
        assert "BootNotification" not in shown(pilot)
        await pilot.press("J", *"#6", "enter")
        await at_moment(pilot, 6)
        assert f"C-2 {TIMES} borealis" in shown(pilot), "it had not said yet what it is"
        await pilot.press("L")
        await at_moment(pilot, None)
        assert f"Birch One {TIMES} borealis" in shown(pilot)


async def test_findings_are_those_that_had_been_made(morning: Path) -> None:
    async with dashboard(morning, size=(120, 30)) as pilot:
        await pilot.press("f")
        now = shown(pilot)
        await pilot.press("J", *"#8", "enter")
        await at_moment(pilot, 8)

        text = shown(pilot)
        assert isinstance(pilot.app.screen, FindingsScreen)
        assert "Birch (station)" in now
        assert "Birch (station)" not in text


async def test_occurrences_are_those_that_had_been_found(morning: Path) -> None:
    async with dashboard(morning, size=(120, 30)) as pilot:
        await pilot.press("f", "slash", *"RPC-19", "enter", "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, OccurrencesScreen))
        now = shown(pilot)
        await pilot.press("J", *"#8", "enter")
        await at_moment(pilot, 8)
        await until(pilot, lambda: "it had not been found yet at this moment" in shown(pilot))

        await pilot.press("L")
        await at_moment(pilot, None)

        await until(pilot, lambda: shown(pilot) == now)


async def test_search_finds_what_had_been_said_by_then_and_counts_what_came_later(morning: Path) -> None:
    async with dashboard(morning, size=(100, 30)) as pilot:
        app = app_of(pilot)
        await pilot.press("S")
        await until(pilot, lambda: isinstance(pilot.app.screen, SearchScreen) and pilot.app.screen.is_settled)
        screen = pilot.app.screen
        assert isinstance(screen, SearchScreen)
        screen.query_one(SearchInput).value = "action:Heartbeat type:call"
        await pilot.pause()
        await until(pilot, lambda: screen.is_settled)
        lines = [screen.hits.length]

        for typed in ("#6", "start", "now"):
            app._go(partial(app.journey.go_to, typed))
            await at_moment(pilot, app.journey.moment)
            lines.append(screen.hits.length)
            if typed == "#6":
                text = shown(pilot)

    assert lines == [2, 1, 0, 2]
    assert "1 hit  1 later than this moment" in text


async def test_round_of_the_event_is_that_of_now_and_says_so(morning: Path) -> None:
    async with dashboard(morning, size=(100, 30)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, DashboardScreen)
        screen.tell(PhaseShown("Fest", 2, 9, [], 60.0, is_paused=True))
        await pilot.pause()
        now = shown(pilot)

        await pilot.press("left_parenthesis")
        await at_moment(pilot, 5)

        assert "Fest: round 2 of 9" in now
        assert "now: Fest" not in now
        assert "now: Fest: round 2 of 9" in shown(pilot)


async def test_what_is_typed_badly_is_complained_about_and_escape_leaves(morning: Path) -> None:
    async with dashboard(morning) as pilot:
        await pilot.press("J", *"soon", "enter")

        await until(pilot, lambda: "'soon' is no moment" in shown(pilot))
        assert isinstance(pilot.app.screen, JumpScreen)
        await pilot.press("escape")
        assert app_of(pilot).journey.moment is None


async def test_click_goes_to_its_share_of_the_recording(morning: Path) -> None:
    async with dashboard(morning, size=(100, 30)) as pilot:
        await pilot.press("T")
        await until(pilot, lambda: "● now" in shown(pilot))
        await pilot.click(TimeLine, offset=(50, 0))
        await until(pilot, lambda: app_of(pilot).journey.moment is not None)

        extent = app_of(pilot).journey.extent
        assert extent.share(extent.here) == pytest.approx(0.505, abs=0.001)


async def test_p_plays_and_pauses_and_the_end_is_now(morning: Path) -> None:
    clock = Clock()
    async with travelling(morning, clock) as pilot:
        app = app_of(pilot)
        await pilot.press("greater_than_sign", "greater_than_sign", "P")
        await at_moment(pilot, 0 if app.journey.moment == 0 else app.journey.moment)
        clock.now += SECOND_NS
        await until(pilot, lambda: (app.journey.moment or 0) >= 4)
        await pilot.press("P")
        paused = app.journey.moment
        clock.now += 100 * SECOND_NS
        await pilot.pause(0.25)
        assert app.journey.moment == paused
        assert "‖" in shown(pilot)

        await pilot.press("P")
        clock.now += 100 * SECOND_NS

        await at_moment(pilot, None)
        assert not app.journey.is_playing


async def test_time_line_shows_what_was_said_and_what_failed(morning: Path) -> None:
    async with dashboard(morning, size=(80, 24)) as pilot:
        await pilot.press("T")
        await until(pilot, lambda: "● now" in shown(pilot))

        lines = shown(pilot).split("\n")
        assert "█" in lines[1]
        assert {"✗", "≠", "▲"} <= {*lines[2]}
        await pilot.press("T")
        await until(pilot, lambda: "● now" not in shown(pilot))


async def test_session_is_not_disturbed_nor_a_station_moved_while_one_looks_back(morning: Path) -> None:
    async with dashboard(morning, size=(120, 30)) as pilot:
        await pilot.press("enter", "comma")
        await at_moment(pilot, app_of(pilot).journey.moment)
        for key in ("d", "D", "M"):
            await pilot.press(key)

            assert "this is how it was; L goes back to now" in await told(pilot)
            app_of(pilot).clear_notifications()


async def test_what_is_recorded_meanwhile_changes_nothing_of_what_was(morning: Path) -> None:
    with hub_on(morning), RecordingBuilder(morning) as builder:
        async with dashboard(morning, clock=later) as pilot:
            app = app_of(pilot)
            await pilot.press("left_parenthesis")
            await at_moment(pilot, 5)
            before = app.board

            builder.at += 60 * SECOND_NS
            number = last_mark(app.source.path) + 10
            builder._db.execute(
                "INSERT INTO frame VALUES (?, 1, ?, 'station', 1, 1, 0, 0, 30, '[2,\"9\",\"Heartbeat\",{}]', NULL)",
                (number, builder.at),
            )

            await until(pilot, lambda: app.journey.line.mark(len(app.journey.line)) == number)
            assert app.board is before
            assert app.journey.moment == 5


async def test_moment_that_the_judge_has_not_come_to_is_waited_for_and_then_shown(morning: Path) -> None:
    app = PlugfestApp(Source(morning, clock=later))
    with app.source.courtesy():
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await pilot.press("J", *"#5", "enter")
            await until(pilot, lambda: "◌ waiting for frame 5" in shown(pilot))

            app.source._may_judge.set()

            await until(pilot, lambda: app.journey.moment == 5)
            await at_moment(pilot, 5)
            assert "as of 12:00:06" in shown(pilot)


async def test_judging_again_goes_back_to_now(morning: Path) -> None:
    async with dashboard(morning) as pilot:
        await pilot.press("left_parenthesis")
        await at_moment(pilot, 5)
        await pilot.press("R", "enter")

        await until(pilot, lambda: "nothing has changed" in shown(pilot))
        assert app_of(pilot).journey.moment is None
        await pilot.press("escape", "left_parenthesis")
        await at_moment(pilot, 5)
        assert "as of 12:00:06" in shown(pilot)


async def test_palette_and_help_have_what_the_keys_do(morning: Path) -> None:
    async with dashboard(morning, size=(100, 60)) as pilot:
        await pilot.press("question_mark")
        helped = shown(pilot)
        await pilot.press("escape", "ctrl+p", *"previous failure")
        await until(pilot, lambda: "Of what this screen shows" in shown(pilot))
        await pilot.press("enter", "enter")

        await at_moment(pilot, 5)
        assert "Next change of outcome" in helped
        assert "P                 Play, pause" in helped


async def test_keys_of_time_are_typed_into_a_filter(morning: Path) -> None:
    async with dashboard(morning) as pilot:
        await pilot.press("slash", *"a, b. (J)")

        typed = pilot.app.screen.query_one(Input).value
        assert typed == "a, b. (J)"
        assert app_of(pilot).journey.moment is None


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


@asynccontextmanager
async def travelling(path: Path, clock: Callable[[], int]) -> AsyncIterator[Pilot[None]]:
    app = PlugfestApp(Source(path, clock=later), clock=clock)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await ready(pilot)
        yield pilot


@asynccontextmanager
async def open_session(path: Path, session: int) -> AsyncIterator[Pilot[None]]:
    async with dashboard(path, size=(120, 30)) as pilot:
        app = app_of(pilot)
        screen = SessionScreen(app.source, session)
        app.screen_stack[0].go(screen)  # type: ignore[attr-defined]  # the matrix
        await until(pilot, lambda: screen.is_loaded and pilot.app.screen is screen)
        await until(pilot, lambda: f"#{session} " in shown(pilot))
        yield pilot


async def told(pilot: Pilot[None]) -> str:
    """Return what the app has notified of last."""
    await until(pilot, lambda: bool([*pilot.app._notifications]))
    return str([*pilot.app._notifications][-1].message)
