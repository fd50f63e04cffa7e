"""From settled exchanges to the grid of pairs.

The board keeps tallies per session and action, and groups sessions into pairs when it is looked at: a session whose
station says who it is in the middle moves to that product's row with all that it has shown so far.
"""

from array import array
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, log
from operator import attrgetter, is_
from typing import Any, Final, NamedTuple

from matrix.dialect import dialect
from matrix.finding import Blame
from matrix.history import NO_HISTORY, Chapter, History, Record, put_together
from matrix.outcome import CONFORMING, Outcome, gravest
from matrix.trace import Session, Side

CONNECT: Final = "Connect"
"""The row for the connection itself: upgrade, subprotocol, URL, authentication, close."""
FRAMING: Final = "Framing"
"""The row for what every message has in common, whatever its action."""
UNTIMED: Final = -1
"""The bucket of an exchange that has no latency."""

_PASSED: Final = Outcome.PASSED


@dataclass(frozen=True, slots=True)
class Station:
    """A station product as its BootNotification names it; only `identity` is set until one is seen."""

    identity: str
    vendor: str = ""
    model: str = ""
    firmware: str = ""

    @property
    def is_known(self) -> bool:
        return bool(self.vendor or self.model)

    @property
    def key(self) -> str:
        """What tells it from other stations: no identity is taken for a product, no vendor for part of a model."""
        return f"{self.vendor}\0{self.model}" if self.is_known else f"\0\0{self.identity}"

    @property
    def label(self) -> str:
        """Its name for people: vendor and model, else the identity. Peer text: show it through `safe`."""
        return f"{self.vendor} {self.model}".strip() or self.identity or "(no identity)"


class PairKey(NamedTuple):
    """What makes a pair: the station's product (or identity, while that is all there is), CSMS and OCPP version.

    `station` is `Station.key`: for telling stations apart, not for showing them.
    """

    station: str
    csms: str
    version: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows an outcome: a frame of a session (None for a handshake), the fact in words, and whose doing it is.

    `blame` is None where there is nothing to blame anybody for, as for what is refused or inconclusive.
    """

    session: int
    frame: int | None
    text: str
    blame: Blame | None = None


class SessionOutcome(NamedTuple):
    """What one action came to in one session: one step of a cell's history."""

    session: int
    firmware: str
    outcome: Outcome
    counts: Mapping[Outcome, int]
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Row:
    """One message type of one pair (or `Connect`, or `Framing`).

    `outcome` is that of the latest session; `counts` are over all sessions of the pair; `history` is oldest first, a
    session each, and `changes` says how the outcome of its exchanges has changed.
    `initiators` says who may send it: "station", "csms", "both", or "" for Connect and Framing. Latencies are of
    answered CALLs, in milliseconds, within 5 %; None where nothing was answered.
    """

    action: str
    initiators: str
    outcome: Outcome
    counts: Mapping[Outcome, int]
    p50_ms: float | None
    p95_ms: float | None
    evidence: Evidence | None
    history: tuple[SessionOutcome, ...]
    changes: History = NO_HISTORY

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def passed(self) -> int:
        return sum(count for outcome, count in self.counts.items() if outcome in CONFORMING)


@dataclass(frozen=True, slots=True)
class Pair:
    """A station product with a CSMS in one OCPP version: one cell of the matrix.

    `rows` are Connect, Framing, then every action of the version by name, the untested ones included. `tested` counts
    the rows that were exercised, `passed` those of them that passed, with or without remarks.
    """

    key: PairKey
    station: Station
    csms: str
    version: str
    outcome: Outcome
    rows: tuple[Row, ...]
    sessions: tuple[int, ...]
    open_sessions: int
    last_at: int

    @property
    def tested(self) -> int:
        return sum(row.outcome is not Outcome.UNTESTED for row in self.rows)

    @property
    def passed(self) -> int:
        return sum(row.outcome in CONFORMING for row in self.rows)

    def row(self, action: str) -> Row:
        """Return the row of an action.

        Raises:
            KeyError: the action does not exist in this pair's version and was not seen.
        """
        for row in self.rows:
            if row.action == action:
                return row
        raise KeyError(action)


