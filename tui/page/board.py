"""The board as the page shows it: plain data, ready for JSON, every text of it safe to show."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from hub.access.scope import Scope, Shown
from matrix.boards.pair import BoardView, Evidence, Pair, Row
from matrix.finding import Finding, Severity
from matrix.notes import Note, Notes
from matrix.outcome import GRAVITY, WRONG, Outcome
from matrix.policy import Policy
from matrix.rule import rule_named
from matrix.safe import safe
from matrix.trace import Session
from tui.lines.noted import about
from tui.lines.text import GLYPHS, INITIATOR_ARROWS, MEANINGS, SEVERITY_GLYPHS, pair_marks, row_marks, state_of
from tui.page.names import LONGEST, Names
from tui.page.sight import Seen
from tui.reading.messages import Progress

WORST_SHOWN: Final = 3
HISTORY_SHOWN: Final = 30
SESSIONS_SHOWN: Final = 50
TEXT_LENGTH: Final = 1_000
MS: Final = 1_000_000


def pair_summary(seen: Seen, notes: Notes) -> dict[str, Any]:
    """Return what a cell of the matrix shows; what changes with every message is not in it."""
    pair, names = seen.pair, seen.names
    worst = sorted((row for row in pair.rows if row.outcome in WRONG), key=lambda row: -GRAVITY.index(row.outcome))
    return {
        "id": seen.pair_id,
        "own": seen.is_own,
        "station": names.station(pair),
        "csms": names.csms(pair.csms),
        "version": safe(pair.version, 20),
        "outcome": pair.outcome,
        "passed": pair.passed,
        "tested": pair.tested,
        "total": len(pair.rows),
        "sessions": len(pair.sessions),
        "open": pair.open_sessions,
        "worst": [[names.action(row.action, pair.version), row.outcome] for row in worst[:WORST_SHOWN]],
        "wrong": len(worst),
        "mark": pair_marks(pair, notes),
    }


def pair_detail(seen: Seen, sessions: Sequence[Session], notes: Notes) -> dict[str, Any]:
    """Return a pair with all of its rows and the latest of its sessions, newest first."""
    pair, names = seen.pair, seen.names
    contested = notes.contested(pair)
    return pair_summary(seen, notes) | {
        "firmware": safe(pair.station.firmware, 60) if names.is_open else "",
        "rows": [_row(row, pair.version, names, contested) for row in pair.rows],
        "notes": notes_shown(notes.of_pair(pair), names),
        "latest": [
            {
                "id": session.id,
                "identity": safe(session.identity, 60) if names.is_open else "",
                "opened": session.opened_at // MS,
                "state": state_of(session),
            }
            for session in reversed(sessions[-SESSIONS_SHOWN:])
        ],
    }


def status(board: BoardView, progress: Progress, scope: Scope, pairs: Iterable[Pair]) -> dict[str, Any]:
    """Return what the line at the top says; sentences of the hub name files and CSMSes, and are not for everybody.

    Who sees nothing of others (`pairs` are what is seen) is told no count that others are in.
    """
    is_open, trouble = scope.others is Shown.EVERYTHING, progress.trouble or progress.not_recording
    shown = view_of(scope) | {
        "stage": progress.stage.name.lower(),
        "share": round(progress.share, 2),
        "trouble": safe(trouble, TEXT_LENGTH) if is_open or not trouble else "nothing is being recorded",
    }
    if scope.others is Shown.NOTHING:
        pairs = [*pairs]
        sessions, is_on = sum(len(pair.sessions) for pair in pairs), sum(pair.open_sessions for pair in pairs)
        return shown | {"sessions": sessions, "open": is_on}
    return shown | {
        "rate": round(progress.messages_per_s),
        "messages": board.messages,
        "sessions": board.sessions,
        "open": board.sessions_open,
        "findings": progress.findings,
        "disturbed": progress.disturbed,
    }


def view_of(scope: Scope) -> dict[str, Any]:
    """Return what the page says about who sees what."""
    is_open = scope.others is Shown.EVERYTHING
    return {"view": "everything" if is_open else "own" if scope.is_somebodys else "outcomes", "others": scope.others}


def rules_of(policy: Policy) -> dict[str, Any]:
    """Return what the page says of the rules that the event grades otherwise or switches off: to everybody."""
    return {"rules": [regrade.in_words for regrade in policy.values()]}


def notes_shown(notes: Iterable[Note], names: Names) -> list[dict[str, Any]]:
    """Return what people said, who may name anybody: nothing of it where payloads are not shown, either."""
    return [_note(each) for each in notes] if names.is_open else []


def _note(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "action": safe(note.action, LONGEST),
        "about": about(note),
        "is_open": note.is_open,
        "text": safe(note.text, TEXT_LENGTH),
        "author": safe(note.author, LONGEST),
        "at": note.at // MS,
        "resolution": safe(note.resolution, TEXT_LENGTH),
        "resolved_by": safe(note.resolved_by, LONGEST),
        "session": note.session,
        "frame": note.frame,
    }


def finding_detail(finding: Finding, names: Names, version: str = "", witnesses: Iterable[str] = ()) -> dict[str, Any]:
    """Return a finding with its rule; what it quotes of a peer is left out where peers are not to be known.

    `witnesses` are sentences about what the other products of the matrix do.
    """
    shown = {
        "rule": safe(finding.rule, 20),
        "severity": finding.severity,
        "glyph": SEVERITY_GLYPHS[finding.severity],
        "side": finding.side,
        "session": finding.session,
        "frame": finding.frame,
        "action": names.action(finding.action, version),
        "sentence": "",
        "clause": "",
        "explanation": "",
        "pointer": safe(finding.pointer, TEXT_LENGTH) if names.is_open else "",
        "text": safe(finding.text, TEXT_LENGTH) if names.is_open else "",
        "confidence": finding.ground.confidence if finding.severity is not Severity.INFO else "",
        "why": safe(finding.ground.why, TEXT_LENGTH) if names.is_open else "",
        "witnesses": [safe(each, TEXT_LENGTH) for each in witnesses],
    }
    try:
        rule = rule_named(finding.rule)
    except KeyError:
        return shown
    return shown | {"sentence": rule.sentence, "clause": rule.clause, "explanation": rule.explanation}


def legend() -> list[dict[str, str]]:
    """Return the outcomes with glyph and meaning, the gravest first."""
    return [{"outcome": each, "glyph": GLYPHS[each], "meaning": MEANINGS[each]} for each in reversed(GRAVITY)]


def _row(row: Row, version: str, names: Names, contested: Collection[str]) -> dict[str, Any]:
    return {
        "action": names.action(row.action, version),
        "arrow": INITIATOR_ARROWS.get(row.initiators, " "),
        "from": row.initiators,
        "outcome": row.outcome,
        "mark": row_marks(row, contested),
        "counts": [[each, row.counts[each]] for each in reversed(GRAVITY) if row.counts.get(each)],
        "p50": row.p50_ms and round(row.p50_ms, 2),
        "p95": row.p95_ms and round(row.p95_ms, 2),
        "evidence": _evidence(row.evidence, names) if row.outcome is not Outcome.UNTESTED else None,
        "history": [
            {"session": each.session, "outcome": each.outcome, "evidence": _evidence(each.evidence, names)}
            for each in row.history[-HISTORY_SHOWN:]
        ],
    }


def _evidence(evidence: Evidence | None, names: Names) -> dict[str, Any] | None:
    if evidence is None:
        return None
    if not names.is_open:
        return {"session": evidence.session, "frame": None, "text": ""}
    return {"session": evidence.session, "frame": evidence.frame, "text": safe(evidence.text, TEXT_LENGTH)}
