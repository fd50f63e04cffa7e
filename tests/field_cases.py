"""What was seen in the field (field_cases.toml) beside what the judge says of its drawing (sessions/field/)."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from drawing import judged, read_drawing

from matrix.finding import Severity
from matrix.outcome import WRONG, Outcome
from matrix.trace import Side

FILE: Final = Path(__file__).with_name("field_cases.toml")
FIELD: Final = Path(__file__).parents[1] / "sessions" / "field"


class FieldCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One report. `verdict` (fail, warning, info, pass), `rules` and `by` are what its reader expected of a judge.

    `findings` are what ours says, each `RULE severity side`; `but` is why, where that is something else. `passes_in` is
    the version in which nothing is wrong with it.
    """

    title: str
    seen: str
    version: str
    link: str
    rules: list[str]
    verdict: str
    by: str
    findings: list[str]
    passes_in: str | None = None
    but: str | None = None

    def blames(self, side: Side) -> bool:
        return self.by in (side, "both")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the judge says of a drawing: findings as (rule, severity, side), outcomes of pairs as (version, outcome)."""

    findings: frozenset[tuple[str, Severity, Side]]
    outcomes: tuple[tuple[str, Outcome], ...]

    def lines(self) -> list[str]:
        return sorted(" ".join(each) for each in self.findings)


@cache
def field_cases() -> dict[str, FieldCase]:
    """Return the reports by their numbers."""
    return msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), dict[str, FieldCase])


def drawings_of(number: str) -> list[Path]:
    """Return the drawings of a report: there should be one."""
    return sorted(FIELD.glob(f"{number}-*.session"))


@cache
def seen(drawing: Path) -> Seen:
    """Judge a drawing."""
    judge = judged(read_drawing(drawing))
    findings = frozenset((each.rule, each.severity, each.side) for each in judge.findings)
    return Seen(findings, tuple((pair.version, pair.outcome) for pair in judge.board.view().pairs))


def is_as_expected(case: FieldCase, judgement: Seen) -> bool:
    """Tell whether the judge says what the report's reader expected: as grave, by that rule, and of that side."""
    named = {severity for rule, severity, side in judgement.findings if rule in case.rules and case.blames(side)}
    match case.verdict:
        case "fail":
            return Severity.VIOLATION in named and any(outcome in WRONG for _, outcome in judgement.outcomes)
        case "warning":
            return Severity.WARNING in named and Severity.VIOLATION not in named
        case "info":
            return named <= {Severity.INFO} and _is_harmless(judgement)
        case _:
            return not named and _is_harmless(judgement)


def _is_harmless(judgement: Seen) -> bool:
    return all(severity is Severity.INFO for _, severity, _ in judgement.findings) and all(
        outcome is Outcome.PASSED for _, outcome in judgement.outcomes
    )


def outcomes_in(judgement: Seen, version: str) -> Iterator[Outcome]:
    """Yield the outcomes of the pairs that speak a version."""
    yield from (outcome for spoken, outcome in judgement.outcomes if spoken == version)
