"""What is counted while the judge goes through a session: of each of its rows, and of who met whom in it."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, log
from typing import Final

from matrix.boards.pair import Evidence, PairKey, SessionOutcome, Station
from matrix.boards.record import Record
from matrix.outcome import Outcome, gravest

UNTIMED: Final = -1
"""The bucket of an exchange that has no latency."""
BUCKETS_PER_E: Final = 20
"""Latency buckets per factor e: a bucket is 5 % wide."""


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
        return int(log(latency_ns) * BUCKETS_PER_E)

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
    offered: tuple[str, ...] = ()
    chosen: str = ""
    rows: dict[str, RowTally] = field(default_factory=dict)

    @property
    def key(self) -> PairKey:
        return PairKey(self.station.key, self.csms, self.version)


def percentile_ms(buckets: Mapping[int, int], share: float) -> float | None:
    """Return the latency below which that share of the exchanges lies, as the middle of its bucket."""
    if not buckets:
        return None
    wanted = share * sum(buckets.values())
    for bucket in sorted(buckets):
        wanted -= buckets[bucket]
        if wanted <= 0:
            break
    return exp((bucket + 0.5) / BUCKETS_PER_E) / 1e6
