"""Keeping the judge's verdicts in the recording, for the sqlite3 shell, Datasette and pandas. Droppable at any time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from hub.errors import HubError
from hub.recording.database import Transaction
from hub.recording.migrations import INDEX_FRAMES
from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from hub.recording.writable import open_for_writing
from matrix.comparison import Cell, Standing
from matrix.finding import Blame, Finding, Severity
from matrix.judgement import Judgement, in_order
from matrix.outcome import Outcome
from matrix.policy import OFF, Policy, Regrade
from matrix.report import outcome_rows
from matrix.ruleset import RuleMark, Ruleset, ruleset

_INSERT_FINDING: Final = (
    "INSERT INTO finding (ruleset, rule, severity, side, session, frame, action, pointer, text, confidence, why)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_OF_FINDING: Final = ("rule", "severity", "side", "session", "frame", "action", "pointer", "text")
_INSERT_OUTCOME: Final = (
    "INSERT INTO outcome"
    " (ruleset, vendor, model, firmware, identity, csms, version, action, outcome, counts, frame, text, blamed,"
    " confidence, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_JUDGING: Final = "INSERT INTO judging (ruleset, until, rules, policy) VALUES (?, ?, ?, ?)"


class Kept(msgspec.Struct, frozen=True):
    """The verdicts that a recording holds, and the last mark that they are about."""

    standing: Standing
    until: int


class _KeptRegrade(msgspec.Struct, frozen=True):
    """A regrade as it is kept: `severity` may be `off`."""

    rule: str
    severity: str
    reason: str


class NothingKeptError(HubError):
    """There are no verdicts to compare with; the message says what to do."""


def end_cut_sessions(path: Path) -> None:
    """End the sessions that a killed hub left open, as the next hub would.

    Raises:
        RecorderError: a hub is writing to the recording, or it cannot be written to.
    """
    open_for_writing(path).close()


def save_verdicts(path: Path, judge: Judgement, until: int) -> None:
    """Put a judge's findings and outcomes in the place of those that the recording holds; index the frames by session.

    `until` is the last mark that was judged.

    Raises:
        RecorderError: a hub is writing to the recording, or it cannot be written to.
    """
    recording = open_for_writing(path)
    try:
        with Transaction(recording.connection):
            recording.connection.execute("DELETE FROM finding")
            recording.connection.execute("DELETE FROM outcome")
            recording.connection.execute("DELETE FROM judging")
            recording.connection.execute(_INSERT_JUDGING, _judging_row(judge, until))
            recording.connection.executemany(_INSERT_FINDING, _finding_rows(judge))
            recording.connection.executemany(_INSERT_OUTCOME, _outcome_rows(judge))
            recording.connection.execute(INDEX_FRAMES)
    finally:
        recording.close()


def _finding_rows(judge: Judgement) -> Iterator[tuple[Any, ...]]:
    name = ruleset().name
    for each in in_order(judge.findings):
        yield (
            name, each.rule, each.severity, each.side, each.session, each.frame, each.action, each.pointer, each.text,
            each.ground.confidence, each.ground.why,
        )  # fmt: skip


def _outcome_rows(judge: Judgement) -> Iterator[tuple[Any, ...]]:
    name = ruleset().name
    for pair, row in outcome_rows(judge.board.view()):
        station, evidence = pair.station, row.evidence
        identity = "" if station.is_known else station.identity
        counts = orjson.dumps({str(key): number for key, number in row.counts.items()}).decode()
        yield (
            name, station.vendor, station.model, station.firmware, identity, pair.csms, pair.version, row.action,
            row.outcome, counts, evidence.frame if evidence else None, evidence.text if evidence else "",
            *_blame_columns(evidence.blame if evidence else None),
        )  # fmt: skip


def _blame_columns(blame: Blame | None) -> tuple[str, str | None, str]:
    if blame is None:
        return "[]", None, ""
    return orjson.dumps(blame.sides).decode(), blame.ground.confidence, blame.ground.why


def _judging_row(judge: Judgement, until: int) -> tuple[Any, ...]:
    rules, policy = ruleset().rules, [each.as_data for each in judge.policy.values()]
    return ruleset().name, until, msgspec.json.encode(rules).decode(), orjson.dumps(policy).decode()


def kept_verdicts(recording: Recording, made_by: str = "") -> Kept:
    """Return the verdicts that `plugfest judge --save` has kept; their rule set's name has to begin with `made_by`.

    Raises:
        NothingKeptError: there are none, or they were made by other rules.
        RecordingError: they cannot be read.
    """
    file, judging = recording.name, recording.kept_judging()
    if judging is None:
        raise NothingKeptError(
            f"{file!r} holds no verdicts to compare with: `plugfest judge --save` keeps those of the rules of the day"
        )
    name, until, rules, policy = judging
    if not name.startswith(made_by):
        raise NothingKeptError(f"the verdicts in {file!r} were made by the rules {name}, not by {made_by}")
    try:
        marks = msgspec.json.decode(rules, type=dict[str, RuleMark])
        findings = [
            msgspec.convert(dict(zip(_OF_FINDING, row, strict=True)), Finding) for row in recording.kept_findings()
        ]
        cells = {msgspec.convert(names, Cell): Outcome(outcome) for *names, outcome in recording.kept_outcomes()}
        verdicts = Standing(Ruleset(name, marks), _kept_policy(policy), cells, findings)
        return Kept(verdicts, msgspec.convert(until, int))
    except ValueError as exc:
        raise RecordingError(f"the verdicts in {file!r} are damaged: {exc}") from exc


def _kept_policy(text: str) -> Policy:
    regrades = msgspec.json.decode(text, type=list[_KeptRegrade])
    return {
        each.rule: Regrade(each.rule, None if each.severity == OFF else Severity(each.severity), each.reason)
        for each in regrades
    }
