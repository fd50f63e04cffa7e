"""The message types of a pair, one line each."""

from collections.abc import Collection
from typing import Any, Final

from matrix.boards.pair import Row
from matrix.outcome import WRONG, Outcome
from matrix.safe import safe
from tui.lines.line import Line, Span, fit
from tui.lines.text import INITIATOR_ARROWS, STRIP, duration, glyph, row_marks, strip_of
from tui.widgets.line_list import LineList

WIDE: Final = 110
"""Columns from which on the latest outcomes have a column of their own."""


class RowList(LineList):
    """Shows the rows of a pair; those that were never seen are dimmed."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.rows: tuple[Row, ...] = ()
        self._contested: Collection[str] = ()

    def show(self, rows: tuple[Row, ...], contested: Collection[str]) -> None:
        """Show other rows, or the same with other figures; `contested` are message types that somebody contests."""
        action = self.row.action if self.row else ""
        self.rows, self._contested = rows, contested
        self.set_length(len(rows))
        self.go_to_action(action)

    @property
    def row(self) -> Row | None:
        """The row of the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def go_to_action(self, action: str) -> None:
        """Put the cursor on a message type, if it is there."""
        for index, row in enumerate(self.rows):
            if row.action == action:
                self.go_to(index)

    def next_wrong(self, step: int) -> None:
        """Move to the next (or, with -1, the previous) row that went wrong, around the end."""
        for distance in range(1, len(self.rows) + 1):
            index = (self.cursor + step * distance) % len(self.rows)
            if self.rows[index].outcome in WRONG:
                self.go_to(index)
                return

    def heading(self, width: int) -> Line | None:
        width -= 1  # as a line has it, beside the mark of the cursor
        name = fit("message type", _name_width(width))
        figures = f"{'outcome':<16}{'passed':>8}{'p50':>9}{'p95':>9}  "
        latest = fit("latest", STRIP + 2) if width >= WIDE else ""
        return (Span(f"   {name} {figures}{latest}last failure", "heading"),)

    def line_at(self, index: int, width: int) -> Line:
        row = self.rows[index]
        role = "muted" if row.outcome is Outcome.UNTESTED else "strong"
        figures = f"{_counts(row):>8}{_ms(row.p50_ms):>9}{_ms(row.p95_ms):>9}  "
        return (
            Span(f"{INITIATOR_ARROWS.get(row.initiators, ' ')} ", "accent" if role == "strong" else "muted"),
            Span(fit(safe(row.action), _name_width(width)) + " ", role),
            glyph(row.outcome),
            Span(f" {row.outcome:<12}", row.outcome.value),
            Span(f"{row_marks(row, self._contested):<2}", "warning"),
            Span(figures, "" if role == "strong" else "muted"),
            *(_strip(row) if width >= WIDE else ()),
            last_failure(row),
        )


def last_failure(row: Row) -> Span:
    """Return the last failure of a row in words; where the row is well again, as what was earlier."""
    if row.evidence is not None:
        return Span(safe(row.evidence.text))
    earlier = next((step.evidence for step in reversed(row.history) if step.evidence), None)
    return Span(f"earlier: {safe(earlier.text)}", "muted") if earlier else Span("")


def _strip(row: Row) -> Line:
    shown = strip_of(row)
    return (*shown, Span(" " * (STRIP + 2 - len(shown))))


def _name_width(width: int) -> int:
    return 22 if width < 100 else 32


def _counts(row: Row) -> str:
    return f"{row.passed}/{row.total}" if row.total else ""


def _ms(value: float | None) -> str:
    return duration(value) if value is not None else ""
