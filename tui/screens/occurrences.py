"""Where a rule found something: each frame, by station and CSMS; Enter goes there."""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hub.evidence.reference import Reference
from tui.fixing import Group
from tui.lines.blaming import finding_line
from tui.lines.line import Line, Span
from tui.lines.noted import marked
from tui.lines.text import counted_noun
from tui.reading.source import Source
from tui.reading.tallies import Tally
from tui.screens.base import DashboardScreen
from tui.screens.evidencing import EVIDENCING, put_together
from tui.screens.rule import RuleScreen
from tui.screens.session import SessionScreen
from tui.widgets.bar import Bar
from tui.widgets.line_list import LineList
from tui.widgets.occurrence_list import OccurrenceList, notes_at


class OccurrencesScreen(DashboardScreen):
    """The findings of a group as it was when it was opened: lines that come later are counted, not put in between.

    From another moment, those of the same stations that had been made then.
    """

    CSS_PATH = "findings.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "rule", "Rule", tooltip="Explain the rule"),
        *EVIDENCING,
        Binding("escape,backspace", "app.pop_screen", "Back", tooltip="Back to what to fix first"),
    ]

    def __init__(self, source: Source, group: Group, **keywords: Any) -> None:
        super().__init__(source, **keywords)
        self.group = group
        self._shown_at = source.verdicts.vantage.mark

    def compose_body(self) -> ComposeResult:
        yield Bar(id="choice")
        yield OccurrenceList(self.group, self.source.verdicts, id="occurrences")
        yield Bar(id="here")

    def on_mount(self) -> None:
        self.query_one(OccurrenceList).focus()

    def show_board(self) -> None:
        listed, vantage = self.query_one(OccurrenceList), self.source.verdicts.vantage
        if vantage.mark != self._shown_at:
            self._shown_at = vantage.mark
            listed.show(self._tallies())
        more = sum(map(len, self._tallies())) - listed.length if vantage.is_now else 0
        bar = self.query_one("#choice", Bar)
        bar.left = self._title()
        bar.right = (Span(f"{counted_noun(more, 'time')} more since ", "accent"),) if more else ()
        self.describe()

    def _tallies(self) -> list[Tally]:
        """Return the group's tallies as they were at the moment."""
        keys = {tally.key for tally in self.group.tallies}
        return [tally for tally in self.source.verdicts.tallies.all() if tally.key in keys]

    def _title(self) -> Line:
        group = self.group
        return (
            Span(f" {group.rule}", "accent"), Span(f"  {group.severity}", group.severity.value),
            Span(f"  {group.vendor.label}", "strong"), Span(f"  {group.sentence}", "muted"),
        )  # fmt: skip

    @on(LineList.CursorMoved, "#occurrences")
    def describe(self) -> None:
        """Say in the bar all of what was found, who contests it, and what the other products do."""
        listed = self.query_one(OccurrenceList)
        if not listed.length:
            self.query_one("#here", Bar).left = (Span(" it had not been found yet at this moment", "muted"),)
            return
        found = listed.occurrence(listed.cursor)
        contested = marked(notes_at(self.source.verdicts, self.group.rule, found))
        said = finding_line(self.source.verdicts, self.group.rule, found)
        self.query_one("#here", Bar).left = (*contested, Span("  " if contested else " "), *said)

    @on(LineList.Chosen, "#occurrences")
    def open_frame(self, event: LineList.Chosen) -> None:
        """Go to the frame that shows it; to the handshake where that is what shows it."""
        found = self.query_one(OccurrenceList).occurrence(event.index)
        self.go(SessionScreen(self.source, found.session, found.frame, handshake=found.frame is None))

    def action_evidence(self) -> None:
        listed = self.query_one(OccurrenceList)
        found = listed.occurrence(listed.cursor)
        put_together(self, Reference(self.group.rule, found.session, found.frame or 0))

    def action_rule(self) -> None:
        self.app.push_screen(RuleScreen([self.group.rule], self.source.policy))
