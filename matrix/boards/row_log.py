"""All that was entered in one row of one session, so that the row can be put together as it was after any entry.

Nearly all entries say that a message type came to the same outcome again: 14 bytes in arrays. The others, events, are
kept whole. Events that show the same outcome again are a run; there is a copy of the row's tally every RUNS_APART runs:
as much has to be counted again at most.

Written by the thread that judges, read by any: what is there does not change any more.
"""

from array import array
from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

from matrix.boards.pair import Evidence
from matrix.boards.tally import UNTIMED, Latencies, RowTally
from matrix.outcome import Outcome

RUNS_APART: Final = 16


class Settled(NamedTuple):
    """An entry in a row that is not the same again."""

    outcome: Outcome
    instead_of: Outcome | None
    at: int
    evidence: Evidence | None

    def enter(self, tally: RowTally) -> None:
        """Count it, as `Board.settle` does."""
        if self.outcome is tally.latest and self.instead_of is None:
            tally.length += 1
        else:
            tally.settle(self.outcome, self.instead_of, self.at, self.evidence.frame if self.evidence else None)
        if self.evidence is not None:
            tally.evidence[self.outcome] = self.evidence


class Recalled(RowTally):
    """What the first entries of a row come to. Its latencies are those of the log, counted where they are asked for.

    `event` is the last event among them, in that `run`; `apart` are those that do not count for what it came to.
    """

    __slots__ = ("_buckets", "apart", "event", "run", "timed")

    def __init__(self, buckets: "array[int]", run: int, event: int) -> None:
        super().__init__()
        self._buckets = buckets
        self.apart = self.timed = 0
        self.run, self.event = run, event

    def add_latencies(self, total: Latencies) -> None:
        if self.timed:
            total.single.extend(self._buckets[: self.timed])


class Placed(NamedTuple):
    """A row as it was after an entry on the board, -1 for none, and up to another; `at` (ns): when its last one was."""

    after: int
    until: int
    length: int
    at: int
    tally: Recalled | None


class RowLog:
    """All entries in one row of one session, in order. `tally` is what they come to, but for latencies."""

    __slots__ = ("_buckets", "_copies", "_events", "_is_timed", "_numbers", "_places", "_runs", "_times", "tally")

    def __init__(self) -> None:
        self.tally = RowTally()
        self._numbers = array("I")
        self._times = array("q")
        self._buckets = array("h")
        self._places = array("I")
        self._runs = array("I")
        self._events: list[Settled] = []
        self._copies: list[RowTally] = []
        self._is_timed = False

    def note_again(self, number: int, at: int, latency_ns: int) -> None:
        """Keep an entry that comes to the same again, with nothing to show for it."""
        self.tally.length += 1
        self._note(number, at, latency_ns)

    def note(self, number: int, settled: Settled, latency_ns: int) -> None:
        """Keep any other entry."""
        if settled.evidence is None or settled.instead_of is not None or settled.outcome is not self.tally.latest:
            self._begin_run()
        settled.enter(self.tally)
        self._events.append(settled)
        self._places.append(len(self._numbers))
        self._note(number, settled.at, latency_ns)

    def _begin_run(self) -> None:
        if len(self._runs) % RUNS_APART == 0:
            self._copies.append(self.tally.copy())
        self._runs.append(len(self._events))

    def _note(self, number: int, at: int, latency_ns: int) -> None:
        if latency_ns > 0:
            self._is_timed = True
            self._buckets.append(RowTally.bucket(latency_ns))
        else:
            self._buckets.append(UNTIMED)
        self._times.append(at)
        self._numbers.append(number)

    def __len__(self) -> int:
        return len(self._numbers)

    def count(self, entries: int) -> int:
        """Return how many of the board's first `entries` are in this row."""
        return bisect_left(self._numbers, entries)

    def number(self, place: int) -> int:
        """Return which entry of the board one of this row is."""
        return self._numbers[place]

    def last_at(self) -> int:
        """Return of when the last entry is (ns), 0 where there is none."""
        return self._times[-1] if self._times else 0

    def placed(self, entries: int, written: int, known: Placed | None = None) -> Placed:
        """Return the row as it was after the board's first `entries`, of which `written` are in the logs.

        `known` may be what it was after others; its tally may be changed then.
        """
        numbers = self._numbers
        count = bisect_left(numbers, entries)
        until = numbers[count] if count < len(numbers) else written
        if not count:
            return Placed(-1, until, 0, 0, None)
        tally = known.tally if known is not None else None
        if known is None or known.length != count:
            tally = self._as_of(count, tally)
        return Placed(numbers[count - 1], until, count, self._times[count - 1], tally)

    def _as_of(self, count: int, known: Recalled | None) -> Recalled:
        """Return what the first `count` entries come to; `known` may be what others came to, and is changed then."""
        event = bisect_left(self._places, count) - 1
        run = bisect_right(self._runs, event) - 1
        if known is None or known.run != run or (known.event != event and event == self._runs[run]):
            known = self._count_again(run, event, count)
        elif known.event != event:
            self._show(known, event)
        known.length, known.event = count - known.apart, event
        known.timed = count if self._is_timed else 0
        return known

    def _count_again(self, run: int, event: int, count: int) -> Recalled:
        """Count from the copy before."""
        copy = run // RUNS_APART
        tally = Recalled(self._buckets, run, event)
        self._copies[copy].copy_to(tally)
        for number in range(copy * RUNS_APART, run):
            self._enter_run(tally, self._runs[number], self._runs[number + 1] - 1, self._places[self._runs[number + 1]])
        self._enter_run(tally, self._runs[run], event, count)
        tally.apart = count - tally.length
        return tally

    def _enter_run(self, tally: RowTally, first: int, last: int, end: int) -> None:
        """Enter what came to the same, by its first event and its last one, up to a place."""
        self._events[first].enter(tally)
        tally.length += end - self._places[first] - 1
        if last > first:
            self._show(tally, last)

    def _show(self, tally: RowTally, event: int) -> None:
        """Let an event show the outcome that it has come to."""
        settled = self._events[event]
        assert settled.evidence is not None
        tally.evidence[settled.outcome] = settled.evidence
