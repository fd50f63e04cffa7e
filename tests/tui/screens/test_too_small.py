"""A terminal with no room for the dashboard is told so."""

from pathlib import Path

from dashboards import ready, shown, until

from tui.app import PlugfestApp
from tui.reading.source import Source
from tui.screens.help import HelpScreen
from tui.screens.too_small import LEAST


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


async def test_terminal_that_is_too_small_from_the_start_can_be_left(faulty: Path) -> None:
    app = PlugfestApp(Source(faulty))

    async with app.run_test(size=(20, 5)) as pilot:
        await until(pilot, lambda: "too small" in shown(pilot))
        await pilot.press("q")

    assert app.return_code == 0
