"""What `judge` prints: the matrix, what went wrong in it, findings, what has changed, and questions to the standard."""

from typing import Final

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from matrix.blaming.errata import candidates
from matrix.boards.history import sentence
from matrix.boards.pair import BoardView, Evidence, Pair
from matrix.comparison import Changes, changes_as_data
from matrix.finding import Finding, Severity
from matrix.judgement import Judgement, in_order
from matrix.notes import NO_NOTES, Notes
from matrix.outcome import Outcome
from matrix.report import changed_rows, deviations_of, errata, outcome_rows, verdicts
from matrix.ruleset import ruleset
from matrix.safe import safe
from tui.commands.printing import COLOURS, ROLES, SEVERITY_COLOURS, console, print_json
from tui.fixing import crashes_by_rule
from tui.lines.blaming import blame_words, errata_lines
from tui.lines.changes import change_lines
from tui.lines.noted import about, said
from tui.lines.text import CONTESTED, FLAPPING, GLYPHS, clock_time, counted_noun, pair_marks, strip_of
from tui.lines.witnesses import show_witnesses

WIDE: Final = 110
"""Columns from which on findings are a table; below, two lines each."""
LISTED: Final = 200
"""Findings that `judge` lists for people; `--json` prints all of them."""


def show_verdicts(judge: Judgement, *, as_json: bool, with_history: bool = False, notes: Notes = NO_NOTES) -> None:
    """Print what a judge found: pairs, what went wrong in each, how outcomes changed if asked for, findings.

    What people contest is marked, and said at the end.
    """
    if as_json:
        print_json({**verdicts(judge), "notes": msgspec.to_builtins(notes.notes)})
        return
    view, out = judge.board.view(), console()
    out.print(matrix_table(view, notes))
    out.print(_rows_table(view))
    if with_history:
        out.print(_history_table(view))
    _print_findings(out, in_order(judge.findings))
    show_witnesses(out, judge, view)
    for each in judge.policy.values():
        out.print(Text(each.in_words))
    for note in notes.notes:
        if note.is_open:
            out.print(Text(f"{CONTESTED} {about(note)}: {said(note)}"))
    for crashed in crashes_by_rule(judge.crashes):
        out.print(Text("\n".join((f"{crashed.in_words}. Please report it:", *crashed.first.lines))))
    out.print(Text(f"judged by the rules {ruleset().name}", style="dim"))


def show_changes(changes: Changes, later: int, *, as_json: bool) -> None:
    """Print what changed between two judgements; `later` items were recorded after the first and are left out."""
    if as_json:
        print_json({**changes_as_data(changes), "not_compared": later})
        return
    out = console()
    for line in change_lines(changes):
        spans = [(span.text, ROLES.get(span.role, "")) for span in line.spans]
        out.print(Padding(Text.assemble(*spans), (0, 0, 0, line.indent)))
    if later:
        out.print(Text(f"{counted_noun(later, 'item')} recorded since then: not compared, and not judged"))


def show_errata(judge: Judgement, *, as_json: bool) -> None:
    """Print what independent vendors do otherwise than a rule asks, as questions to the standard."""
    if as_json:
        print_json(errata(judge))
        return
    for line in errata_lines(candidates(deviations_of(judge), judge.board.view())):
        console().print(Text(line.text), soft_wrap=True)


def matrix_table(view: BoardView, notes: Notes = NO_NOTES) -> Table | Text:
    """Return the matrix as a table: stations down, CSMSes across; what flaps or is contested is marked."""
    if not view.pairs:
        return Text("no station has connected yet")
    cells = {(pair.station.label, pair.version, pair.csms): pair for pair in view.pairs}
    table = Table()
    for heading in ("station", "version", *view.csmses):
        table.add_column(Text(safe(heading, 24)))
    for label, version in view.stations:
        row = (_matrix_cell(cells.get((label, version, csms)), notes) for csms in view.csmses)
        table.add_row(Text(safe(label, 40)), Text(version), *row)
    return table


def _matrix_cell(pair: Pair | None, notes: Notes) -> Text:
    if pair is None:
        return Text(GLYPHS[Outcome.UNTESTED], style="dim")
    text = f"{GLYPHS[pair.outcome]}{pair_marks(pair, notes)} {pair.outcome} {pair.passed}/{pair.tested}"
    return Text(text, style=COLOURS[pair.outcome])


def _rows_table(view: BoardView) -> Table | Text:
    table = Table("station", "CSMS", "version", "message", "outcome", "n/N", "p95 ms", "what shows it", box=None)
    for pair, row in outcome_rows(view):
        if row.outcome is Outcome.PASSED:
            continue
        evidence = row.evidence
        place = f"#{evidence.session}/{evidence.frame or '-'} " if evidence else ""
        table.add_row(
            Text(safe(pair.station.label, 32)),
            Text(safe(pair.csms, 16)),
            Text(pair.version),
            Text(row.action),
            Text(f"{GLYPHS[row.outcome]} {row.outcome}", style=COLOURS[row.outcome]),
            Text(f"{row.passed}/{row.total}"),
            Text(f"{row.p95_ms:.1f}" if row.p95_ms is not None else ""),
            Text(place + _shown_by(evidence) if evidence else ""),
        )
    return table if table.row_count or not view.pairs else Text("every message type that was tried has passed")


def _shown_by(evidence: Evidence) -> str:
    """Return what shows an outcome and, where somebody may be blamed for it, a second line that says who."""
    text = safe(evidence.text, 100)
    return f"{text}\n{blame_words(evidence.blame)}" if evidence.blame else text


def _history_table(view: BoardView) -> Table | Text:
    table = Table("station", "CSMS", "version", "message", "latest", "history", box=None)
    for pair, row in changed_rows(view):
        mark = f" {FLAPPING}" if row.changes.is_flapping else ""
        table.add_row(
            Text(safe(pair.station.label, 32)),
            Text(safe(pair.csms, 16)),
            Text(pair.version),
            Text(safe(row.action)),
            Text("".join(span.text for span in strip_of(row)) + mark),
            Text(safe(sentence(row.changes, row.outcome, clock_time))),
        )
    return table if table.row_count else Text("no outcome has changed")


def _print_findings(out: Console, findings: list[Finding]) -> None:
    if not findings:
        return
    if out.width < WIDE:
        _print_findings_narrowly(out, findings[:LISTED])
    else:
        out.print(_findings_table(findings[:LISTED]))
    if len(findings) > LISTED:
        out.print(Text(f"... and {len(findings) - LISTED} more; --json prints them all"))


def _print_findings_narrowly(out: Console, findings: list[Finding]) -> None:
    for finding in findings:
        severity = Text(finding.severity, style=SEVERITY_COLOURS[finding.severity])
        place = f" by {finding.side.label}, {finding.ground.confidence}, {finding.action}, session {finding.session}"
        frame = f", frame {finding.frame}" if finding.frame else ""
        out.print(Text.assemble(f"{finding.rule} ", severity, place, frame))
        out.print(Text(f"  {finding.text} {safe(finding.pointer)}".rstrip()))


def _findings_table(findings: list[Finding]) -> Table:
    table = Table("rule", "severity", "who", "how sure", "session/frame", "message", "where", "what", box=None)
    for finding in findings:
        table.add_row(
            Text(finding.rule),
            Text(finding.severity, style=SEVERITY_COLOURS[finding.severity]),
            Text(finding.side),
            Text(finding.ground.confidence if finding.severity is not Severity.INFO else "-"),
            Text(f"{finding.session}/{finding.frame or '-'}"),
            Text(finding.action),
            Text(safe(finding.pointer, 40)),
            Text(finding.text),
        )
    return table
