"""Keeping the judge's verdicts in the recording, for the sqlite3 shell, Datasette and pandas. Droppable at any time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from hub.database import Transaction
from hub.migrations import INDEX_FRAMES
from hub.recording_file import open_for_writing
from matrix.judge import Judge
from matrix.report import in_order, outcome_rows
from matrix.rule import RULESET

_INSERT_FINDING: Final = (
    "INSERT INTO finding (ruleset, rule, severity, side, session, frame, action, pointer, text)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_OUTCOME: Final = (
    "INSERT INTO outcome"
    " (ruleset, vendor, model, firmware, identity, csms, version, action, outcome, counts, frame, text)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def end_cut_sessions(path: Path) -> None:
    """End the sessions that a killed hub left open, as the next hub would.

    Raises:
        RecorderError: a hub is writing to the recording, or it cannot be written to.
    """
    open_for_writing(path).close()


def save_verdicts(path: Path, judge: Judge) -> None:
    """Put a judge's findings and outcomes in the place of those that the recording holds; index the frames by session.

    Raises:
        RecorderError: a hub is writing to the recording, or it cannot be written to.
    """
    recording = open_for_writing(path)
    try:
        with Transaction(recording.connection):
            recording.connection.execute("DELETE FROM finding")
            recording.connection.execute("DELETE FROM outcome")
            recording.connection.executemany(_INSERT_FINDING, _finding_rows(judge))
            recording.connection.executemany(_INSERT_OUTCOME, _outcome_rows(judge))
            recording.connection.execute(INDEX_FRAMES)
    finally:
        recording.close()


def _finding_rows(judge: Judge) -> Iterator[tuple[Any, ...]]:
    for each in in_order(judge.findings):
        yield (
            RULESET, each.rule, each.severity, each.side, each.session, each.frame, each.action, each.pointer, each.text
        )  # fmt: skip


def _outcome_rows(judge: Judge) -> Iterator[tuple[Any, ...]]:
    for pair, row in outcome_rows(judge.board.view()):
        station, evidence = pair.station, row.evidence
        identity = "" if station.is_known else station.identity
        counts = orjson.dumps({str(key): number for key, number in row.counts.items()}).decode()
        yield (
            RULESET, station.vendor, station.model, station.firmware, identity, pair.csms, pair.version, row.action,
            row.outcome, counts, evidence.frame if evidence else None, evidence.text if evidence else "",
        )  # fmt: skip
