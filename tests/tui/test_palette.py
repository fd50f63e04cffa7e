from pathlib import Path

from dashboards import dashboard, shown, until
from recordings import RecordingBuilder
from textual.command import CommandPalette

from tui.lines.text import TIMES
from tui.screens.matrix import MatrixScreen
from tui.screens.pair import PairScreen
from tui.screens.session import SessionScreen
from tui.widgets.grid_view import GridView


async def test_a_part_of_its_name_leads_to_a_pair(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("ctrl+p", *"ceda acme")
        await until(pilot, lambda: f"Cedar HPC {TIMES} acme" in shown(pilot))
        await pilot.press("enter")

        await until(pilot, lambda: isinstance(pilot.app.screen, PairScreen))


async def test_our_own_commands_are_offered(event: Path) -> None:
    async with dashboard(event) as pilot:
        await pilot.press("ctrl+p", *"sort by gravity")
        await until(pilot, lambda: "Sort by gravity" in shown(pilot))
        await pilot.press("enter")

        await until(pilot, lambda: "by gravity" in shown(pilot) and isinstance(pilot.app.screen, MatrixScreen))
        assert pilot.app.screen.query_one(GridView).grid.rows[0].name == "Cedar HPC"


async def test_a_session_offers_its_own(event: Path) -> None:
    async with dashboard(event, size=(130, 40)) as pilot:
        await pilot.press("enter", "enter")
        screen = pilot.app.screen
        assert isinstance(screen, SessionScreen)
        await until(pilot, lambda: screen.is_loaded)

        await pilot.press("ctrl+p", *"handshake")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette) and "Headers" in shown(pilot))
        await pilot.press("enter")

        await until(pilot, lambda: "Sec-WebSocket-Key" in shown(pilot))


async def test_a_name_with_markup_is_plain_text_in_the_palette(tmp_path: Path) -> None:
    path = tmp_path / "hostile.recording"
    with RecordingBuilder(path) as builder:
        builder.session("[@click=app.quit]x[/]", "acme")
    async with dashboard(path) as pilot:
        await pilot.press("ctrl+p", *"quit")

        await until(pilot, lambda: "[@click=app.quit]x[/]" in shown(pilot))
