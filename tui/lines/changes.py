"""What became of verdicts, as lines to read: the dashboard shows them, `plugfest judge --since-ruleset` prints them."""

from collections.abc import Iterator, Sequence
from typing import Final

from matrix.comparison import CellChange, Changes, RuleChange
from matrix.finding import Finding
from matrix.outcome import Outcome
from matrix.safe import safe
from tui.lines.line import BLANK, Line, PaneLine, Span
from tui.lines.text import GLYPHS, TIMES, counted_noun

EXAMPLES: Final = 3
"""Findings that are shown of each kind of change; `--json` has all of them."""


def change_lines(changes: Changes) -> list[PaneLine]:
    """Return what changed: in a sentence, by cell, and by rule."""
    return [
        PaneLine((Span(_summary(changes), "strong"),)),
        PaneLine((Span(_rulesets(changes), "muted"),)),
        *_cells(changes.cells),
        *(line for each in changes.rules for line in _rule(each)),
    ]


def _summary(changes: Changes) -> str:
    if not changes:
        return "nothing has changed"
    cells, rules = counted_noun(len(changes.cells), "outcome"), counted_noun(len(changes.rules), "rule")
    verdict = "worse than before" if changes.is_worse else "nothing is worse than before"
    return f"{cells} changed, {rules} found something else: {verdict}"


def _rulesets(changes: Changes) -> str:
    before, now = safe(changes.before.name), safe(changes.after.name)
    return f"rules {now}, before and now" if before == now else f"rules {before} before, {now} now"


def _cells(changes: Sequence[CellChange]) -> Iterator[PaneLine]:
    if changes:
        yield BLANK
    for each in changes:
        cell = each.cell
        yield PaneLine((
            *_outcome(each.before), Span(" to ", "muted"), *_outcome(each.after), Span("  "),
            Span(safe(cell.action), "strong"),
            Span(f"  {safe(cell.station)} {TIMES} {safe(cell.csms)}, OCPP {safe(cell.version)}"),
            Span(f"  {' '.join(map(safe, each.rules))}", "accent"),
        ))  # fmt: skip


def _outcome(outcome: Outcome | None) -> Line:
    if outcome is None:
        return (Span("· not there", "muted"),)
    return (Span(f"{GLYPHS[outcome]} {outcome}", outcome.value),)


def _rule(change: RuleChange) -> Iterator[PaneLine]:
    mark = change.mark
    yield BLANK
    yield PaneLine((
        Span(safe(change.code), "accent"), Span(f"  {mark.severity}", mark.severity.value),
        Span(f"  {safe(mark.sentence)}", "strong"), Span(f"  {safe(mark.clause)}", "muted"),
    ))  # fmt: skip
    yield PaneLine((Span(safe(change.why)),), 2)
    yield from _findings("new", change.new)
    yield from _findings("gone", change.gone)
    grades: dict[str, list[Finding]] = {}
    for before, after in change.regraded:
        grades.setdefault(f"{before.severity} to {after.severity}", []).append(after)
    for grade, findings in grades.items():
        yield from _findings(grade, findings)
    if change.reworded:
        yield PaneLine((Span(f"{change.reworded}{TIMES} the same in other words", "muted"),), 2)


def _findings(what: str, findings: Sequence[Finding]) -> Iterator[PaneLine]:
    if not findings:
        return
    yield PaneLine((Span(f"{what} {len(findings)}{TIMES}", "heading"),), 2)
    for each in findings[:EXAMPLES]:
        frame = f", frame {each.frame}" if each.frame else ""
        place = f"{each.side.label}, {safe(each.action)}, session {each.session}{frame}: "
        yield PaneLine((Span(place, "muted"), Span(safe(each.text)), Span(f" {safe(each.pointer)}".rstrip())), 4)
    if len(findings) > EXAMPLES:
        yield PaneLine((Span(f"... and {len(findings) - EXAMPLES} more", "muted"),), 4)
