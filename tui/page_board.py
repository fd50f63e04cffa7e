"""The board as the page shows it: plain data, ready for JSON, every text of it safe to show."""

from collections.abc import Sequence
from typing import Any, Final

from matrix.board import BoardView, Evidence, Pair, Row
from matrix.finding import Finding, Severity
from matrix.outcome import GRAVITY, WRONG, Outcome
from matrix.rule import rule_named
from matrix.safe import safe
from matrix.trace import Session
from tui.messages import Progress
from tui.page_names import Names
from tui.text import FLAPPING, GLYPHS, INITIATOR_ARROWS, MEANINGS, SEVERITY_GLYPHS, state_of

WORST_SHOWN: Final = 3
HISTORY_SHOWN: Final = 30
SESSIONS_SHOWN: Final = 50
TEXT_LENGTH: Final = 1_000
MS: Final = 1_000_000


def pair_summary(pair: Pair, names: Names) -> dict[str, Any]:
    """Return what a cell of the matrix shows; what changes with every message is not in it."""
    worst = sorted((row for row in pair.rows if row.outcome in WRONG), key=lambda row: -GRAVITY.index(row.outcome))
    return {
        "id": names.pair_id(pair.key),
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
        "mark": FLAPPING if any(row.changes.is_flapping for row in pair.rows) else "",
    }


def pair_detail(pair: Pair, names: Names, sessions: Sequence[Session]) -> dict[str, Any]:
    """Return a pair with all of its rows and the latest of its sessions, newest first."""
    return pair_summary(pair, names) | {
        "firmware": safe(pair.station.firmware, 60) if names.is_open else "",
        "rows": [_row(row, pair.version, names) for row in pair.rows],
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


def status(board: BoardView, progress: Progress, names: Names) -> dict[str, Any]:
    """Return what the line at the top says; sentences of the hub name files and CSMSes, and are not for everybody."""
    trouble = progress.trouble or progress.not_recording
    return {
        "stage": progress.stage.name.lower(),
        "share": round(progress.share, 2),
        "rate": round(progress.messages_per_s),
        "messages": board.messages,
        "sessions": board.sessions,
        "open": board.sessions_open,
        "findings": progress.findings,
        "trouble": safe(trouble, TEXT_LENGTH) if names.is_open or not trouble else "nothing is being recorded",
        "view": "everything" if names.is_open else "outcomes",
    }


def finding_detail(finding: Finding, names: Names, version: str = "") -> dict[str, Any]:
    """Return a finding with its rule; what it quotes of a peer is left out where peers are not to be known."""
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
    }
    try:
        rule = rule_named(finding.rule)
    except KeyError:
        return shown
    return shown | {"sentence": rule.sentence, "clause": rule.clause, "explanation": rule.explanation}


def legend() -> list[dict[str, str]]:
    """Return the outcomes with glyph and meaning, the gravest first."""
    return [{"outcome": each, "glyph": GLYPHS[each], "meaning": MEANINGS[each]} for each in reversed(GRAVITY)]


def _row(row: Row, version: str, names: Names) -> dict[str, Any]:
    return {
        "action": names.action(row.action, version),
        "arrow": INITIATOR_ARROWS.get(row.initiators, " "),
        "from": row.initiators,
        "outcome": row.outcome,
        "mark": FLAPPING if row.changes.is_flapping else "",
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
