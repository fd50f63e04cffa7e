"""Records and histories by the letters of their outcomes: `history("FF", "P")` is of two sessions."""

from typing import Final

from matrix.boards.history import History
from matrix.boards.record import Chapter, Record, put_together
from matrix.outcome import Outcome

SECOND: Final = 1_000_000_000
LETTERS: Final = {
    "P": Outcome.PASSED,
    "R": Outcome.REMARKED,
    "F": Outcome.FAILED,
    "D": Outcome.DEVIATED,
    "N": Outcome.REFUSED,
    "U": Outcome.UNANSWERED,
}


def record(outcomes: str) -> Record:
    """Return the record of exchanges, a second each, by the letters of their outcomes."""
    found = Record()
    for at, letter in enumerate(outcomes, start=1):
        found.add(LETTERS[letter], at * SECOND, None)
    return found


def history(*sessions: str, firmwares: tuple[str, ...] = ()) -> History:
    """Return what sessions come to together, each given by its outcomes."""
    named = [*firmwares, *("" for _ in sessions)]
    return put_together(
        Chapter(record(outcomes), number, named[number - 1]) for number, outcomes in enumerate(sessions, start=1)
    )
