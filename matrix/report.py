"""The verdicts of a judge as plain data: what `plugfest judge --json` prints and the recording keeps."""

from collections.abc import Iterator
from typing import Any

from matrix.blaming.deviations import Deviations
from matrix.blaming.errata import Candidate, candidates
from matrix.blaming.witness import Witness, Witnesses
from matrix.boards.history import History
from matrix.boards.pair import BoardView, Pair, Row
from matrix.disturbed.resilience import Resilience
from matrix.finding import Blame, Finding, Severity
from matrix.judgement import Judgement, crashes_in_order, in_order
from matrix.outcome import WRONG, Outcome
from matrix.rule import RULESET
from matrix.rulebook import Crash
from matrix.ruleset import ruleset


def verdicts(judge: Judgement) -> dict[str, Any]:
    """Return pairs and findings in the shape that DESIGN's `judge --json` fixes; ready for JSON."""
    view = judge.board.view()
    deviations = deviations_of(judge)
    witnesses = Witnesses(deviations, view)
    return {
        "ruleset": RULESET,
        "ruleset_name": ruleset().name,
        "policy": [each.as_data for each in judge.policy.values()],
        "pairs": [_pair(pair) for pair in view.pairs],
        "findings": [_finding(finding, witnesses.of(finding)) for finding in in_order(judge.findings)],
        "errata": [_candidate(each) for each in candidates(deviations, view)],
        "disturbances": [_disturbance(each) for each in judge.disturbances],
        "crashes": [_crash(each) for each in crashes_in_order(judge.crashes)],
    }


def errata(judge: Judgement) -> dict[str, Any]:
    """Return the questions to the standard that a judge's findings raise; ready for JSON."""
    found = candidates(deviations_of(judge), judge.board.view())
    return {"ruleset": RULESET, "errata": [_candidate(each) for each in found]}


def deviations_of(judge: Judgement) -> Deviations:
    """Return the index of what a judge has found against anybody."""
    deviations = Deviations()
    deviations.catch_up(judge.findings, judge.reactions)
    return deviations


def something_failed(judge: Judgement) -> bool:
    """Tell whether anything does not work, or breaks a rule."""
    if any(finding.severity is Severity.VIOLATION for finding in judge.findings):
        return True
    pairs = judge.board.view().pairs
    return any(pair.outcome in WRONG or any(row.outcome in WRONG for row in pair.rows) for pair in pairs)


def outcome_rows(view: BoardView) -> Iterator[tuple[Pair, Row]]:
    """Yield every tested row of every pair."""
    for pair in view.pairs:
        for row in pair.rows:
            if row.outcome is not Outcome.UNTESTED:
                yield pair, row


def _pair(pair: Pair) -> dict[str, Any]:
    station = pair.station
    return {
        "station": {
            "vendor": station.vendor,
            "model": station.model,
            "firmware": station.firmware,
            "identity": station.identity,
        },
        "csms": {"name": pair.csms},
        "version": pair.version,
        "outcome": pair.outcome,
        "sessions": list(pair.sessions),
        "actions": {row.action: _row(row) for row in pair.rows if row.outcome is not Outcome.UNTESTED},
    }


def _row(row: Row) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "outcome": row.outcome,
        "counts": {str(key): row.counts[key] for key in sorted(row.counts)},
    }
    if row.p50_ms is not None and row.p95_ms is not None:
        shown["latency_ms"] = {"p50": round(row.p50_ms, 3), "p95": round(row.p95_ms, 3)}
    if row.evidence is not None:
        shown["evidence"] = {
            "session": row.evidence.session,
            "frame": row.evidence.frame,
            "text": row.evidence.text,
            "blame": _blame(row.evidence.blame),
        }
    if row.changes.changes:
        shown["history"] = _history(row.changes)
    return shown


def _blame(blame: Blame | None) -> dict[str, Any] | None:
    if blame is None:
        return None
    return {"sides": list(blame.sides), "confidence": blame.ground.confidence, "why": blame.ground.why}


def _history(history: History) -> dict[str, Any]:
    """Return how the outcome of a row has changed; `dropped` stretches came before those that are listed."""
    return {
        "changes": history.changes,
        "dropped": history.dropped,
        "flapping": history.is_flapping,
        "stretches": [
            {
                "outcome": each.outcome,
                "count": each.exchanges,
                "at": each.at,
                "session": each.session,
                "frame": each.frame,
                "firmware": each.firmware,
                "server": each.server,
            }
            for each in history.stretches
        ],
    }


def changed_rows(view: BoardView) -> Iterator[tuple[Pair, Row]]:
    """Yield every row of every pair whose outcome has changed."""
    return ((pair, row) for pair, row in outcome_rows(view) if row.changes.changes)


def _crash(crash: Crash) -> dict[str, Any]:
    where = {"rule": crash.rule, "session": crash.session, "frame": crash.frame}
    return {**where, "traceback": "\n".join(crash.lines)}


def _disturbance(result: Resilience) -> dict[str, Any]:
    return {
        "number": result.number,
        "session": result.session,
        "fault": result.fault,
        "text": result.text,
        "frames": list(result.touched),
        "result": result.sentence,
    }


def _finding(finding: Finding, witness: Witness | None) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "side": finding.side,
        "session": finding.session,
        "frame": finding.frame,
        "action": finding.action,
        "pointer": finding.pointer,
        "text": finding.text,
        "confidence": finding.ground.confidence,
        "why": finding.ground.why,
        "witness": _witness(witness) if witness else None,
    }


def _witness(witness: Witness) -> dict[str, Any]:
    shares = ("accepted", "refused", "done", "peers", "elsewhere")
    counts = {name: list(getattr(witness, name)) for name in shares if getattr(witness, name).among}
    return {**counts, "only_this_pair": witness.is_only_pair, "sentences": list(witness.sentences)}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    deviation = candidate.deviation
    return {
        "rule": deviation.rule,
        "sentence": candidate.sentence,
        "clause": candidate.clause,
        "question": candidate.question,
        "action": deviation.action,
        "side": deviation.side,
        "pointer": deviation.pointer,
        "versions": candidate.generation,
        "vendors": candidate.vendors,
        "seen": [sighting._asdict() for sighting in candidate.sightings],
    }
