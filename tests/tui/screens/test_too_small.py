"""A terminal with no room for the dashboard is told so."""

from pathlib import Path

from dashboards import ready, shown, until

from matrix.comparison import Changes
from matrix.ruleset import ruleset
from tui.app import PlugfestApp
from tui.reading.messages import Rejudged
from tui.reading.source import Source
from tui.screens.changes import ChangesScreen
from tui.screens.help import HelpScreen
from tui.screens.matrix import MatrixScreen
from tui.screens.too_small import LEAST, TooSmallScreen


async def test_terminal_that_becomes_too_small_is_told_so_until_it_is_larger(faulty: Path) -> None:
    async with PlugfestApp(Source(faulty)).run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("question_mark")
        await pilot.resize_terminal(LEAST.width, LEAST.height - 1)
        await until(
            pilot, lambda: "too small: this terminal has 40 columns and 13 lines" in " ".join(shown(pilot).split())
        )

        await pilot.resize_terminal(LEAST.width, LEAST.height)

        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))


async def test_screen_that_comes_while_the_terminal_is_too_small_leaves_nothing_behind_once_it_is_larger(
    faulty: Path,
) -> None:
    async with PlugfestApp(Source(faulty)).run_test(size=(80, LEAST.height - 1)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: isinstance(pilot.app.screen, TooSmallScreen))
        pilot.app.push_screen(HelpScreen([], []))
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await pilot.resize_terminal(80, 24)

        await pilot.press("escape")

        await until(pilot, lambda: isinstance(pilot.app.screen, MatrixScreen))


async def test_terminal_stays_covered_while_all_is_judged_again(faulty: Path) -> None:
    async with PlugfestApp(Source(faulty)).run_test(size=(80, LEAST.height - 1)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: isinstance(pilot.app.screen, TooSmallScreen))
        changes = Changes(ruleset(), ruleset(), (), ())
        pilot.app.post_message(Rejudged(changes))

        await until(pilot, lambda: any(isinstance(each, ChangesScreen) for each in pilot.app.screen_stack))

        assert isinstance(pilot.app.screen, TooSmallScreen)


async def test_terminal_that_is_too_small_from_the_start_can_be_left(faulty: Path) -> None:
    app = PlugfestApp(Source(faulty))

    async with app.run_test(size=(20, 5)) as pilot:
        await until(pilot, lambda: "too small" in shown(pilot))
        await pilot.press("q")

    assert app.return_code == 0
