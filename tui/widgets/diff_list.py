"""Two conversations in two columns, turn by turn; what differs is marked at its left."""

from typing import Any, ClassVar, Final

from matrix.comparing.diff import Row
from matrix.comparing.turns import Turn
from matrix.safe import safe
from tui.lines.diff_lines import ROLES_OF, SIGNS, when
from tui.lines.line import Line, Span, fit
from tui.lines.text import ARROWS
from tui.widgets.line_list import LineList

TIME: Final = 12
"""Cells of a time with milliseconds."""


class DiffList(LineList):
    """Shows rows; `only_differing` leaves out those that are the same."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"station", "csms"}

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._all: tuple[Row, ...] = ()
        self.rows: tuple[Row, ...] = ()
        self.names = ("", "")
        self.only_differing = False

    def show(self, rows: tuple[Row, ...], names: tuple[str, str]) -> None:
        """Show other rows, under the names of the two sessions."""
        self._all, self.names = rows, names
        self._choose()
        self.go_to(0)

    def filter(self, *, only_differing: bool) -> None:
        """Leave out what is the same, or not; the cursor stays on its row, or on the next that is left."""
        here = self.row
        self.only_differing = only_differing
        self._choose()
        if here is not None:
            later = {id(row) for row in self._all[self._all.index(here) :]}
            self.go_to(next((place for place, row in enumerate(self.rows) if id(row) in later), 0))

    def _choose(self) -> None:
        self.rows = tuple(row for row in self._all if row.differs or not self.only_differing)
        self.empty = "nothing was said" if not self._all else "nothing differs: h shows what is the same"
        self.set_length(len(self.rows))

    @property
    def row(self) -> Row | None:
        """The row of the cursor; None where there is none."""
        return self.rows[self.cursor] if self.rows else None

    def next_difference(self, step: int) -> bool:
        """Go to the next row that differs, or (-1) the one before; return whether there is one."""
        places = [place for place, row in enumerate(self.rows) if row.differs]
        if step < 0:
            places = [place for place in reversed(places) if place < self.cursor]
        else:
            places = [place for place in places if place > self.cursor]
        if places:
            self.go_to(places[0])
        return bool(places)

    def heading(self, width: int) -> Line | None:
        room = _room(width)
        return tuple(Span(f"  {fit(safe(name), room - 1)} ", "heading") for name in self.names)

    def line_at(self, index: int, width: int) -> Line:
        row = self.rows[index]
        room = _room(width)
        return (
            Span(f"{SIGNS[row.kind]} ", ROLES_OF[row.kind]),
            *_column(row, row.before, room),
            Span("│ ", "muted"),
            *_column(row, row.after, room),
        )


def _room(width: int) -> int:
    return max((width - 4) // 2, 20)


def _column(row: Row, turn: Turn | None, room: int) -> Line:
    if turn is None:
        return (Span(" " * room),)
    name = safe(turn.name, 80) + ("" if turn.answer is not None or not turn.action else "  (no answer)")
    return (
        Span(when(turn), "muted"),
        Span(f" {ARROWS[turn.side]} ", turn.side.value),
        Span(fit(name, room - TIME - 3), ROLES_OF[row.kind] if row.differs else ""),
    )
