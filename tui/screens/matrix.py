"""The matrix: every pair, or every message type of every pair, at one glance."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.widgets import Input

from hub.search.query import QueryError
from matrix.boards.pair import BoardView, Pair
from matrix.notes import Notes
from matrix.outcome import Outcome
from matrix.safe import safe
from tui.cell_filter import parse_for_cells
from tui.grid import (
    ANY,
    WRONG_ONLY,
    Arrangement,
    Cell,
    Heading,
    Sort,
    View,
    arrange,
    outcomes_to_choose,
    vacancy,
    versions_to_choose,
)
from tui.lines.line import Line, Span, width_of
from tui.lines.noted import marked
from tui.lines.text import counted, glyph, gravest_row, history_line, pair_name
from tui.reading.messages import Stage
from tui.reading.source import Source
from tui.reading.vocabulary import vocabulary
from tui.screens.base import DashboardScreen, following
from tui.screens.findings import FindingsScreen
from tui.screens.pair import PairScreen
from tui.widgets.bar import Bar
from tui.widgets.filter_input import FilterInput
from tui.widgets.grid_view import GridView
from tui.widgets.row_list import last_failure


class MatrixScreen(DashboardScreen):
    """The first screen. The arrangement is what the person chose; the grid shows it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", tooltip="Filter by a part of a name"),
        Binding("t", "turn", "Types", tooltip="By message type, or by station and CSMS"),
        Binding("s", "sort", "Sort", tooltip="Sort by name, gravity or last activity, in turn"),
        Binding("v", "version", "Version", tooltip="Only one OCPP version, in turn"),
        Binding("o", "outcome", "Outcome", tooltip="Only one outcome, in turn"),
        Binding("n", "next_wrong(1)", "Next ✗≠", tooltip="Next cell that went wrong"),
        Binding("N", "next_wrong(-1)", "Previous cell that went wrong", show=False),
        Binding("f", "findings", "Findings", tooltip="What to fix first: all findings by vendor and rule"),
        Binding("escape", "clear", "Clear the filter", show=False),
    ]

    def __init__(self, source: Source, **keywords: Any) -> None:
        super().__init__(source, **keywords)
        self.choice = Arrangement()

    def compose_body(self) -> ComposeResult:
        yield Bar(id="choice")
        yield GridView(id="grid")
        yield Bar(id="here")
        yield FilterInput(
            "station, CSMS, message type, outcome:failed … (S searches in messages)",
            words=lambda: vocabulary(self.board, self.source.verdicts),
            id="filter",
        )

    def on_mount(self) -> None:
        self.query_one(GridView).focus()

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_board(self) -> None:
        reading, notes = self.progress.stage is Stage.READING, self.source.verdicts.notes
        self.query_one(GridView).show(arrange(self.board, self.choice, notes=notes, reading=reading))
        bar = self.query_one("#choice", Bar)
        left, words = _choice_line(self.choice), _tally(self.board, in_words=True)
        fits = width_of(left) + width_of(words) < self.size.width
        bar.left, bar.right = left, words if fits else _tally(self.board, in_words=False)

    def _choose(self, choice: Arrangement) -> None:
        self.choice = choice
        self.show_board()

    @on(GridView.CursorMoved)
    def describe(self, event: GridView.CursorMoved) -> None:
        """Say in the bar what the cursor stands on."""
        pair = self.board.pair(event.cell.pair) if event.cell else None
        notes = self.source.verdicts.notes
        line = _description(pair, event.cell, notes) if pair and event.cell else self._vacancy()
        self.query_one("#here", Bar).left = line

    def _vacancy(self) -> Line:
        """Say why there is nothing where the cursor stands."""
        view = self.query_one(GridView)
        place = view.grid.place(view.cursor.y, view.cursor.x)
        if place is None:
            return ()
        everything = arrange(self.board, replace(self.choice, text="", version=ANY, outcome=ANY))
        hidden = self.choice.is_filtered and everything.cell_at(*place) is not None
        strange = self._are_strangers(*place)
        return (Span(f" {vacancy(self.choice.view, *place, hidden=hidden, strange=strange)}", "muted"),)

    def _are_strangers(self, row: Heading, column: Heading) -> bool:
        labels = {pair.station.label for pair in self.board.pairs if row.key == f"{pair.key.station}\0{pair.version}"}
        return any((label, column.key) in self.board.strangers for label in labels)

    # -- keys ---------------------------------------------------------------------------------------------------------

    @on(GridView.Chosen)
    def open_pair(self, event: GridView.Chosen) -> None:
        """Go into the pair of a cell."""
        self.go(PairScreen(self.source, event.cell.pair, event.cell.action))

    def action_filter(self) -> None:
        self.query_one(FilterInput).open()

    @on(Input.Changed)
    def filter_by_text(self, event: Input.Changed) -> None:
        """Arrange while the person types; by what was a filter last, where it is none yet."""
        try:
            parse_for_cells(event.value)
        except QueryError as exc:
            self.query_one("#here", Bar).left = (Span(f" {safe(str(exc))}", "warning"),)
        else:
            self._choose(replace(self.choice, text=event.value))

    @on(FilterInput.Closed)
    def leave_filter(self) -> None:
        """Go back to the grid."""
        self.query_one(GridView).focus()

    def action_turn(self) -> None:
        view = View.TYPES if self.choice.view is View.STATIONS else View.STATIONS
        grid = self.query_one(GridView)
        cell = grid.cell
        self._choose(replace(self.choice, view=view))
        pair = self.board.pair(cell.pair) if cell else None
        if pair is not None:
            grid.go_to_pair(pair.key, gravest_row(pair).action if view is View.TYPES else "")

    def action_sort(self) -> None:
        self.sort_by(following(list(Sort), self.choice.sort))

    def sort_by(self, sort: Sort) -> None:
        """Put the rows and columns into another order."""
        self._choose(replace(self.choice, sort=sort))

    def action_version(self) -> None:
        self._choose(replace(self.choice, version=following(versions_to_choose(self.board), self.choice.version)))

    def action_outcome(self) -> None:
        self.show_outcome(following(outcomes_to_choose(self.board), self.choice.outcome))

    def show_outcome(self, outcome: str) -> None:
        """Show only cells of an outcome; ANY for all, WRONG_ONLY for what went wrong."""
        self._choose(replace(self.choice, outcome=outcome))

    def action_findings(self) -> None:
        self.go(FindingsScreen(self.source))

    def action_next_wrong(self, step: int) -> None:
        self.query_one(GridView).action_next_wrong(step)

    def action_clear(self) -> None:
        self.query_one(FilterInput).close(clear=True)
        self._choose(replace(self.choice, text="", version=ANY, outcome=ANY))

    def commands(self) -> Iterable[SystemCommand]:
        """Offer the orders, the two views and the filters."""
        for sort in Sort:
            yield SystemCommand(f"Sort by {sort}", "The order of rows and columns", partial(self.sort_by, sort))
        yield SystemCommand("Turn the matrix", "Stations and CSMSes, or message types and pairs", self.action_turn)
        yield SystemCommand("Show what went wrong only", "Hide all other cells", partial(self.show_outcome, WRONG_ONLY))
        yield SystemCommand("Show everything", "Clear the filter", self.action_clear)


