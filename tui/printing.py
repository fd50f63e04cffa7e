"""What the commands print: tables for people on stdout, JSON for programs. Peer text goes through `safe`."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from heapq import merge
from typing import Any, Final

import msgspec
import orjson
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hub.recording import Recording
from matrix.comparison import Changes, changes_as_data
from matrix.dialect import JUDGED
from matrix.errata import candidates
from matrix.finding import Finding, Severity
from matrix.history import sentence
from matrix.judgement import Judgement, crashes_in_order, in_order
from matrix.notes import NO_NOTES, Notes
from matrix.outcome import Outcome
from matrix.pair import BoardView, Evidence, Pair
from matrix.report import changed_rows, deviations_of, errata, outcome_rows, verdicts
from matrix.rule import Rule
from matrix.ruleset import ruleset
from matrix.safe import safe, safe_json
from matrix.secrets import masked_frame
from matrix.trace import Disturbed, Frame, Opcode, Session, mark_of
from tui.blaming import blame_words, errata_lines
from tui.changes import change_lines
from tui.disturbed import by_session, step_as_json, step_line, what_was_done
from tui.noted import about, said
from tui.patients import HEALTH_GLYPHS, Patient
from tui.text import ARROWS, CLOCKS, CONTESTED, FLAPPING, GLYPHS, clock_time, counted_noun, pair_marks, strip_of
from tui.witnesses import show_witnesses

SHORT: Final = 160
"""Characters of a payload that `show` prints, unless all of it is asked for."""
WIDE: Final = 110
"""Columns from which on findings are a table; below, two lines each."""
LISTED: Final = 200
"""Findings that `judge` lists for people; `--json` prints all of them."""

COLOURS: Final = {
    Outcome.PASSED: "green",
    Outcome.REMARKED: "bright_green",
    Outcome.DEVIATED: "yellow",
    Outcome.FAILED: "red",
    Outcome.REFUSED: "blue",
    Outcome.UNANSWERED: "magenta",
    Outcome.INCONCLUSIVE: "cyan",
    Outcome.UNTESTED: "dim",
    Outcome.UNREACHABLE: "red",
}
ROLES: Final = {
    **{str(outcome): colour for outcome, colour in COLOURS.items()},
    "violation": "red", "warning": "yellow", "info": "cyan", "strong": "bold", "heading": "bold", "muted": "dim",
    "accent": "magenta",
}  # fmt: skip
"""How the roles of `tui.line` look where there is no stylesheet."""
SEVERITY_COLOURS: Final = {Severity.VIOLATION: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def console() -> Console:
    """Return a console on stdout, as wide as the terminal, or 160 where there is none; NO_COLOR is honoured."""
    return Console(width=None if sys.stdout.isatty() else SHORT, highlight=False, soft_wrap=False)


def show_sessions(recording: Recording, *, as_json: bool) -> None:
    """Print the sessions of a recording."""
    frames = recording.frame_counts()
    sessions, steps = recording.sessions(), by_session(recording.disturbances())
    if as_json:
        print_lines(
            _session_as_json(session, frames.get(session.id, 0), steps.get(session.id, ())) for session in sessions
        )
        return
    table = Table("id", "opened", "identity", "CSMS", "protocol", "answer", "frames", "lasted", "end", box=None)
    if steps:
        table.add_column("disturbed on purpose")
    for session in sessions:
        cells = _session_cells(session, frames.get(session.id, 0))
        table.add_row(*map(Text, (*cells, what_was_done(steps[session.id])) if session.id in steps else cells))
    console().print(table if sessions else "no station has connected yet")


def show_messages(recording: Recording, number: int, *, as_json: bool, full: bool, with_secrets: bool = False) -> None:
    """Print the frames of one session in order, its handshake first; secrets in them only if asked for.

    What was done to it on purpose stands between them, where it was done.

    Raises:
        RecordingError: there is no such session.
    """
    session = recording.session(number)
    steps: Iterable[Frame | Disturbed] = recording.disturbances(number)
    spoken: Iterable[Frame | Disturbed] = merge(recording.frames(number), steps, key=mark_of)
    if as_json:
        print_lines(_item_as_json(item, with_secrets=with_secrets) for item in spoken)
        return
    out = console()
    out.print(Text("\n".join(_handshake(session))), soft_wrap=True)
    for item in spoken:
        line = _item_line(item, full=full, with_secrets=with_secrets)
        out.print(line, soft_wrap=full, overflow="ellipsis", no_wrap=not full)


def show_found(found: Iterable[Frame | Session], *, as_json: bool, full: bool, with_secrets: bool = False) -> None:
    """Print what a filter lets through: frames with the number of their session, handshakes as a line each."""
    if as_json:
        print_lines(
            {"handshake": _session_fields(item)}
            if isinstance(item, Session)
            else _frame_as_json(item, with_secrets=with_secrets)
            for item in found
        )
        return
    out, item = console(), None
    for item in found:
        out.print(
            _found_line(item, full=full, with_secrets=with_secrets),
            soft_wrap=full,
            overflow="ellipsis",
            no_wrap=not full,
        )
    if item is None:
        out.print("nothing is found")


def show_patients(patients: Iterable[Patient]) -> None:
    """Print who tried to connect, and what became of each attempt, the latest first."""
    lines: list[Text] = []
    for patient in patients:
        lines.append(Text(safe(patient.name), "bold"))
        for attempt in patient.attempts:
            at = f"  {clock_time(attempt.session.opened_at)}  session {attempt.session.id}"
            lines.append(Text(f"{at}  {HEALTH_GLYPHS[attempt.diagnosis.health]} {attempt.diagnosis.sentence}"))
    console().print(*(lines or [Text("no station has tried to connect yet")]), sep="\n", soft_wrap=True)


def show_verdicts(judge: Judgement, *, as_json: bool, with_history: bool = False, notes: Notes = NO_NOTES) -> None:
    """Print what a judge found: pairs, what went wrong in each, how outcomes changed if asked for, findings.

    What people contest is marked, and said at the end.
    """
    if as_json:
        _print_json({**verdicts(judge), "notes": msgspec.to_builtins(notes.notes)})
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
    for crash in crashes_in_order(judge.crashes):
        out.print(Text(f"rule {crash.rule} crashed on session {crash.session}, frame {crash.frame}: please report it"))
    out.print(Text(f"judged by the rules {ruleset().name}", style="dim"))


def show_changes(changes: Changes, later: int, *, as_json: bool) -> None:
    """Print what changed between two judgements; `later` items were recorded after the first and are left out."""
    if as_json:
        _print_json({**changes_as_data(changes), "not_compared": later})
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
        _print_json(errata(judge))
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


def show_rules(rules: Iterable[Rule], *, as_json: bool) -> None:
    """Print all rules, one line each."""
    if as_json:
        _print_json([_rule_as_json(rule) for rule in rules])
        return
    table = Table("code", "severity", "versions", "what it asks", box=None)
    for rule in rules:
        note = " (not decidable from traffic)" if rule.undecidable else ""
        severity = Text(rule.severity, style=SEVERITY_COLOURS[rule.severity])
        table.add_row(Text(rule.code), severity, Text(_versions(rule)), Text(rule.sentence + note))
    out = console()
    out.print(table)
    out.print(Text(f"rules {ruleset().name}", style="dim"))


def show_rule(rule: Rule, *, as_json: bool) -> None:
    """Print one rule with its explanation."""
    if as_json:
        _print_json(_rule_as_json(rule))
        return
    out = console()
    out.print(Text(f"{rule.code}  {rule.sentence}", style="bold"), soft_wrap=True)
    facts = f"{rule.severity} · OCPP {_versions(rule)} · {rule.clause} · rules {ruleset().name}"
    out.print(Text(f"{facts}\n"), soft_wrap=True)
    if rule.undecidable:
        out.print(Text(f"Not decidable from traffic: {rule.undecidable}.\n"), soft_wrap=True)
    out.print(Text(rule.explanation), soft_wrap=True)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how far something is on a terminal's stderr, after a moment; yields what to call with the position."""
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


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


