from pathlib import Path

from dashboards import dashboard, until

from tui.lines.line import PaneLine, Span
from tui.screens.session import SessionScreen
from tui.widgets.detail_pane import DetailPane


async def test_what_is_marked_is_scrolled_into_sight(event: Path) -> None:
    async with dashboard(event, size=(80, 24)) as pilot:
        await pilot.press("enter", "enter")
        screen = pilot.app.screen
        assert isinstance(screen, SessionScreen)
        await until(pilot, lambda: screen.is_loaded)

        pane = screen.query_one(DetailPane)
        lines = [pane.render_line(y).text for y in range(pane.size.height)]
        assert any(line.startswith("▌") for line in lines)


async def test_long_lines_wrap_and_keys_scroll(event: Path) -> None:
    async with dashboard(event, size=(80, 24)) as pilot:
        await pilot.press("enter", "enter")
        screen = pilot.app.screen
        assert isinstance(screen, SessionScreen)
        await until(pilot, lambda: screen.is_loaded)
        pane = screen.query_one(DetailPane)
        pane.show([PaneLine((Span("word " * 400),), 2)])
        pane.focus()

        await pilot.press("end")
        await until(pilot, lambda: pane.scroll_offset.y > 5)
        await pilot.press("home")
        await until(pilot, lambda: pane.scroll_offset.y == 0)
        await pilot.press("j")
        await until(pilot, lambda: pane.scroll_offset.y == 1)

        assert all(len(pane.render_line(y).text) == pane.size.width for y in range(pane.size.height))