def _choice_line(choice: Arrangement) -> Line:
    spans = [Span(f" {choice.view}", "strong"), Span(f" by {choice.sort}", "muted")]
    if choice.text:
        spans += [Span("  filter ", "muted"), Span(safe(choice.text), "accent")]
    if choice.version:
        spans += [Span("  version ", "muted"), Span(safe(choice.version), "accent")]
    if choice.outcome:
        spans += [Span("  only ", "muted"), Span(choice.outcome, "accent")]
    if choice.is_filtered:
        spans.append(Span("  esc clears", "muted"))
    return tuple(spans)


def _tally(board: BoardView, *, in_words: bool) -> Line:
    """Count pairs by outcome; in words, this is the legend too."""
    counts = Counter(pair.outcome for pair in board.pairs)
    return (*counted(counts, in_words=in_words), Span(" "))


def _description(pair: Pair, cell: Cell, notes: Notes) -> Line:
    row = pair.row(cell.action) if cell.action else gravest_row(pair)
    said = notes.of_cell(pair, cell.action) if cell.action else notes.of_pair(pair)
    firmware = f" firmware {safe(pair.station.firmware, 30)}" if pair.station.firmware else ""
    sessions = f"{len(pair.sessions)} session" + ("s" if len(pair.sessions) > 1 else "")
    spans = [
        Span(f" {pair_name(pair)}", "strong"),
        Span(f"  OCPP {safe(pair.version)}{firmware} · {sessions}, {pair.open_sessions} open  ", "muted"),
        glyph(cell.outcome),
        Span(f" {cell.outcome}", cell.outcome.value),
    ]
    if cell.action or cell.outcome is not Outcome.PASSED:
        spans += [
            Span("  "),
            Span(f"{safe(row.action)} ", "accent"),
            *counted(row.counts),
            Span("  "),
            last_failure(row),
            *((Span("  "), *history_line(row)) if row.changes.changes else ()),
        ]
    return (*spans, *marked(said))
