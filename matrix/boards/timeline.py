"""The moments of a recording: one after each item of its traffic, and what is worth going to among them.

A moment is a number: of so many items, in the order of recording. 0 is before all of them. Written by the thread that
judges, read by any: what is there does not change any more. An item costs 24 bytes, a landmark 17.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Container, Sequence
from enum import Enum, auto
from itertools import pairwise
from typing import Final

from matrix.outcome import Outcome

FAILURES: Final = frozenset({Outcome.FAILED, Outcome.UNANSWERED})
"""What does not work. A deviation does, and is a landmark of another kind."""


class Kind(Enum):
    """What makes a moment a landmark."""

    FAILURE = auto()  # something came to an outcome that does not work
    DEVIATION = auto()  # something works, and a rule was broken
    CHANGE = auto()  # a message type came to another outcome than the time before, between the same two


class Landmarks:
    """The moments of one kind, in order, with the session that each is about."""

    def __init__(self) -> None:
        self._moments = array("q")
        self._sessions = array("q")

    def __len__(self) -> int:
        return len(self._moments)

    def note(self, moment: int, session: int) -> None:
        """Add a landmark; of one item there may be several."""
        self._sessions.append(session)
        self._moments.append(moment)

    def count(self, after: int, until: int) -> int:
        """Return how many lie after one moment, up to another."""
        return bisect_right(self._moments, until) - bisect_right(self._moments, after)

    def of(self, sessions: Container[int]) -> "Landmarks":
        """Return those of certain sessions."""
        found = Landmarks()
        for moment, session in zip(self._moments, self._sessions, strict=False):
            if session in sessions:
                found.note(moment, session)
        return found

    def next(self, moment: int, step: int, sessions: Container[int] | None = None) -> int | None:
        """Return the next one after a moment (with -1: the last one before it), of certain sessions (None: of any)."""
        place = bisect_right(self._moments, moment) if step > 0 else bisect_left(self._moments, moment) - 1
        while 0 <= place < len(self._moments):
            if sessions is None or self._sessions[place] in sessions:
                return self._moments[place]
            place += step
        return None


class Timeline:
    """Marks, times (ns, UTC; they never go back) and counts, by moment."""

    def __init__(self) -> None:
        self.landmarks = {kind: Landmarks() for kind in Kind}
        self._latest = 0
        self._marks = array("q")
        self._times = array("q")
        self._entries = array("I")
        self._messages = array("I")

    def __len__(self) -> int:
        """Return the latest moment."""
        return len(self._marks)

    def note(self, mark: int, at: int, entries: int, messages: int) -> None:
        """Add the moment after an item: its mark, the time, and how many entries and messages there are by then."""
        self._latest = at = max(at, self._latest)
        self._times.append(at)
        self._entries.append(entries)
        self._messages.append(messages)
        self._marks.append(mark)

    def mark(self, moment: int) -> int:
        """Return the mark of the last item of a moment; 0 before all."""
        return self._marks[moment - 1] if moment else 0

    def time(self, moment: int) -> int:
        """Return the time of a moment: before all, that of the first item; 0 where there is none."""
        return self._times[max(moment - 1, 0)] if self._times else 0

    def entries(self, moment: int) -> int:
        """Return how many entries had been made on the board."""
        return self._entries[moment - 1] if moment else 0

    def messages(self, moment: int) -> int:
        """Return how many messages had been said."""
        return self._messages[moment - 1] if moment else 0

    def moment_of(self, mark: int) -> int:
        """Return the moment after the item with a mark, or after the last one before it."""
        return bisect_right(self._marks, mark)

    def moment_at(self, at: int) -> int:
        """Return the moment after everything that had happened by a time."""
        return bisect_right(self._times, at, hi=len(self._marks))

    def moment_of_entry(self, entry: int) -> int:
        """Return the moment after the item that made an entry, counted from 0."""
        return bisect_right(self._entries, entry, hi=len(self._marks)) + 1

    def moment_of_message(self, message: int) -> int:
        """Return the moment after a message, counted from 1; 0 for none of them, the latest where there are fewer."""
        if message <= 0:
            return 0
        return min(bisect_left(self._messages, message, hi=len(self._marks)) + 1, len(self._marks))

    def bins(self, edges: Sequence[int]) -> list[tuple[int, int]]:
        """Return the moments between which each stretch of time lies, from one edge (ns) to the next."""
        moments = [self.moment_at(edge) for edge in edges]
        return [*pairwise(moments)]