@dataclass(frozen=True, slots=True)
class BoardView:
    """The matrix at one moment; immutable, so that it can be handed to another thread."""

    pairs: tuple[Pair, ...]
    sessions: int
    sessions_open: int
    messages: int

    @property
    def stations(self) -> tuple[tuple[str, str], ...]:
        """The rows of the matrix: station label and version, sorted."""
        return tuple(sorted({(pair.station.label, pair.version) for pair in self.pairs}))

    @property
    def csmses(self) -> tuple[str, ...]:
        """The columns of the matrix, sorted."""
        return tuple(sorted({pair.csms for pair in self.pairs}))

    @property
    def pairs_tried(self) -> int:
        return len({(pair.station.label, pair.csms) for pair in self.pairs})

    @property
    def pairs_possible(self) -> int:
        return len({pair.station.label for pair in self.pairs}) * len(self.csmses)

    def pair(self, key: PairKey) -> Pair | None:
        """Return the pair with that key; None where there is none (any more: an identity may have become a product)."""
        return next((pair for pair in self.pairs if pair.key == key), None)

    def pair_of(self, key: PairKey, sessions: Iterable[int]) -> Pair | None:
        """Return the pair with that key, or else one that some of these sessions count for: it had another name."""
        known = frozenset(sessions)
        return self.pair(key) or next((pair for pair in self.pairs if known & {*pair.sessions}), None)


class RowTally(Record):
    """What one action came to in one session."""

    __slots__ = ("_told", "_told_length", "evidence", "latencies")

    def __init__(self) -> None:
        super().__init__()
        self.evidence: dict[Outcome, Evidence] = {}
        self.latencies: defaultdict[int, int] = defaultdict(int)
        self._told: SessionOutcome | None = None
        self._told_length = 0

    @staticmethod
    def bucket(latency_ns: int) -> int:
        """Return in which bucket a latency is counted, of 5 % each."""
        return int(log(latency_ns) * _BUCKETS_PER_E)

    def copy(self) -> "RowTally":
        """Return one that has counted the same."""
        copied = RowTally()
        self.copy_to(copied)
        copied.latencies = self.latencies.copy()
        return copied

    def copy_to(self, other: Record) -> None:
        """Let another one have counted the same, but for latencies."""
        super().copy_to(other)
        assert isinstance(other, RowTally)
        other.evidence, other._told = self.evidence.copy(), None  # noqa: SLF001 - of this class

    def settle(self, outcome: Outcome, instead_of: Outcome | None, at: int, frame: int | None) -> None:
        """Count an exchange; `instead_of` is what it was counted with before."""
        self._told = None
        if instead_of is outcome:
            return
        if instead_of is not None:
            self.take_back(instead_of)
            if instead_of not in self.counts:
                self.evidence.pop(instead_of, None)
        self.add(outcome, at, frame)

    def add_latencies(self, total: "Latencies") -> None:
        """Add the latencies to those of other sessions."""
        for bucket, count in self.latencies.items():
            total.counted[bucket] += count

    def told(self, session: int, firmware: str) -> SessionOutcome:
        """Return what it came to; put together again only where that has changed, or the station's firmware."""
        told = self._told
        if told is None or self._told_length != self.length or told.firmware != firmware:
            counts = self.counts
            outcome = gravest(counts) if len(counts) > 1 else self.latest or gravest(counts)
            told = SessionOutcome(session, firmware, outcome, counts, self.evidence.get(outcome))
            self._told, self._told_length = told, self.length
        return told


