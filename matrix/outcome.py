"""What one exchange, or one action of one pair, came to."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """The answers to two questions: did it work, and did it conform? See docs/outcomes.md."""

    PASSED = "passed"
    REMARKED = "remarked"
    DEVIATED = "deviated"
    FAILED = "failed"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    INCONCLUSIVE = "inconclusive"
    UNTESTED = "untested"
    UNREACHABLE = "unreachable"


GRAVITY: Final = (
    Outcome.UNTESTED,
    Outcome.PASSED,
    Outcome.REMARKED,
    Outcome.INCONCLUSIVE,
    Outcome.REFUSED,
    Outcome.UNANSWERED,
    Outcome.DEVIATED,
    Outcome.FAILED,
    Outcome.UNREACHABLE,
)
"""From the least to the most worth looking at: of several exchanges, a cell shows the gravest."""

CONFORMING: Final = frozenset({Outcome.PASSED, Outcome.REMARKED})
"""Outcomes of what works and conforms."""

WRONG: Final = frozenset({Outcome.DEVIATED, Outcome.FAILED, Outcome.UNANSWERED, Outcome.UNREACHABLE})
"""Outcomes that make `plugfest judge` exit with 1."""

_RANK: Final = {outcome: rank for rank, outcome in enumerate(GRAVITY)}


def gravest(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the gravest outcome; UNTESTED where there is none."""
    return max(outcomes, key=_RANK.__getitem__, default=Outcome.UNTESTED)
