"""A board that keeps what was entered on it, so that it can be put together as it was (`matrix.hindsight`).

Nearly all entries say that a message type came to the same outcome again: 14 bytes in arrays. The others, events, are
kept whole. Events that show the same outcome again are a run; there is a copy of the row's tally every RUNS_APART runs:
as much has to be counted again at most.

Written by the thread that judges, read by any: what is there does not change any more.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from matrix.board import Board
from matrix.exchange import Exchange
from matrix.outcome import Outcome
from matrix.pair import Evidence, Station
from matrix.tally import UNTIMED, Latencies, RowTally
from matrix.timeline import FAILURES, Kind, Timeline
from matrix.trace import Session

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


Step = tuple[str, tuple[Any, ...]]
"""What changed sessions, or whose they are: the name of a method of Board, and what it was called with."""


class Chronicle(Board):
    """A board that remembers. `timeline` has its moments: whoever feeds the judge calls `item_is_over` after each item.

    What a live viewer presumes (`Judge.advance`) is not traffic, and no part of what is remembered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.timeline = Timeline()
        self.steps: list[Step] = []
        self.step_numbers = array("I")
        self.logs: dict[int, dict[str, RowLog]] = {}
        self._entries = 0
        self._before: dict[tuple[str, str, str], RowLog] = {}
        self._is_presuming = False
        self._presumed: set[int] = set()
        self._waiting: tuple[int, str, Settled, int] | None = None

    # -- what is entered ----------------------------------------------------------------------------------------------

    def open(self, session: Session, version: str) -> None:
        self._note_step("open", session, version)
        super().open(session, version)

    def close(self, session: int) -> None:
        self._note_step("close", session)
        super().close(session)

    def identify(self, session: int, station: Station) -> None:
        self._note_step("identify", session, station)
        super().identify(session, station)

    def set_version(self, session: int, version: str) -> None:
        self._note_step("set_version", session, version)
        super().set_version(session, version)

    def settle(
        self,
        session: int,
        action: str,
        outcome: Outcome,
        *,
        at: int,
        evidence: Evidence | None = None,
        latency_ns: int = 0,
        instead_of: Outcome | None = None,
    ) -> None:
        if self._waiting is not None:
            self._remember(*self._waiting)
        if not self._is_presuming:
            log = self._log_of(session, action)
            if log is not None and log.tally.latest is outcome and instead_of is None and evidence is None:
                log.note_again(self._entries, at, latency_ns)  # as nearly all are
                self._entries += 1
            elif instead_of is not None and self._presumed:
                self._waiting = session, action, Settled(outcome, instead_of, at, evidence), latency_ns
            else:
                self._remember(session, action, Settled(outcome, instead_of, at, evidence), latency_ns)
        super().settle(
            session, action, outcome, at=at, evidence=evidence, latency_ns=latency_ns, instead_of=instead_of
        )  # fmt: skip

    def passed(self, session: int, action: str, at: int, latency_ns: int = 0) -> None:
        log = self._log_of(session, action) if self._waiting is None and not self._is_presuming else None
        if log is None or log.tally.latest is not Outcome.PASSED:
            self.settle(session, action, Outcome.PASSED, at=at, latency_ns=latency_ns)
            return
        log.note_again(self._entries, at, latency_ns)
        self._entries += 1
        super().passed(session, action, at, latency_ns)

    def told(self, exchange: Exchange) -> None:
        """Take up of which exchange the last entry was: what was presumed of it has not been entered."""
        if self._is_presuming:
            self._presumed.add(exchange.call_frame)
        elif self._waiting is not None:
            session, action, settled, latency_ns = self._waiting
            if exchange.call_frame in self._presumed:
                self._presumed.discard(exchange.call_frame)
                settled = settled._replace(instead_of=None)
            self._remember(session, action, settled, latency_ns)

    @contextmanager
    def presuming(self) -> Iterator[None]:
        """Let what is entered meanwhile be no part of what is remembered."""
        self._is_presuming = True
        try:
            yield
        finally:
            self._is_presuming = False

    def item_is_over(self, mark: int, at: int) -> None:
        """Note that an item of traffic with that mark has been judged, at that time (ns) of the traffic."""
        if self._waiting is not None:
            self._remember(*self._waiting)
        self.timeline.note(mark, at, self._entries, self.messages)

    # -- keeping it ---------------------------------------------------------------------------------------------------

    def _note_step(self, method: str, *arguments: Any) -> None:
        if self._waiting is not None:
            self._remember(*self._waiting)
        self.steps.append((method, arguments))
        self.step_numbers.append(self._entries)
        self._entries += 1

    def _log_of(self, session: int, action: str) -> RowLog | None:
        logs = self.logs.get(session)
        return None if logs is None else logs.get(action)

    def _remember(self, session: int, action: str, settled: Settled, latency_ns: int) -> None:
        self._waiting = None
        logs = self.logs.get(session)
        if logs is None:
            logs = self.logs[session] = {}
        log = logs.get(action)
        if log is None:
            log = self._begin(session, action, settled.outcome)
        before = log.tally.latest
        number, self._entries = self._entries, self._entries + 1
        log.note(number, settled, latency_ns)
        self._note_landmarks(session, settled.outcome, before, log.tally.latest)

    def _begin(self, session: int, action: str, outcome: Outcome) -> RowLog:
        """Begin a row; its first outcome is a change unless that row came to the same in the session before."""
        log = self.logs[session][action] = RowLog()
        tally = self._sessions[session]
        key = tally.station.identity, tally.csms, action
        earlier = self._before.get(key)
        if earlier is None or earlier.tally.latest is not outcome:
            self._note_landmark(Kind.CHANGE, session)
        self._before[key] = log
        return log

    def _note_landmarks(self, session: int, outcome: Outcome, before: Outcome | None, after: Outcome | None) -> None:
        if outcome in FAILURES:
            self._note_landmark(Kind.FAILURE, session)
        elif outcome is Outcome.DEVIATED:
            self._note_landmark(Kind.DEVIATION, session)
        if before is not None and after is not before:
            self._note_landmark(Kind.CHANGE, session)

    def _note_landmark(self, kind: Kind, session: int) -> None:
        self.timeline.landmarks[kind].note(len(self.timeline) + 1, session)
