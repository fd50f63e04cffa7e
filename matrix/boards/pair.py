"""The matrix at one moment: pairs with their rows, and what shows an outcome. Immutable: any thread may read it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

from matrix.boards.history import NO_HISTORY, History
from matrix.dialect import dialect
from matrix.finding import Blame
from matrix.outcome import CONFORMING, Outcome, gravest
from matrix.trace import Session

CONNECT: Final = "Connect"
"""The row for the connection itself: upgrade, subprotocol, URL, authentication, close."""
FRAMING: Final = "Framing"
"""The row for what every message has in common, whatever its action."""


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

    @classmethod
    def untested(cls, action: str, initiators: str) -> Self:
        """Return the row of what was never seen."""
        return cls(action, initiators, Outcome.UNTESTED, {}, None, None, None, ())

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
    the rows that were exercised, `passed` those of them that passed, with or without remarks. `offered` and `chosen`
    are the subprotocols that its stations asked for, and those that the CSMS took.
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
    offered: frozenset[str] = frozenset()
    chosen: frozenset[str] = frozenset()

    @property
    def tested(self) -> int:
        return sum(row.outcome is not Outcome.UNTESTED for row in self.rows)

    @property
    def passed(self) -> int:
        return sum(row.outcome in CONFORMING for row in self.rows)

    @property
    def is_turned_down(self) -> bool:
        """True where the CSMS took none of the subprotocols that were offered to it last, and nothing was said."""
        tested = {row.action: row.outcome for row in self.rows if row.outcome is not Outcome.UNTESTED}
        return not self.chosen and tested == {CONNECT: Outcome.REFUSED}

    def row(self, action: str) -> Row:
        """Return the row of an action.

        Raises:
            KeyError: the action does not exist in this pair's version and was not seen.
        """
        for row in self.rows:
            if row.action == action:
                return row
        raise KeyError(action)


class Meetings(NamedTuple):
    """Who has met whom, of all station products and CSMSes: `tried` of `possible`.

    Those that have shown no version in common are `strangers`, and in neither of the two: the CSMS has turned down what
    the station offered or, where they were not tried, has spoken other versions only.
    """

    tried: int
    possible: int
    strangers: int


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
    def meetings(self) -> Meetings:
        """How many station products have met how many CSMSes."""
        tried = {(pair.station.label, pair.csms) for pair in self.pairs}
        strangers = self.strangers
        every = len({label for label, _ in tried}) * len({csms for _, csms in tried})
        return Meetings(len(tried - strangers), every - len(strangers), len(strangers))

    @property
    def strangers(self) -> frozenset[tuple[str, str]]:
        """Station labels with CSMSes, tried or not, that have shown no version in common so far."""
        offered, spoken = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        met, turned_down = set[tuple[str, str]](), set[tuple[str, str]]()
        for pair in self.pairs:
            offered[pair.station.label] |= pair.offered
            spoken[pair.csms] |= pair.chosen
            (turned_down if pair.is_turned_down else met).add((pair.station.label, pair.csms))
        unlike = {(label, csms) for label in offered for csms in spoken if _are_unlike(offered[label], spoken[csms])}
        return frozenset((turned_down | unlike) - met)

    def pair(self, key: PairKey) -> Pair | None:
        """Return the pair with that key; None where there is none (any more: an identity may have become a product)."""
        return next((pair for pair in self.pairs if pair.key == key), None)

    def pair_of(self, key: PairKey, sessions: Iterable[int]) -> Pair | None:
        """Return the pair with that key, or else one that some of these sessions count for: it had another name."""
        known = frozenset(sessions)
        return self.pair(key) or next((pair for pair in self.pairs if known & {*pair.sessions}), None)


def _are_unlike(offered: Set[str], spoken: Set[str]) -> bool:
    return bool(offered and spoken) and not offered & spoken


EMPTY_BOARD: Final = BoardView((), 0, 0, 0)


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
        offered=frozenset(offer for session in sessions for offer in session.offered),
        chosen=frozenset(session.chosen for session in sessions if session.chosen),
    )


def _part_of_row(row: Row, sessions: Collection[int], version: str) -> Row | None:
    """Return what some sessions say of a message type; None where only others have shown that it exists."""
    history = tuple(step for step in row.history if step.session in sessions)
    if not history:
        is_known = row.action in {CONNECT, FRAMING, *dialect(version).actions}
        return Row.untested(row.action, row.initiators) if is_known else None
    latest, counts = history[-1], total_counts(history)
    return Row(row.action, row.initiators, latest.outcome, counts, None, None, latest.evidence, history)


def total_counts(history: Iterable[SessionOutcome]) -> dict[Outcome, int]:
    """Return how many exchanges of several sessions came to what."""
    total: dict[Outcome, int] = {}
    for step in history:
        for outcome, count in step.counts.items():
            total[outcome] = total.get(outcome, 0) + count
    return total
