"""The matrix: a grid of outcomes with frozen headings, drawn line by line."""

from bisect import bisect_left
from itertools import accumulate
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.strip import Strip

from matrix.outcome import WRONG, Outcome
from tui.grid import NO_GRID, Cell, Grid, Heading
from tui.lines.line import Span, fit
from tui.lines.text import GLYPHS
from tui.widgets.line_view import LineView

NARROWEST: Final = 9
WIDEST: Final = 18
GAP: Final = 1
NARROWEST_CUT: Final = 4
"""The least that is shown of a column at the right edge: room for its glyph and the sign that it is cut."""
SIDEWAYS: Final = (
    Binding("left,h", "move(0, -1)", "Left", show=False),
    Binding("right,l", "move(0, 1)", "Right", show=False),
)


class GridView(LineView):
    """Shows a `Grid`. The cursor stays on its row and column, wherever they move, when another grid is set."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid-cursor",
        "grid-cursor-blurred",
        "grid-heading-cursor",
        *(f"cell-{outcome}" for outcome in Outcome),
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1, 0)", "Up", show=False),
        Binding("down,j", "move(1, 0)", "Down", show=False),
        *SIDEWAYS,
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First row", show=False),
        Binding("end,G", "last", "Last row", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    class CursorMoved(Message):
        """The cursor stands on another cell, or the cell says something else."""

        def __init__(self, cell: Cell | None) -> None:
            super().__init__()
            self.cell = cell

    class Chosen(Message):
        """A cell was opened: by Enter, or by a click on the cell of the cursor."""

        def __init__(self, cell: Cell) -> None:
            super().__init__()
            self.cell = cell

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.grid = NO_GRID
        self.cursor = Offset(0, 0)
        self._widths: list[int] = []
        self._starts: list[int] = [0]
        self._left = 0
        self._top = 1

    # -- what is shown ------------------------------------------------------------------------------------------------

    @property
    def cell(self) -> Cell | None:
        """The cell of the cursor; None where it stands on an empty place."""
        return self.grid.at(self.cursor.y, self.cursor.x)

    def show(self, grid: Grid) -> None:
        """Show another grid; only lines that differ are drawn again where the headings are the same."""
        before, self.grid = self.grid, grid
        same = (before.rows, before.columns, before.empty) == (grid.rows, grid.columns, grid.empty)
        if same:
            for number, (old, new) in enumerate(zip(before.cells, grid.cells, strict=True)):
                if old != new:
                    self.refresh_line(number + self._top)
        else:
            self.cursor = Offset(
                _follow(before.columns, self.cursor.x, grid.columns), _follow(before.rows, self.cursor.y, grid.rows)
            )
        self._measure()
        self.post_message(self.CursorMoved(self.cell))

    def on_resize(self) -> None:
        self._measure()
        self._show_cursor()

    def _measure(self) -> None:
        widths, left, top = self._widths, self._left, self._top
        grid = self.grid
        self._top = 2 if any(heading.detail for heading in grid.columns) else 1
        self._widths = [self._column_width(number) for number in range(len(grid.columns))]
        self._starts = [0, *accumulate(width + GAP for width in self._widths)]
        wanted = max((self._name_width(row) for row in grid.rows), default=0)
        self._left = min(max(wanted, cell_len(grid.corner) + 2), max(self.size.width * 2 // 5, 12))
        self.virtual_size = Size(self._left + self._starts[-1], self._top + len(grid.rows))
        if (widths, left, top) != (self._widths, self._left, self._top) or not grid.rows:
            self.refresh()

    def _column_width(self, number: int) -> int:
        heading = self.grid.columns[number]
        cells = (row[number] for row in self.grid.cells)
        longest = max((len(cell.counts) + len(cell.marks) for cell in cells if cell), default=0) + 4
        return min(max(NARROWEST, cell_len(heading.name) + 2, cell_len(heading.detail) + 2, longest), WIDEST)

    def _name_width(self, heading: Heading) -> int:
        return cell_len(heading.name) + (cell_len(heading.detail) + 2 if heading.detail else 0) + 3

    # -- the cursor ---------------------------------------------------------------------------------------------------

    def go_to(self, row: int, column: int) -> None:
        """Put the cursor on a place, as near as there is one, and show it."""
        row = max(min(row, len(self.grid.rows) - 1), 0)
        column = max(min(column, len(self.grid.columns) - 1), 0)
        self.cursor = Offset(column, row)
        self._show_cursor()
        self.refresh()
        self.post_message(self.CursorMoved(self.cell))

    def go_to_pair(self, pair: object, action: str) -> bool:
        """Put the cursor on the cell of a pair (and message type); return False where it is not shown."""
        for row, cells in enumerate(self.grid.cells):
            for column, cell in enumerate(cells):
                if cell is not None and cell.pair == pair and cell.action == action:
                    self.go_to(row, column)
                    return True
        return False

    def action_next_wrong(self, step: int) -> None:
        """Move to the next (or, with -1, the previous) cell that went wrong, in reading order, around the end."""
        across, places = len(self.grid.columns), len(self.grid.columns) * len(self.grid.rows)
        here = self.cursor.y * across + self.cursor.x
        for distance in range(1, places + 1):
            row, column = divmod((here + step * distance) % places, across)
            cell = self.grid.at(row, column)
            if cell is not None and cell.outcome in WRONG:
                self.go_to(row, column)
                return

    def _show_cursor(self) -> None:
        if not self._widths:
            return
        self.scroll_to_region(
            Region(0, self.cursor.y, 1, 1 + self._top), animate=False, force=True, immediate=True, x_axis=False
        )
        first = self._first_that_shows(self.cursor.x)
        if first != self._first_column:
            self.scroll_to(x=self._starts[first], animate=False, force=True, immediate=True)

    def _first_that_shows(self, column: int) -> int:
        """Return the column to begin with, as near to the one of now as shows a column whole."""
        first, end = min(self._first_column, column), self._starts[column] + self._widths[column]
        while first < column and end - self._starts[first] > self._room:
            first += 1
        return first

    @property
    def _first_column(self) -> int:
        """The first column that is shown: scrolling goes by whole ones, so that a cell's glyph is never cut off."""
        return min(bisect_left(self._starts, self.scroll_offset.x), len(self._widths) - 1)

    @property
    def _room(self) -> int:
        """How many cells there are beside the frozen part."""
        return self.line_width - self._left

    def _columns_shown(self) -> list[tuple[int, int]]:
        """Return the columns that can be seen with their widths; the last may be cut."""
        shown, room = [], self._room
        for number in range(self._first_column, len(self._widths)):
            width = min(self._widths[number], room)
            if width < min(self._widths[number], NARROWEST_CUT):
                break
            shown.append((number, width))
            room -= width + GAP
        return shown

    def action_move(self, down: int, right: int) -> None:
        self.go_to(self.cursor.y + down, self.cursor.x + right)

    def action_page(self, by: int) -> None:
        self.go_to(self.cursor.y + by * max(self.size.height - self._top, 1), self.cursor.x)

    def action_first(self) -> None:
        self.go_to(0, self.cursor.x)

    def action_last(self) -> None:
        self.go_to(len(self.grid.rows) - 1, self.cursor.x)

    def action_choose(self) -> None:
        if self.cell is not None:
            self.post_message(self.Chosen(self.cell))

    def on_click(self, event: events.Click) -> None:
        row = event.y - self.gutter.top - self._top
        x = event.x - self.gutter.left - self._left
        if row < 0 or x < 0:
            return
        row, x = row + self.scroll_offset.y, x + self._starts[self._first_column]
        column = next((n for n, start in enumerate(self._starts[1:]) if x < start), len(self._widths))
        if row >= len(self.grid.rows) or column >= len(self._widths):
            return
        event.stop()
        if Offset(column, row) == self.cursor:
            self.action_choose()
        else:
            self.go_to(row, column)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if not self.grid.rows:
            return self.strip((Span(f" {self.grid.empty}", "muted"),), width) if y == 1 else self.blank()
        if y < self._top:
            headings = [self._column_heading(number, width, y) for number, width in self._columns_shown()]
            return self._join(self._corner(y), headings, "row-heading")
        row = y - self._top + self.scroll_offset.y
        if row >= len(self.grid.rows):
            return self.blank()
        cells = [self._cell(row, column, width) for column, width in self._columns_shown()]
        return self._join(self._row_heading(row), cells, "row")

    def _join(self, left: Strip, parts: list[Strip], under: str) -> Strip:
        """Put the frozen part before the cells."""
        gap = Strip.blank(GAP, self.role_style("", under))
        spaced = [piece for part in parts for piece in (part, gap)]
        cells = Strip.join(spaced).adjust_cell_length(self._room, self.role_style("", under))
        return Strip.join([left, cells])

    def _corner(self, y: int) -> Strip:
        text = self.grid.corner if y == self._top - 1 else ""
        return self.strip((Span(f" {text}", "heading"),), self._left, "row-heading")

    def _column_heading(self, number: int, width: int, y: int) -> Strip:
        heading = self.grid.columns[number]
        text = heading.name if y == 0 else heading.detail
        role = "grid-heading-cursor" if number == self.cursor.x else "muted" if y else "heading"
        return self.strip((Span(fit(f" {text}", width), role),), width, "row-heading")

    def _row_heading(self, number: int) -> Strip:
        heading = self.grid.rows[number]
        here = number == self.cursor.y
        detail = f" {heading.detail} " if heading.detail else ""
        name = fit(heading.name, self._left - 2 - len(detail))
        untested = all(cell is None or cell.outcome == "untested" for cell in self.grid.cells[number])
        role = "grid-heading-cursor" if here else "muted" if untested else "strong"
        mark = Span("▸" if here else " ", "accent")
        return self.strip((mark, Span(name, role), Span(" " + detail, "muted")), self._left)

    def _cell(self, row: int, column: int, width: int) -> Strip:
        cell = self.grid.cells[row][column]
        here = Offset(column, row) == self.cursor
        if here:
            text = f"▸{GLYPHS[cell.outcome]}{cell.marks} {cell.counts}" if cell else "▸"
            return self.strip((Span(text),), width, "grid-cursor" if self.has_focus else "grid-cursor-blurred")
        if cell is None:
            return self.strip((), width)
        glyph = Span(GLYPHS[cell.outcome], cell.outcome.value)
        line = (Span(" "), glyph, Span(cell.marks, "warning"), Span(f" {cell.counts}"))
        return self.strip(line, width, f"cell-{cell.outcome}")


def _follow(before: tuple[Heading, ...], index: int, after: tuple[Heading, ...]) -> int:
    """Return where the heading that stood at `index` stands now; the same index where it is gone."""
    if index < len(before):
        key = before[index].key
        for number, heading in enumerate(after):
            if heading.key == key:
                return number
    return max(min(index, len(after) - 1), 0)
