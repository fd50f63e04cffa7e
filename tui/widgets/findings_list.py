"""What to fix first, line by line: a vendor, then its rules."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from matrix.finding import Severity
from matrix.safe import safe
from tui.fixing import Crashed, Entry, Graded, Group, Heading, Question
from tui.lines.line import Line, Span
from tui.lines.text import SEVERITY_GLYPHS, clock_time, counted_noun
from tui.widgets.line_list import LineList

WIDE: Final = 100
"""Cells from which on there is room for when something was seen first."""
QUESTION: Final = "§"
"""Stands before a question to the standard."""


class FindingsList(LineList):
    """Shows entries. The cursor stays on its entry, wherever it moves, when others are set."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"station", "csms"}

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.entries: Sequence[Entry] = ()

    @property
    def entry(self) -> Entry | None:
        """The entry of the cursor."""
        return self.entries[self.cursor] if self.entries else None

    def show(self, entries: Sequence[Entry]) -> None:
        """Show other entries."""
        before = self.entry
        self.entries = entries
        self.set_length(len(entries))
        if before is not None:
            self.cursor = next((place for place, each in enumerate(entries) if each.key == before.key), self.cursor)

    def heading(self, width: int) -> Line | None:
        first = f"{'first seen':<12}" if width >= WIDE else ""
        return (Span(f"   rule       pairs   times sessions  {first}last seen  what the standard asks", "heading"),)

    def line_at(self, index: int, width: int) -> Line:
        match self.entries[index]:
            case Heading() as heading:
                return _heading(heading)
            case Graded(regrade):
                return (Span(f" {regrade.in_words}", "muted"),)
            case Crashed() as crashed:
                return (Span(f" {safe(crashed.in_words)}", "broken"),)
            case Question() as question:
                return _question(question)
            case Group() as group:
                return _group(group, width)


def _heading(heading: Heading) -> Line:
    found = [f"{number} {severity}s" if number > 1 else f"{number} {severity}" for severity, number in _counts(heading)]
    broken = f", broken in {counted_noun(heading.pairs, 'pair')}" if heading.pairs else ""
    return (Span(heading.vendor.label, heading.vendor.side.value), Span(f"  {', '.join(found)}{broken}", "muted"))


def _counts(heading: Heading) -> list[tuple[str, int]]:
    words = {Severity.INFO: "remark"}
    return [(words.get(severity, severity.value), number) for severity, number in heading.counts.items() if number]


def _group(group: Group, width: int) -> Line:
    first = f"{clock_time(group.first_at):<12}" if width >= WIDE else ""
    return (
        Span(f" {SEVERITY_GLYPHS[group.severity]} ", group.severity.value),
        Span(f"{group.rule:<9}", "accent"),
        Span(f"{len(group.pairs):>7}{group.count:>8}{group.sessions:>9}  "),
        Span(f"{first}{clock_time(group.last_at):<11}", "muted"),
        Span(group.sentence, "strong" if group.severity is Severity.VIOLATION else ""),
    )


def _question(question: Question) -> Line:
    candidate = question.candidate
    return (
        Span(f" {QUESTION} ", "accent"),
        Span(f"{question.rule:<9}", "accent"),
        Span(safe(f"{candidate.deviation.action} {candidate.deviation.pointer}".rstrip(), 60), "strong"),
        Span(f"  {candidate.question}"),
    )
