"""One pair: what each message type came to, and the sessions it is known from."""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from matrix.boards.pair import CONNECT, FRAMING, Evidence, Pair, PairKey, Row
from matrix.notes import NO_NOTES
from matrix.outcome import GRAVITY, Outcome
from matrix.safe import safe
from matrix.trace import Session
from tui.lines.blaming import blamed
from tui.lines.line import Line, Span
from tui.lines.noted import marked
from tui.lines.text import counted, glyph, gravest_row, history_line, pair_name
from tui.reading.source import Source
from tui.screens.comparing import COMPARING, MARKING, ComparingScreen
from tui.screens.contesting import CONTESTING, Place
from tui.screens.disturbing import DISTURBING
from tui.screens.findings import FindingsScreen
from tui.screens.moving import MOVING, MovingScreen
from tui.screens.session import SessionScreen
from tui.widgets.bar import Bar
from tui.widgets.history_list import HistoryList, steps
from tui.widgets.line_list import LineList
from tui.widgets.row_list import RowList, last_failure


class PairScreen(ComparingScreen, MovingScreen):
    """Starts on a message type, or on the gravest one; Enter goes to what shows its outcome."""

    CSS_PATH = "pair.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort", tooltip="Sort as exercised, or the gravest first"),
        Binding("n", "next_wrong(1)", "Next ✗≠", tooltip="Next message type that went wrong"),
        Binding("N", "next_wrong(-1)", "Previous message type that went wrong", show=False),
        Binding("tab", "app.focus_next", "History", tooltip="To the history of the message type, and back"),
        Binding("f", "findings", "Findings", tooltip="What to fix first in this pair: its findings by rule"),
        *COMPARING,
        *MARKING,
        *CONTESTING,
        *DISTURBING,
        *MOVING,
        Binding("escape,backspace", "app.pop_screen", "Back", tooltip="Back to the matrix"),
    ]

    def __init__(self, source: Source, key: PairKey, action: str = "", **keywords: Any) -> None:
        super().__init__(source, **keywords)
        self._key = key
        self._action = action
        self._by_gravity = False
        self._pair: Pair | None = None
        self._is_absent = False
        self._notes = NO_NOTES

    def compose_body(self) -> ComposeResult:
        yield Bar(id="title")
        yield RowList(id="rows")
        yield Bar(id="here")
        yield HistoryList(self.source.verdicts.of, id="history")

    def on_mount(self) -> None:
        self.query_one(RowList).focus()

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_board(self) -> None:
        self.query_one(HistoryList).refresh()
        pair, notes = self._find(), self.source.verdicts.notes
        if pair is None:
            self._show_absence()
        if pair is None or (pair is self._pair and notes is self._notes and not self._is_absent):
            return
        self._is_absent = False
        first, self._pair, self._key, self._notes = self._pair is None, pair, pair.key, notes
        rows = self.query_one(RowList)
        self._show_rows()
        if first:
            rows.go_to_action(self._action or gravest_row(pair).action)
        self.query_one("#title", Bar).left = (*_title(pair), *marked(notes.of_cell(pair, "")))
        self._describe()

    def _show_absence(self) -> None:
        """Show that there was nothing of the pair yet, where one looks back."""
        if self._pair is None or self._is_absent:
            return
        self._is_absent = True
        self.query_one("#title", Bar).left = (
            Span(f" {pair_name(self._pair)}", "strong"), Span("  had not met yet at this moment", "muted"),
        )  # fmt: skip
        self.query_one("#here", Bar).left = ()
        self.query_one(RowList).show((), ())
        self.query_one(HistoryList).show((), "")

    def _show_rows(self) -> None:
        if self._pair is not None:
            contested = self._notes.contested(self._pair)
            self.query_one(RowList).show(_ordered(self._pair, by_gravity=self._by_gravity), contested)

    def _find(self) -> Pair | None:
        """Find the pair on the board; one that was named by identity may have become a product meanwhile."""
        return self.board.pair_of(self._key, self._pair.sessions if self._pair else ())

    @property
    def sessions_in_view(self) -> frozenset[int]:
        """All sessions of the pair, also those that come after the moment from which one looks."""
        mine = self._pair.sessions if self._pair else ()
        latest = self.when.latest.pair_of(self._key, mine) if self.when else None
        return frozenset(latest.sessions if latest else mine)

    @property
    def _unseen(self) -> str:
        return "not seen by then" if self.when is not None and self.when.is_back else "never seen"

    @on(LineList.CursorMoved, "#rows")
    def _describe(self) -> None:
        row = self.query_one(RowList).row
        if row is None or self._pair is None:
            return
        contested = marked(self._notes.of_cell(self._pair, row.action))
        self.query_one("#here", Bar).left = (*_description(row, self._unseen), *contested)
        self.query_one(HistoryList).show(steps(self._pair, row.action), row.action)

    # -- keys ---------------------------------------------------------------------------------------------------------

    @on(LineList.Chosen, "#rows")
    def open_evidence(self) -> None:
        """Go to the frame that shows the outcome of a message type, or to where it was last seen."""
        row = self.query_one(RowList).row
        if row is None or not row.history:
            name = safe(row.action) if row else "nothing"
            self.notify(f"{name} was {self._unseen} for this pair", severity="information", markup=False)
            return
        self._open(row.history[-1].session, row.evidence, row.action)

    @on(LineList.Chosen, "#history")
    def open_session(self, event: LineList.Chosen) -> None:
        """Go into a session of the history."""
        step = self.query_one(HistoryList).steps[event.index]
        row = self.query_one(RowList).row
        self._open(step.session, step.evidence, row.action if row and step.of_action else "")

    def _open(self, session: int, evidence: Evidence | None, action: str) -> None:
        if evidence is not None:
            screen = SessionScreen(self.source, evidence.session, evidence.frame, handshake=evidence.frame is None)
        else:
            frame = self.source.verdicts.of(session).last_call(action)
            screen = SessionScreen(self.source, session, frame, handshake=action == CONNECT)
        self.go(screen)

    @property
    def session_to_disturb(self) -> Session | None:
        history = self.query_one(HistoryList)
        sessions = [self.source.verdicts.of(step.session).session for step in history.steps]
        if history.has_focus and sessions:
            return sessions[history.cursor]
        return next((session for session in sessions if session and session.is_open), None)

    @property
    def session_to_compare(self) -> Session | None:
        history = self.query_one(HistoryList)
        return self.source.verdicts.of(history.steps[history.cursor].session).session if history.steps else None

    @property
    def station_to_move(self) -> str | None:
        sessions = [self.source.verdicts.of(step.session).session for step in self.query_one(HistoryList).steps]
        known = [session for session in sessions if session is not None]
        latest = max(known, key=lambda each: (each.is_open, each.id), default=None)
        return latest.identity if latest is not None else None

    def action_findings(self) -> None:
        self.go(FindingsScreen(self.source, self._key))

    @property
    def cell_to_contest(self) -> Place | None:
        row = self.query_one(RowList).row
        if self._pair is None or row is None:
            return None
        notes = self._notes.of_cell(self._pair, row.action)
        if row.evidence is not None:
            return Place(row.evidence.session, row.action, row.evidence.frame, notes)
        return Place(row.history[-1].session if row.history else self._pair.sessions[-1], row.action, None, notes)

    def action_sort(self) -> None:
        self._by_gravity = not self._by_gravity
        self._show_rows()

    def action_next_wrong(self, step: int) -> None:
        self.query_one(RowList).next_wrong(step)


