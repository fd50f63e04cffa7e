"""How the outcome of one message type of one pair has changed: stretches of equal outcomes, one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from matrix.outcome import CONFORMING, WRONG, Outcome
from matrix.secrets import told

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
