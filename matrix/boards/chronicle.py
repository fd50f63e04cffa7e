"""A board that keeps what was entered on it, so that it can be put together as it was (`matrix.boards.hindsight`).

Written by the thread that judges, read by any: what is there does not change any more.
"""

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matrix.boards.board import Board
from matrix.boards.pair import Evidence, Station
from matrix.boards.row_log import RowLog, Settled
from matrix.boards.timeline import FAILURES, Kind, Timeline
from matrix.exchange import Exchange
from matrix.outcome import Outcome
from matrix.trace import Session

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
