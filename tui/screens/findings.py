"""What to fix first: everything that was found, by vendor and rule; Enter goes to where it happened."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.widgets import Input

from matrix.boards.pair import Pair, PairKey
from matrix.safe import safe
from tui.fixing import EVERYONE, GRAVEST_FIRST, Crashed, Graded, Group, Heading, Question, Wanted, entries, vendors
from tui.lines.blaming import finding_line
from tui.lines.line import Line, Span
from tui.lines.text import counted_noun, date_and_time
from tui.reading.messages import Stage
from tui.reading.source import Source
from tui.screens.base import DashboardScreen, following
from tui.screens.occurrences import OccurrencesScreen
from tui.screens.question import QuestionScreen
from tui.screens.rule import RuleScreen
from tui.widgets.bar import Bar
from tui.widgets.filter_input import FilterInput
from tui.widgets.findings_list import FindingsList
from tui.widgets.line_list import LineList

_CHOOSE: Final = Span("  enter shows whose, and where", "muted")


class FindingsScreen(DashboardScreen):
    """Everybody's findings, or with `pair` only those of one pair."""

    CSS_PATH = "findings.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", tooltip="Filter by vendor, rule, or a word of what the rule asks"),
        Binding("v", "vendor", "Vendor", tooltip="Only one vendor, in turn"),
        Binding("s", "severity", "Severity", tooltip="Only violations, warnings or remarks, in turn"),
        Binding("r", "rule", "Rule", tooltip="Explain the rule"),
        Binding(
            "escape,backspace", "back", "Back", tooltip="Clear the filter; where there is none, go back"
        ),
    ]  # fmt: skip

    def __init__(self, source: Source, pair: PairKey | None = None, **keywords: Any) -> None:
        super().__init__(source, **keywords)
        self.wanted = Wanted(pair=pair)
        self._shown: object = None

    def compose_body(self) -> ComposeResult:
        yield Bar(id="choice")
        yield FindingsList(id="findings")
        yield Bar(id="here")
        yield FilterInput("vendor, rule, or a word of what it asks …", id="filter")

    def on_mount(self) -> None:
        self.query_one(FindingsList).focus()

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_board(self) -> None:
        tallies = self.source.verdicts.tallies
        hearing = self.source.verdicts.hearing
        crashes = self.source.verdicts.crashes
        known = tallies, tallies.count, len(crashes)
        state = (*known, self.board.pairs, self.wanted, self.progress.stage, hearing.recalled_at)
        if state == self._shown:
            return
        self._shown = state
        listed = self.query_one(FindingsList)
        listed.empty = self._vacancy()
        questions = () if self.wanted.pair else hearing.errata()
        pair = self._pair
        wanted = replace(self.wanted, pair=pair.key) if pair else self.wanted
        listed.show(entries(tallies.all(), self.board, self.source.policy, wanted, questions, crashes))
        self.query_one("#choice", Bar).left = self._choice_line()
        self.describe()

    @property
    def _pair(self) -> Pair | None:
        """The pair that is wanted, by the name that it has on the board."""
        if self.wanted.pair is None:
            return None
        return self.board.pair_of(self.wanted.pair, self.sessions_in_view or ())

    @property
    def sessions_in_view(self) -> frozenset[int] | None:
        """All sessions of the pair, if it is about one."""
        if self.wanted.pair is None:
            return None
        latest = (self.when.latest if self.when else self.board).pair(self.wanted.pair)
        return frozenset(latest.sessions if latest else ())

    def _vacancy(self) -> str:
        if self.wanted.is_filter:
            return "nothing that the filter lets through"
        return "reading …" if self.progress.stage is Stage.READING else "nothing was found: no rule was broken"

    def _choice_line(self) -> Line:
        whose = self._pair
        spans = [Span(" what to fix first", "strong")]
        if whose is not None:
            spans.append(Span(f"  {safe(whose.station.label)} with {safe(whose.csms)}", "muted"))
        for name, value in (("filter", self.wanted.text), ("only", self.wanted.vendor), ("only", self.wanted.severity)):
            if value:
                spans += [Span(f"  {name} ", "muted"), Span(safe(value), "accent")]
        if self.wanted.is_filter:
            spans.append(Span("  esc clears", "muted"))
        return tuple(spans)

    @on(LineList.CursorMoved, "#findings")
    def describe(self) -> None:
        """Say in the bar what the cursor stands on."""
        match self.query_one(FindingsList).entry:
            case Group() as group:
                line = self._description(group)
            case Heading() as heading:
                line = (Span(f" {heading.vendor.label}: enter shows this vendor only", "muted"),)
            case Question(candidate):
                line = (Span(" question to the standard: ", "muted"), Span(candidate.question), _CHOOSE)
            case _:
                line = ()
        self.query_one("#here", Bar).left = line

    def _description(self, group: Group) -> Line:
        seen = f"seen {date_and_time(group.first_at)} to {date_and_time(group.last_at)}"
        facts = f"{counted_noun(group.count, 'time')} in {counted_noun(group.sessions, 'session')}, {seen}"
        return (
            Span(f" {group.rule} ", "accent"), Span(facts, "muted"),
            Span(f"  last: #{group.latest.session} ", "muted"),
            *finding_line(self.source.verdicts, group.rule, group.latest),
        )  # fmt: skip

    # -- keys ---------------------------------------------------------------------------------------------------------

    def want(self, wanted: Wanted) -> None:
        """Show what another filter lets through, from its beginning."""
        self.wanted = wanted
        self.show_board()
        self.query_one(FindingsList).go_to(0)

    @on(LineList.Chosen, "#findings")
    def open_entry(self) -> None:
        """Go to where a rule found something; to a vendor alone; to who shares a deviation; to a graded rule."""
        match self.query_one(FindingsList).entry:
            case Group() as group:
                self.go(OccurrencesScreen(self.source, group))
            case Heading() as heading:
                self.want(replace(self.wanted, vendor="" if self.wanted.vendor else heading.vendor.label))
            case Question(candidate):
                self.app.push_screen(QuestionScreen(candidate))
            case Crashed() | Graded():
                self.action_rule()

    def action_filter(self) -> None:
        self.query_one(FilterInput).open()

    @on(Input.Changed)
    def filter_by_text(self, event: Input.Changed) -> None:
        """Filter while the person types."""
        self.want(replace(self.wanted, text=event.value))

    @on(FilterInput.Closed)
    def leave_filter(self) -> None:
        """Go back to the list."""
        self.query_one(FindingsList).focus()

    def action_vendor(self) -> None:
        names = [EVERYONE, *vendors(self.source.verdicts.tallies.all(), self.board, self.wanted)]
        self.want(replace(self.wanted, vendor=following(names, self.wanted.vendor)))

    def action_severity(self) -> None:
        self.show_severity(following(["", *GRAVEST_FIRST], self.wanted.severity))

    def show_severity(self, severity: str) -> None:
        """Show only findings of a severity; "" for all."""
        self.want(replace(self.wanted, severity=severity))

    def action_rule(self) -> None:
        match self.query_one(FindingsList).entry:
            case Group() | Question() as entry:
                self.app.push_screen(RuleScreen([entry.rule], self.source.policy))
            case Graded(regrade):
                self.app.push_screen(RuleScreen([regrade.rule], self.source.policy))
            case Crashed() as crashed:
                self.app.push_screen(RuleScreen([crashed.rule], self.source.policy, [crashed.first]))
            case _:
                self.notify("no rule stands here", markup=False)

    def action_back(self) -> None:
        if self.wanted.is_filter:
            self.query_one(FilterInput).close(clear=True)
            self.want(Wanted(pair=self.wanted.pair))
        else:
            self.app.pop_screen()

    def commands(self) -> Iterable[SystemCommand]:
        """Offer the filters by severity."""
        for severity in GRAVEST_FIRST:
            show = partial(self.show_severity, severity)
            yield SystemCommand(f"Show {severity} findings only", "Hide all others", show)
