"""What each screen shows from a moment that has passed."""

from functools import partial
from pathlib import Path

from dashboards import dashboard, shown, until
from drawing import judged
from looking_back import app_of, at_moment, open_session, told

from hub.events.countdown import PhaseShown
from hub.recording.reading import Recording
from matrix.boards.pair import BoardView
from matrix.outcome import Outcome
from matrix.trace import mark_of
from tui.lines.text import TIMES
from tui.screens.base import DashboardScreen
from tui.screens.findings import FindingsScreen
from tui.screens.occurrences import OccurrencesScreen
from tui.screens.pair import PairScreen
from tui.screens.search import SearchScreen
from tui.screens.session import SessionScreen
from tui.widgets.search_input import SearchInput


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


async def test_session_is_not_disturbed_nor_a_station_moved_while_one_looks_back(morning: Path) -> None:
    async with dashboard(morning, size=(120, 30)) as pilot:
        await pilot.press("enter", "comma")
        await at_moment(pilot, app_of(pilot).journey.moment)
        for key in ("d", "D", "M"):
            await pilot.press(key)

            assert "this is how it was; L goes back to now" in await told(pilot)
            app_of(pilot).clear_notifications()
