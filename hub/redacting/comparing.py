"""Whether a copy is judged as its original is: the same findings and outcomes, each at the same place."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from matrix.finding import Finding
from matrix.judgement import Judgement
from matrix.outcome import Outcome
from matrix.report import outcome_rows

NAMED: Final = 20
"""Differences that are told; the rest is counted."""

Rename = Callable[[str], str]


class Place(NamedTuple):
    """A finding without its words: those quote what was said."""

    session: int
    frame: int | None
    rule: str
    severity: str
    side: str
    action: str
    pointer: str


class Cell(NamedTuple):
    """A cell of the matrix, by the sessions that count for it."""

    sessions: tuple[int, ...]
    action: str


def differences(original: Judgement, copy: Judgement, rename: Rename) -> list[str]:
    """Return in which findings and outcomes two judgements differ, a sentence each.

    `rename` gives what the copy has in the place of a JSON pointer or of an action's name.
    """
    return [*_of_findings(original, copy, rename), *_of_outcomes(original, copy, rename)]


def _of_findings(original: Judgement, copy: Judgement, rename: Rename) -> Iterator[str]:
    before = Counter(_place(each, rename) for each in original.findings)
    after = Counter(_place(each, str) for each in copy.findings)
    for sign, places in (("is gone", before - after), ("is new", after - before)):
        for place in sorted(places, key=str):
            where = "the handshake" if place.frame is None else f"frame {place.frame}"
            at = f" at {place.pointer}" if place.pointer else ""
            yield f"{place.rule} of the {place.side} {sign}: session {place.session}, {where}{at}"


def _place(finding: Finding, rename: Rename) -> Place:
    return Place(
        finding.session, finding.frame, finding.rule, finding.severity, finding.side, rename(finding.action),
        rename(finding.pointer),
    )  # fmt: skip


def _of_outcomes(original: Judgement, copy: Judgement, rename: Rename) -> Iterator[str]:
    before, after = _cells(original, rename), _cells(copy, str)
    for cell in sorted(before.keys() | after.keys()):
        if before.get(cell) != after.get(cell):
            was, now = before.get(cell, "untested"), after.get(cell, "untested")
            yield f"{cell.action} of session {', '.join(map(str, cell.sessions[:5]))} was {was} and is {now}"


def _cells(judgement: Judgement, rename: Rename) -> dict[Cell, str]:
    return {
        Cell(tuple(sorted(pair.sessions)), rename(row.action)): _said(row.outcome, row.counts)
        for pair, row in outcome_rows(judgement.board.view())
    }


def _said(outcome: Outcome, counts: Mapping[Outcome, int]) -> str:
    return f"{outcome} ({', '.join(f'{counts[key]} {key}' for key in sorted(counts))})"