def _session_cells(session: Session, frames: int) -> tuple[str, ...]:
    answer = f"{session.status} {safe(session.reason, 30)}".strip() if session.status else _no_answer(session)
    return (
        str(session.id), clock_time(session.opened_at), safe(session.identity, 40), safe(session.csms, 20) or "-",
        safe(session.chosen or "-", 20), answer, str(frames), _lasted(session), _end(session),
    )  # fmt: skip


def _no_answer(session: Session) -> str:
    return "none" if session.origin is None else "not seen"


def _lasted(session: Session) -> str:
    if session.closed_at is None:
        return "open"
    return f"{(session.closed_at - session.opened_at) / 1e9:.1f} s"


def _end(session: Session) -> str:
    if session.ending is None:
        return ""
    who = f" by {session.closed_by.label}" if session.closed_by else ""
    sides = (("station", session.station_close), ("CSMS", session.csms_close))
    codes = [f"{side} {code}" for side, code in sides if code]
    why = safe(session.fault, 80) if session.fault else ", ".join(codes)
    return f"{session.ending}{who}" + (f" ({why})" if why else "")


def _handshake(session: Session) -> Iterator[str]:
    yield f"session {session.id}  {safe(session.identity)} -> {safe(session.csms) or '-'}  {_end(session)}".rstrip()
    if session.fault and session.origin is None:
        yield f"hub: {safe(session.fault)}"
    if session.tunnel:
        yield f"tunnel: {safe(session.tunnel)}, from {safe(session.remote) or '-'}"
    if session.tls:
        yield f"TLS: {safe(session.tls)}"
    if session.origin is not None:
        yield from _where_from(session)
        return
    yield f"GET {safe(session.path)}" if session.path else "no request"
    yield from (f"  {safe(name)}: {safe(value, SHORT)}" for name, value in session.request)
    yield f"{session.status or 'no answer'} {safe(session.reason)}".rstrip()
    yield from (f"  {safe(name)}: {safe(value, SHORT)}" for name, value in session.response)
    if session.body:
        yield f"  {safe(session.body, SHORT)}"


