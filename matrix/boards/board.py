"""From settled exchanges to the grid of pairs.

The board keeps tallies per session and action, and groups sessions into pairs when it is looked at: a session whose
station says who it is in the middle moves to that product's row with all that it has shown so far.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import log
from operator import attrgetter, is_
from typing import Any, Final

from matrix.boards.pair import CONNECT, FRAMING, BoardView, Evidence, Pair, PairKey, Row, Station, total_counts
from matrix.boards.record import Chapter, put_together
from matrix.boards.tally import BUCKETS_PER_E, Latencies, RowTally, SessionTally, percentile_ms
from matrix.dialect import dialect
from matrix.outcome import Outcome, gravest
from matrix.trace import Session, Side

_PASSED: Final = Outcome.PASSED
_ID: Final = attrgetter("id")

_Seen = tuple[SessionTally, RowTally]
"""What one session came to in one row."""


class Board:
    """The tallies. Fed by the judge, looked at through `view`."""

    def __init__(self) -> None:
        self._sessions: dict[int, SessionTally] = {}
        self._pairs: dict[PairKey, list[SessionTally]] = {}
        self._views: dict[PairKey, Pair] = {}
        self._seen: dict[PairKey, Pair] = {}
        self._products: dict[str, Station] = {}
        self._unnamed: dict[str, list[SessionTally]] = {}
        self._open: set[int] = set()
        self.messages = 0

    def open(self, session: Session, version: str) -> None:
        """Take up a session; its handshake is over, well or badly. One that names no CSMS of the hub is no pair's."""
        station = self._products.get(session.identity, Station(session.identity))
        server = session.header("Server", of=Side.CSMS) or ""
        tally = SessionTally(session.id, station, session.csms, version, session.upgraded, session.opened_at, server)
        tally.offered, tally.chosen = session.offered, session.chosen or ""
        self._sessions[session.id] = tally
        if session.upgraded:
            self._open.add(session.id)
        if not station.is_known:
            self._unnamed.setdefault(session.identity, []).append(tally)
        self._enter(tally)

    def close(self, session: int) -> None:
        """Note that a session has ended."""
        self._open.discard(session)
        if session in self._sessions:
            self._views.pop(self._sessions[session].key, None)

    def identify(self, session: int, station: Station) -> None:
        """Note which product a session's station is; earlier sessions of that identity that never said follow."""
        self._products[station.identity] = station
        unnamed = self._unnamed.pop(station.identity, [])
        for tally in {self._sessions[session], *unnamed}:
            self._leave(tally)
            tally.station = station
            self._enter(tally)

    def set_version(self, session: int, version: str) -> None:
        """Note the OCPP version of a session whose handshake did not settle it."""
        tally = self._sessions[session]
        self._leave(tally)
        tally.version = version
        self._enter(tally)

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
        """Count one exchange; `instead_of` takes back the outcome that the same exchange was counted with before."""
        tally = self._sessions[session]
        tally.last_at = at
        row = tally.rows.get(action)
        if row is None:
            row = tally.rows[action] = RowTally()
        if outcome is row.latest and instead_of is None:
            row.length += 1
        else:
            row.settle(outcome, instead_of, at, evidence.frame if evidence else None)
        if evidence is not None:
            row.evidence[outcome] = evidence
        if latency_ns > 0:
            row.latencies[int(log(latency_ns) * BUCKETS_PER_E)] += 1
        if self._views:
            self._views.pop(tally.key, None)

    def passed(self, session: int, action: str, at: int, latency_ns: int = 0) -> None:
        """Count an exchange that was not counted before and passed, with nothing to show: `settle` for nearly all."""
        tally = self._sessions[session]
        row = tally.rows.get(action)
        if row is None or row.latest is not _PASSED:
            Board.settle(self, session, action, _PASSED, at=at, latency_ns=latency_ns)
            return
        tally.last_at = at
        row.length += 1
        if latency_ns > 0:
            row.latencies[int(log(latency_ns) * BUCKETS_PER_E)] += 1
        if self._views:
            self._views.pop(tally.key, None)

    def view(self) -> BoardView:
        """Return the matrix as it stands; only pairs that changed since the last look are put together again."""
        for key, tallies in self._pairs.items():
            if key not in self._views:
                self._views[key] = self._seen[key] = _pair(key, tallies, self._open, self._seen.get(key))
        pairs = sorted(self._views.values(), key=lambda pair: (pair.station.label, pair.version, pair.csms, pair.key))
        return BoardView(tuple(pairs), len(self._sessions), len(self._open), self.messages)

    def absorb(self, other: "Board") -> None:
        """Take over what another board has counted: of other sessions, and of other identities."""
        pairs, *theirs = other._counted()  # noqa: SLF001 - of this class
        for mine, more in zip(self._counted()[1:], theirs, strict=True):
            mine.update(more)
        self.messages += other.messages
        for key, tallies in pairs.items():
            self._pairs[key] = sorted([*self._pairs.get(key, []), *tallies], key=_ID)
            self._views.pop(key, None)

    def _counted(self) -> tuple[dict[PairKey, list[SessionTally]], *tuple[Any, ...]]:
        """Return the tallies by pair, then what is kept by session and by identity."""
        return self._pairs, self._sessions, self._products, self._unnamed, self._open

    def _enter(self, tally: SessionTally) -> None:
        if not tally.csms:
            return
        insort(self._pairs.setdefault(tally.key, []), tally, key=_ID)
        self._views.pop(tally.key, None)

    def _leave(self, tally: SessionTally) -> None:
        if not tally.csms:
            return
        key = tally.key
        tallies = self._pairs[key]
        del tallies[bisect_left(tallies, tally.id, key=_ID)]
        self._views.pop(key, None)
        if not tallies:
            del self._pairs[key]
            self._seen.pop(key, None)


