"""What sessions say of one message type, kept as it is settled, and the history that they make together.

Histories are put together when the board is looked at, in the order in which it lets sessions decide: by firmware, then
by session.
"""

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from matrix.boards.history import History, Stretch
from matrix.outcome import Outcome

STRETCHES_KEPT: Final = 64
"""How many stretches are kept of one message type, in one session and in one pair; of older ones only the number."""


class Record:
    """What one message type came to in one session: the stretch that goes on, and those before it.

    An exchange that comes to `latest` again costs one addition to `length`. Whoever adds it does that.
    """

    __slots__ = ("_before", "_counts", "dropped", "frame", "latest", "length", "since")

    def __init__(self) -> None:
        self.latest: Outcome | None = None
        self.length = 0
        self.since = 0
        self.frame: int | None = None
        self.dropped = 0
        self._before: list[Stretch] = []
        self._counts: defaultdict[Outcome, int] = defaultdict(int)

    @property
    def has_changed(self) -> bool:
        """True where it is not one stretch."""
        return bool(self._before)

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many exchanges came to what."""
        counts = {outcome: count for outcome, count in self._counts.items() if count} if self._counts else {}
        if self.latest is not None:
            counts[self.latest] = counts.get(self.latest, 0) + self.length
        return counts

    @property
    def stretches(self) -> list[Stretch]:
        """The stretches, oldest first, without what only the session knows."""
        if self.latest is None:
            return []
        return [*self._before, Stretch(self.latest, self.length, self.since, frame=self.frame)]

    def copy_to(self, other: "Record") -> None:
        """Let another one be as this one is."""
        other.latest, other.length, other.since, other.frame = self.latest, self.length, self.since, self.frame
        other.dropped, other._before = self.dropped, self._before.copy()  # noqa: SLF001 - of this class
        other._counts = self._counts.copy()  # noqa: SLF001 - of this class

    def add(self, outcome: Outcome, at: int, frame: int | None) -> None:
        """Count an exchange."""
        if outcome is self.latest:
            self.length += 1
            return
        if self.latest is not None:
            self._before.append(Stretch(self.latest, self.length, self.since, frame=self.frame))
            self._counts[self.latest] += self.length
        if len(self._before) >= STRETCHES_KEPT:
            del self._before[0]
            self.dropped += 1
        self.latest, self.length, self.since, self.frame = outcome, 1, max(at, self.since), frame

    def take_back(self, outcome: Outcome) -> None:
        """Uncount an exchange that is to be counted otherwise: the latest that came to `outcome`."""
        if outcome is self.latest:
            self.length -= 1
            if not self.length:
                self._go_back()
            return
        self._counts[outcome] -= 1
        place = next((n for n in reversed(range(len(self._before))) if self._before[n].outcome is outcome), None)
        if place is not None:
            self._shorten(place)

    def _go_back(self) -> None:
        """Let the stretch before be the one that goes on."""
        if not self._before:
            self.latest, self.since, self.frame = None, 0, None
            return
        last = self._before.pop()
        self._counts[last.outcome] -= last.exchanges
        self.latest, self.length, self.since, self.frame = last.outcome, last.exchanges, last.at, last.frame

    def _shorten(self, place: int) -> None:
        """Take one exchange out of an earlier stretch; where none is left, its neighbours are one if they are equal."""
        stretch = self._before[place]
        if stretch.exchanges > 1:
            self._before[place] = stretch._replace(exchanges=stretch.exchanges - 1)
            return
        del self._before[place]
        if place and place < len(self._before) and self._before[place - 1].outcome is self._before[place].outcome:
            later = self._before.pop(place)
            earlier = self._before[place - 1]
            self._before[place - 1] = earlier._replace(exchanges=earlier.exchanges + later.exchanges)
        elif place == len(self._before) and self._before and self._before[-1].outcome is self.latest:
            length = self.length
            self._go_back()
            self.length += length


class Chapter(NamedTuple):
    """What one session adds to a history, and what its two sides said they were."""

    record: Record
    session: int
    firmware: str = ""
    server: str = ""


def put_together(chapters: Iterable[Chapter]) -> History:
    """Return the history that sessions make, in the order in which they are given."""
    joined = _Joined()
    for chapter in chapters:
        record = chapter.record
        joined.dropped += record.dropped
        if record.latest is not None and record.latest is joined.outcome and not record.has_changed:
            joined.prolong(record.length, chapter)  # as nearly all are
            continue
        for stretch in record.stretches:
            joined.add(stretch, chapter)
    return joined.history()


class _Joined:
    """Stretches being joined; of each the first part, whose it is, who came before, and how many exchanges it has."""

    __slots__ = ("_before", "_count", "_first", "_joined", "_of", "_since", "dropped", "outcome")

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.dropped = 0
        self._count = 0
        self._first: Stretch
        self._of: Chapter
        self._since: Chapter | None = None
        self._before: Chapter | None = None
        self._joined: deque[tuple[Stretch, Chapter, Chapter | None, int]] = deque()

    def prolong(self, exchanges: int, chapter: Chapter) -> None:
        """Let the last stretch go on, in that session."""
        self._count += exchanges
        self._before = chapter

    def add(self, stretch: Stretch, chapter: Chapter) -> None:
        """Join what that session adds."""
        if stretch.outcome is not self.outcome:
            self._end_last()
            self.outcome, self._count = stretch.outcome, 0
            self._first, self._of, self._since = stretch, chapter, self._before
        self.prolong(stretch.exchanges, chapter)

    def history(self) -> History:
        """Return all of it."""
        self._end_last()
        return History(tuple(_stretch(*each) for each in self._joined), self.dropped)

    def _end_last(self) -> None:
        if self.outcome is None:
            return
        self._joined.append((self._first, self._of, self._since, self._count))
        if len(self._joined) > STRETCHES_KEPT:
            self._joined.popleft()
            self.dropped += 1


def _stretch(first: Stretch, of: Chapter, before: Chapter | None, exchanges: int) -> Stretch:
    return first._replace(
        exchanges=exchanges,
        session=of.session,
        firmware=of.firmware,
        server=of.server,
        is_update=before is not None and _differ(before.firmware, of.firmware),
        is_new_server=before is not None and _differ(before.server, of.server),
    )


def _differ(one: str, other: str) -> bool:
    """Tell whether two names differ; one that is not known is no other one."""
    return bool(one and other) and one != other
