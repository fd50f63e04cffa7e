"""How the outcome of one message type of one pair has changed: stretches of equal outcomes, one after the other.

A `Record` is what one session says, kept as it is settled; `put_together` makes a pair's `History` of them when it is
looked at, in the order in which the board lets sessions decide: by firmware, then by session.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from matrix.outcome import CONFORMING, WRONG, Outcome
from matrix.secrets import told

STRETCHES_KEPT: Final = 64
"""How many stretches are kept of one message type, in one session and in one pair; of older ones only the number."""

FLAPS: Final = 3
"""From so many changes between passing and failing on it flaps: one is a fix, two are one bad exchange among good ones;
with the third, what had been well and then was not is so again."""
FLAP_WINDOW: Final = 20
"""The latest exchanges that are looked at for that: after as many without a change it flaps no more."""


class Stretch(NamedTuple):
    """So many exchanges that one after the other came to the same outcome.

    `at` (ns), `session` and `frame` are those of the first one; the frame is None where nothing had to be shown.
    `firmware` and `server` are what station and CSMS said they were then ("" where not known); `is_update` and
    `is_new_server` say that the exchange before had another one.
    """

    outcome: Outcome
    exchanges: int
    at: int
    session: int = 0
    frame: int | None = None
    firmware: str = ""
    server: str = ""
    is_update: bool = False
    is_new_server: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """The stretches of one message type of one pair, oldest first; `dropped` were there before them."""

    stretches: tuple[Stretch, ...] = ()
    dropped: int = 0

    @property
    def changes(self) -> int:
        """How often the outcome has changed."""
        return max(len(self.stretches) + self.dropped - 1, 0)

    @property
    def latest(self) -> Outcome:
        """What the latest exchange came to."""
        return self.stretches[-1].outcome if self.stretches else Outcome.UNTESTED

    @property
    def flaps(self) -> int:
        """How often the latest FLAP_WINDOW exchanges changed between passing and failing.

        An outcome that is neither (refused, inconclusive) is passed over.
        """
        sides = [outcome in WRONG for outcome, _ in self._window(FLAP_WINDOW) if outcome in WRONG | CONFORMING]
        return sum(one is not other for one, other in pairwise(sides))

    @property
    def is_flapping(self) -> bool:
        """Tell whether it passes and fails by turns."""
        return len(self.stretches) > FLAPS and self.flaps >= FLAPS

    def last(self, number: int) -> tuple[Outcome, ...]:
        """Return the outcomes of the latest exchanges, so many at most, oldest first."""
        return tuple(outcome for outcome, count in self._window(number) for _ in range(count))

    def _window(self, size: int) -> list[tuple[Outcome, int]]:
        """Return outcomes with how often they came in a row, of the latest `size` exchanges, oldest first."""
        found = []
        for stretch in reversed(self.stretches):
            found.append((stretch.outcome, min(stretch.exchanges, size)))
            size -= stretch.exchanges
            if size <= 0:
                break
        return found[::-1]


NO_HISTORY: Final = History()


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


def sentence(history: History, decided: Outcome, clock: Callable[[int], str]) -> str:
    """Say a history in words: "failed until 14:02:10, passed since firmware 1.4.2". Peer text: show it through `safe`.

    `decided` is the outcome that the row shows; where the latest exchange came to another one, it says so. `clock`
    writes a time (ns) for people.
    """
    if not history.stretches:
        return ""
    return "; ".join(_clauses(history, decided, clock))


def _clauses(history: History, decided: Outcome, clock: Callable[[int], str]) -> Iterator[str]:
    if history.is_flapping:
        yield f"flapping: {history.flaps} changes between passing and failing in the last {_span(history)} exchanges"
    yield _latest_change(history, clock)
    if (earlier := history.changes - 1) > 0:
        yield f"{earlier} earlier change" + ("s" if earlier > 1 else "")
    if history.latest is not decided:
        yield f"{decided} is the gravest of the latest session, and counts"


def _latest_change(history: History, clock: Callable[[int], str]) -> str:
    latest = history.stretches[-1]
    at = clock(latest.at)
    if len(history.stretches) == 1:
        return f"{latest.outcome} since {at}"
    return f"{history.stretches[-2].outcome} until {at}, {latest.outcome} since" + _with_what(latest)


def _with_what(stretch: Stretch) -> str:
    if stretch.is_update:
        return f" firmware {told(stretch.firmware, 30)}"
    if stretch.is_new_server:
        return f" the CSMS is {told(stretch.server, 40)}"
    return ""


def _span(history: History) -> int:
    """Return how many exchanges were looked at for flapping."""
    return min(sum(stretch.exchanges for stretch in history.stretches), FLAP_WINDOW)