def _pair(key: PairKey, tallies: list[SessionTally], open_sessions: set[int], before: Pair | None) -> Pair:
    """Put one pair together; the latest session of the newest firmware decides each row.

    What has not changed since it was put together `before` is taken from there.
    """
    firmwares = {firmware: age for age, firmware in enumerate(dict.fromkeys(each.station.firmware for each in tallies))}
    by_age = sorted(tallies, key=lambda tally: (firmwares[tally.station.firmware], tally.id))
    seen: defaultdict[str, list[_Seen]] = defaultdict(list)
    for tally in by_age:
        for action, row in tally.rows.items():
            seen[action].append((tally, row))
    actions = _actions(seen.keys(), key.version)
    known = {row.action: row for row in before.rows} if before else {}
    rows = tuple(_row(action, who, seen.get(action, ()), known.get(action)) for action, who in actions.items())
    return Pair(
        key=key,
        station=by_age[-1].station,
        csms=key.csms,
        version=key.version,
        outcome=_pair_outcome(rows, tallies),
        rows=rows,
        sessions=tuple(tally.id for tally in tallies),
        open_sessions=sum(tally.id in open_sessions for tally in tallies),
        last_at=max(tally.last_at for tally in tallies),
        offered=frozenset(offer for tally in tallies for offer in tally.offered),
        chosen=frozenset(tally.chosen for tally in tallies if tally.chosen),
    )


def _pair_outcome(rows: Iterable[Row], tallies: Iterable[SessionTally]) -> Outcome:
    """Return the gravest of the rows; where no session could be opened, whether a CSMS refused or the path was down."""
    outcome = gravest(row.outcome for row in rows)
    if any(tally.upgraded for tally in tallies):
        return outcome
    return Outcome.UNREACHABLE if outcome is Outcome.FAILED else outcome


def _actions(seen: Iterable[str], version: str) -> dict[str, str]:
    """Return the actions of a pair's rows with who may send them: the version's own, and whatever else was seen."""
    known = dialect(version).actions
    return {
        CONNECT: "",
        FRAMING: "",
        **{action: known.get(action, "") for action in sorted({*seen, *known} - {CONNECT, FRAMING})},
    }


def _row(action: str, initiators: str, seen: Sequence[_Seen], before: Row | None) -> Row:
    history = tuple([row.told(tally.id, tally.station.firmware) for tally, row in seen])
    if before is not None and len(history) == len(before.history) and all(map(is_, history, before.history)):
        return before
    if not seen:
        return Row.untested(action, initiators)
    of_all = Latencies()
    for _, row in seen:
        row.add_latencies(of_all)
    latencies = of_all.counts()
    return Row(
        action=action,
        initiators=initiators,
        outcome=history[-1].outcome,
        counts=total_counts(history),
        p50_ms=percentile_ms(latencies, 0.50),
        p95_ms=percentile_ms(latencies, 0.95),
        evidence=history[-1].evidence,
        history=history,
        changes=put_together(Chapter(row, tally.id, tally.station.firmware, tally.server) for tally, row in seen),
    )