def _ordered(pair: Pair, *, by_gravity: bool) -> tuple[Row, ...]:
    """Put the connection first, then what was exercised, then the rest; or the gravest first."""
    if by_gravity:
        return tuple(sorted(pair.rows, key=lambda row: -GRAVITY.index(row.outcome)))
    return tuple(
        sorted(pair.rows, key=lambda row: (row.action not in (CONNECT, FRAMING), row.outcome is Outcome.UNTESTED))
    )


def _title(pair: Pair) -> Line:
    facts = [f"OCPP {safe(pair.version)}"]
    if pair.station.firmware:
        facts.append(f"firmware {safe(pair.station.firmware, 30)}")
    if pair.station.is_known:
        facts.append(safe(pair.station.identity, 30))
    return (
        Span(f" {pair_name(pair)}", "strong"),
        Span("  "),
        glyph(pair.outcome),
        Span(f" {pair.outcome} {pair.passed}/{pair.tested}", pair.outcome.value),
        Span("  " + " · ".join(facts), "muted"),
    )


def _description(row: Row, unseen: str) -> Line:
    role = "muted" if row.outcome is Outcome.UNTESTED else "strong"
    name = (Span(f" {safe(row.action)}  ", role), glyph(row.outcome), Span(f" {row.outcome}", row.outcome.value))
    if not row.total:
        return (*name, Span(f"  {unseen} for this pair", "muted"))
    counts = (Span("  "), *counted(row.counts), Span("  "))
    return (*name, *counts, *history_line(row), Span("  "), *_blame(row.evidence), last_failure(row))


def _blame(evidence: Evidence | None) -> Line:
    blame = evidence.blame if evidence else None
    return (Span("blame: ", "muted"), Span(blamed(blame), "strong"), Span("  ")) if blame else ()