def _where_from(session: Session) -> Iterator[str]:
    yield f"imported from {safe(session.origin or '')}: its messages alone, no handshake, no pings"
    if session.clock is not None:
        yield CLOCKS[session.clock]


def _item_line(item: Frame | Disturbed, *, full: bool, with_secrets: bool) -> Text:
    if isinstance(item, Disturbed):
        return step_line(item)
    return _message_line(item if with_secrets else masked_frame(item), full=full)


def _found_line(item: Frame | Session, *, full: bool, with_secrets: bool) -> Text:
    if isinstance(item, Session):
        at = clock_time(item.answered_at or item.opened_at, millis=True)
        line = f"{'-':>8}  {at}  handshake  {safe(item.identity)} -> {safe(item.csms) or '-'}"
        return Text(f"#{item.id:<5}{line}  {item.status or 'no answer'} {safe(item.reason)}".rstrip())
    return Text(f"#{item.session:<5}") + _message_line(item if with_secrets else masked_frame(item), full=full)


def _message_line(frame: Frame, *, full: bool) -> Text:
    name = "" if frame.opcode == Opcode.TEXT and frame.fin else f"{_opcode_name(frame)} "
    payload = payload_text(frame, None if full else SHORT)
    line = Text(f"{frame.id:>8}  {clock_time(frame.at, millis=True)}  {ARROWS[frame.side]}  {name}{payload}")
    if frame.unread:
        line.append(f"  [{safe(frame.unread)}]")
    return line


def _opcode_name(frame: Frame) -> str:
    name = Opcode(frame.opcode).name.lower() if frame.opcode in list(Opcode) else f"opcode {frame.opcode}"
    return name if frame.fin else f"{name} (fragment)"


def payload_text(frame: Frame, limit: int | None) -> str:
    """Return a payload for a terminal: text escaped, close codes as numbers, other bytes as hex."""
    payload = frame.payload
    if frame.opcode == Opcode.CLOSE and isinstance(payload, bytes) and len(payload) >= 2:
        return f"{int.from_bytes(payload[:2])} {safe(payload[2:].decode('utf-8', 'replace'))}".strip()
    if isinstance(payload, str):
        return safe(payload, limit)
    return safe(payload[: limit // 2 if limit else None].hex(" "), limit)


def _versions(rule: Rule) -> str:
    return ", ".join(version for version in JUDGED if version in rule.versions)


def _rule_as_json(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code, "severity": rule.severity, "versions": [v for v in JUDGED if v in rule.versions],
        "sentence": rule.sentence, "clause": rule.clause, "undecidable": rule.undecidable,
        "explanation": rule.explanation,
    }  # fmt: skip


def _session_as_json(session: Session, frames: int, steps: Iterable[Disturbed]) -> dict[str, Any]:
    return {**_session_fields(session), "frames": frames, "disturbances": [step_as_json(step) for step in steps]}


def _session_fields(session: Session) -> dict[str, Any]:
    return {name: getattr(session, name) for name in session.__struct_fields__}


def _item_as_json(item: Frame | Disturbed, *, with_secrets: bool) -> dict[str, Any]:
    return step_as_json(item) if isinstance(item, Disturbed) else _frame_as_json(item, with_secrets=with_secrets)


def _frame_as_json(frame: Frame, *, with_secrets: bool) -> dict[str, Any]:
    shown = frame if with_secrets else masked_frame(frame)
    fields = {name: getattr(shown, name) for name in shown.__struct_fields__}
    if isinstance(shown.payload, bytes):
        fields["payload"], fields["payload_hex"] = None, shown.payload.hex()
    if shown is not frame:
        fields["secrets"] = "hidden"
    return fields


def print_lines(objects: Iterable[dict[str, Any]]) -> None:
    """Print one JSON object a line."""
    for each in objects:
        sys.stdout.write(_dumped(each) + "\n")


def _print_json(value: object) -> None:
    sys.stdout.write(_dumped(value, orjson.OPT_INDENT_2) + "\n")


def _dumped(value: object, option: int = 0) -> str:
    return safe_json(orjson.dumps(value, option=option | orjson.OPT_NON_STR_KEYS).decode())
