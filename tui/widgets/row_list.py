"""The message types of a pair, one line each."""

from typing import Any

from matrix.board import Row
from matrix.outcome import WRONG, Outcome
from matrix.safe import safe
from tui.line import Line, Span, fit
from tui.text import INITIATOR_ARROWS, duration, glyph
from tui.widgets.line_list import LineList


class RowList(LineList):
    """Shows the rows of a pair; those that were never seen are dimmed."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.rows: tuple[Row, ...] = ()

    def show(self, rows: tuple[Row, ...]) -> None:
        """Show other rows, or the same with other figures."""
        action = self.row.action if self.row else ""
        self.rows = rows
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
        name = fit("message type", _name_width(width))
        figures = f"{'outcome':<15}{'passed':>9}{'p50':>9}{'p95':>9}  "
        return (Span(f"   {name} {figures}last failure", "heading"),)

    def line_at(self, index: int, width: int) -> Line:
        row = self.rows[index]
        role = "muted" if row.outcome is Outcome.UNTESTED else "strong"
        figures = f"{_counts(row):>9}{_ms(row.p50_ms):>9}{_ms(row.p95_ms):>9}  "
        return (
            Span(f"{INITIATOR_ARROWS.get(row.initiators, ' ')} ", "accent" if role == "strong" else "muted"),
            Span(fit(safe(row.action), _name_width(width)) + " ", role),
            glyph(row.outcome),
            Span(f" {row.outcome:<13}", row.outcome.value),
            Span(figures, "" if role == "strong" else "muted"),
            last_failure(row),
        )


def last_failure(row: Row) -> Span:
    """Return the last failure of a row in words; where the row is well again, as what was earlier."""
    if row.evidence is not None:
        return Span(safe(row.evidence.text))
    earlier = next((step.evidence for step in reversed(row.history) if step.evidence), None)
    return Span(f"earlier: {safe(earlier.text)}", "muted") if earlier else Span("")


def _name_width(width: int) -> int:
    return 22 if width < 100 else 32


def _counts(row: Row) -> str:
    return f"{row.passed}/{row.total}" if row.total else ""


def _ms(value: float | None) -> str:
    return duration(value) if value is not None else ""
