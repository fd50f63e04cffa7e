"""What came of a replayed session: what went as it was recorded, and where the live peer departed from that."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from matrix.replay.compare import Difference
from matrix.secrets import HIDDEN, is_secret, told

MOST_DEPARTURES: Final = 1_000
"""Departures of one session that are told one by one."""
SHOWN: Final = 120
"""Characters that are told of a value."""


class What(StrEnum):
    """What there is to count."""

    SENT = "sent"
    KEPT_ALIVE = "heartbeats while waiting"
    NOT_SENT = "not sent"
    AS_RECORDED = "answered as recorded"
    DIFFERENTLY = "answered differently"
    UNANSWERED = "unanswered"
    SILENT_AS_RECORDED = "unanswered as recorded"
    ASKED = "asked as recorded"
    ASKED_DIFFERENTLY = "asked differently"
    ASKED_AGAIN = "asked again"
    IMPROVISED = "improvised"
    LEFT_OPEN = "left unanswered as recorded"
    MISSING = "missing"
    GARBAGE = "not understood"
    ENDING = "ended otherwise"


DEPARTURES: Final = frozenset({
    What.NOT_SENT, What.DIFFERENTLY, What.UNANSWERED, What.ASKED_DIFFERENTLY, What.IMPROVISED, What.MISSING,
    What.GARBAGE, What.ENDING,
})  # fmt: skip
"""What makes a replay one that did not go as recorded."""


class Departure(msgspec.Struct, frozen=True):
    """One place where the live peer left the script; `frame` is the recorded one that it is about, 0 for none."""

    what: What
    action: str
    frame: int
    text: str
    differences: tuple[Difference, ...] = ()


class Timing(msgspec.Struct, frozen=True):
    """How late messages were sent, in milliseconds, of those that nothing had to be waited for but the time."""

    messages: int
    p50_ms: float
    p95_ms: float
    most_ms: float


class SessionReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one session. `origin` is the recorded session, `session` the one that was recorded now."""

    identity: str
    origin: int
    session: int
    side: str
    counts: dict[str, int]
    departures: tuple[Departure, ...]
    untold: int = 0
    timing: Timing | None = None
    trouble: str = ""

    @property
    def went_as_recorded(self) -> bool:
        return not self.trouble and not any(self.counts.get(what) for what in DEPARTURES)


class Notes:
    """Takes down what happens in one session."""

    def __init__(self) -> None:
        self.counts: Counter[What] = Counter()
        self.departures: list[Departure] = []
        self.untold = 0
        self._late_ns: list[int] = []

    def count(self, what: What) -> None:
        self.counts[what] += 1

    def depart(
        self, what: What, text: str, *, action: str = "", frame: int = 0, differences: Iterable[Difference] = ()
    ) -> None:
        """Count and tell a departure: what differs, or a text, which may hold what a peer said."""
        self.counts[what] += 1
        if len(self.departures) == MOST_DEPARTURES:
            self.untold += 1
            return
        shown = tuple(Difference(*(told(each, SHOWN) for each in one)) for one in differences)
        sentence = _sentence(shown) if shown else told(text, 4 * SHOWN)
        self.departures.append(Departure(what, told(action, SHOWN), frame, sentence, shown))

    def late(self, by_ns: int) -> None:
        """Note how late something was sent."""
        self._late_ns.append(by_ns)

    @property
    def timing(self) -> Timing | None:
        return timing_of(self._late_ns)


def timing_of(late_ns: Sequence[int]) -> Timing | None:
    """Return the quantiles of lateness in nanoseconds; None where there is none."""
    if not late_ns:
        return None
    ordered = sorted(late_ns)

    def quantile(share: float) -> float:
        return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)] / 1e6, 3)

    return Timing(len(ordered), quantile(0.5), quantile(0.95), quantile(1.0))


def _sentence(found: Sequence[Difference]) -> str:
    first = found[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{first.pointer or 'the answer'}: {first.recorded} -> {first.live}{more}"


def without_secrets(differences: Iterable[Difference], recorded: Any, live: Any) -> list[Difference]:
    """Return differences as they may be shown: of a secret, that there is one."""
    return [
        each._replace(recorded=HIDDEN, live=HIDDEN)
        if is_secret(recorded, each.pointer) or is_secret(live, each.pointer)
        else each
        for each in differences
    ]