class Latencies:
    """Of one row of a pair, by bucket: `counted`, or one by one, as others have them (UNTIMED where there is none)."""

    __slots__ = ("counted", "single")

    def __init__(self) -> None:
        self.counted: defaultdict[int, int] = defaultdict(int)
        self.single = array("h")

    def counts(self) -> Mapping[int, int]:
        """Return how many there are in each bucket."""
        for bucket, count in Counter(self.single).items():
            self.counted[bucket] += count
        self.counted.pop(UNTIMED, None)
        return self.counted


@dataclass(slots=True, eq=False)
class SessionTally:
    """What one session came to so far, and the pair that it counts for."""

    id: int
    station: Station
    csms: str
    version: str
    upgraded: bool
    last_at: int
    server: str = ""
    rows: dict[str, RowTally] = field(default_factory=dict)

    @property
    def key(self) -> PairKey:
        return PairKey(self.station.key, self.csms, self.version)


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
            row.latencies[int(log(latency_ns) * _BUCKETS_PER_E)] += 1
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
            row.latencies[int(log(latency_ns) * _BUCKETS_PER_E)] += 1
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


_ID: Final = attrgetter("id")
_BUCKETS_PER_E: Final = 20
"""Latency buckets per factor e: a bucket is 5 % wide."""


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
        return Row(action, initiators, Outcome.UNTESTED, {}, None, None, None, ())
    of_all = Latencies()
    for _, row in seen:
        row.add_latencies(of_all)
    latencies = of_all.counts()
    return Row(
        action=action,
        initiators=initiators,
        outcome=history[-1].outcome,
        counts=_added(step.counts for step in history),
        p50_ms=_percentile_ms(latencies, 0.50),
        p95_ms=_percentile_ms(latencies, 0.95),
        evidence=history[-1].evidence,
        history=history,
        changes=put_together(Chapter(row, tally.id, tally.station.firmware, tally.server) for tally, row in seen),
    )


def part_of(pair: Pair, sessions: Collection[Session]) -> Pair:
    """Return what some of a pair's sessions came to by themselves.

    Latencies and changes are not known of a part; neither is the identity of its station.
    """
    numbers = frozenset(session.id for session in sessions)
    rows = tuple(row for each in pair.rows if (row := _part_of_row(each, numbers, pair.version)) is not None)
    outcome = gravest(row.outcome for row in rows)
    if outcome is Outcome.FAILED and not any(session.upgraded for session in sessions):
        outcome = Outcome.UNREACHABLE
    firmwares = [step.firmware for row in rows for step in row.history[-1:]]
    return replace(
        pair,
        station=replace(pair.station, identity="", firmware=firmwares[0] if firmwares else ""),
        outcome=outcome,
        rows=rows,
        sessions=tuple(number for number in pair.sessions if number in numbers),
        open_sessions=sum(session.is_open and session.upgraded for session in sessions),
    )


def _part_of_row(row: Row, sessions: Collection[int], version: str) -> Row | None:
    """Return what some sessions say of a message type; None where only others have shown that it exists."""
    history = tuple(step for step in row.history if step.session in sessions)
    if not history:
        is_known = row.action in {CONNECT, FRAMING, *dialect(version).actions}
        return Row(row.action, row.initiators, Outcome.UNTESTED, {}, None, None, None, ()) if is_known else None
    latest, counts = history[-1], _added(step.counts for step in history)
    return Row(row.action, row.initiators, latest.outcome, counts, None, None, latest.evidence, history)


def _added(counts: Iterable[Mapping[Outcome, int]]) -> dict[Outcome, int]:
    total: dict[Outcome, int] = {}
    for each in counts:
        for outcome, count in each.items():
            total[outcome] = total.get(outcome, 0) + count
    return total


def _percentile_ms(buckets: Mapping[int, int], share: float) -> float | None:
    """Return the latency below which that share of the exchanges lies, as the middle of its bucket."""
    if not buckets:
        return None
    wanted = share * sum(buckets.values())
    for bucket in sorted(buckets):
        wanted -= buckets[bucket]
        if wanted <= 0:
            break
    return exp((bucket + 0.5) / _BUCKETS_PER_E) / 1e6
