from pathlib import Path

from dashboards import dashboard, shown, until
from recordings import RecordingBuilder

from tui.grid import Cell, Grid, Heading
from tui.lines.text import TIMES
from tui.widgets.grid_view import GridView


class CountingView(GridView):
    """A grid that keeps count of the lines it drew."""

    drawn = 0

    def refresh_line(self, y: int) -> None:
        self.drawn += 1
        super().refresh_line(y)


def grid(*names: str, counts: str = "1/1") -> Grid:
    cells = tuple(((Cell(("s", name, "1.6"), "", "passed", counts, 0)),) for name in names)  # type: ignore[arg-type]  # a short cell
    return Grid("station", tuple(Heading(name, name) for name in names), (Heading("acme", "acme"),), cells)


async def test_only_lines_that_changed_are_drawn_again(event: Path) -> None:
    async with dashboard(event) as pilot:
        view = CountingView()
        await pilot.app.screen.mount(view)
        view.show(grid("a", "b", "c"))
        changed = grid("a", "b", "c").cells[:2] + grid("x", counts="0/1").cells

        view.show(Grid("station", view.grid.rows, view.grid.columns, changed))

        assert view.drawn == 1


async def test_the_cursor_follows_its_row_when_another_comes_before_it(tmp_path: Path) -> None:
    path = tmp_path / "live.recording"
    with RecordingBuilder(path) as builder:
        builder.session("M", "acme")
        async with dashboard(path) as pilot:
            view = pilot.app.screen.query_one(GridView)

            builder.session("A", "acme")
            await until(pilot, lambda: len(view.grid.rows) == 2)

            assert view.grid.rows[view.cursor.y].name == "M"
            assert f"M {TIMES} acme" in shown(pilot)
