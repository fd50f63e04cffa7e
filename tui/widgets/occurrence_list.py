"""The occurrences of a rule's findings: any number of them, each looked up when its line is drawn."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from matrix.notes import Note, about_frame
from matrix.safe import safe
from tui.fixing import Group
from tui.lines.line import Line, Span, fit
from tui.lines.text import CONTESTED, clock_time
from tui.reading.tallies import Occurrence, Tally
from tui.reading.verdicts import Verdicts
from tui.widgets.line_list import LineList


class OccurrenceList(LineList):
    """Shows a group as it was when this was made, one tally after the other."""

    def __init__(self, group: Group, verdicts: Verdicts, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._rule = group.rule
        self._verdicts = verdicts
        self._arrange(group.tallies)

    def on_mount(self) -> None:
        self.set_length(self._starts[-1])

    def show(self, tallies: Iterable[Tally]) -> None:
        """Show the occurrences of other tallies."""
        self._arrange(tallies)
        self.set_length(self._starts[-1])
        self.refresh()

    def _arrange(self, tallies: Iterable[Tally]) -> None:
        self._tallies = sorted(tallies, key=lambda tally: (tally.key.identity, tally.key.csms))
        self._starts = [0, *accumulate(map(len, self._tallies))]

    def occurrence(self, index: int) -> Occurrence:
        """Return what a line stands for."""
        tally, place = self._find(index)
        return tally[place]

    def _find(self, index: int) -> tuple[Tally, int]:
        number = bisect_right(self._starts, index) - 1
        return self._tallies[number], index - self._starts[number]

    def heading(self, width: int) -> Line | None:
        del width
        return (Span(f"   session  frame     at        {'station':<18} {'CSMS':<12} what", "heading"),)

    def line_at(self, index: int, width: int) -> Line:
        del width
        tally, place = self._find(index)
        found = tally[place]
        finding = self._verdicts.finding_at(self._rule, found)
        is_contested = any(note.is_open for note in notes_at(self._verdicts, self._rule, found))
        return (
            Span(f" {CONTESTED if is_contested else ' '}", "warning"),
            Span(f"#{found.session:<7}", "strong"),
            Span(f"{found.frame or 'handshake':<10}"),
            Span(f"{clock_time(found.at):<10}", "muted"),
            Span(f"{fit(safe(tally.key.identity, 40), 18)} {fit(safe(tally.key.csms, 40), 12)} ", "accent"),
            Span(safe(finding.text, 400) if finding else ""),
        )


def notes_at(verdicts: Verdicts, rule: str, occurrence: Occurrence) -> tuple[Note, ...]:
    """Return what people said about the frame of a finding, or about its message type in that session."""
    finding = verdicts.finding_at(rule, occurrence)
    return (
        about_frame(verdicts.notes.of_session(occurrence.session), occurrence.frame, finding.action) if finding else ()
    )
