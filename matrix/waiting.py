"""CALLs that wait for their answers, in the order of their times."""

from collections import deque
from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from matrix.alarms import NEVER
from matrix.exchange import Exchange

ANSWER_TIME_NS: Final = 30_000_000_000
"""After this a CALL counts as unanswered: the start value that Part 2 §3.2 suggests; no version fixes one."""


class Waiting:
    """CALLs in the order in which they came; those that have an outcome by traffic leave from the front.

    `due_at` is the time (ns) from which on the oldest has waited for too long. `now` is the time of the traffic, which
    never goes back: where a recording's clock was put back, a CALL has waited only since then.
    """

    def __init__(self) -> None:
        self.due_at = NEVER
        self.now = 0
        self._exchanges: deque[tuple[int, Exchange]] = deque()

    def add(self, exchange: Exchange) -> None:
        """Wait for the answer to a CALL."""
        due_at = self.now + ANSWER_TIME_NS
        if not self._exchanges:
            self.due_at = due_at
        self._exchanges.append((due_at, exchange))

    def settled(self) -> None:
        """Take up that a CALL has got its outcome: let go of those at the front that have theirs."""
        exchanges = self._exchanges
        while exchanges:
            exchange = exchanges[0][1]
            if exchange.outcome is None or exchange.is_presumed:
                break
            exchanges.popleft()
        self.due_at = exchanges[0][0] if exchanges else NEVER

    def overdue(self, now: int) -> Iterator[Exchange]:
        """Take those that have no outcome by traffic, and whose time is over."""
        exchanges = self._exchanges
        while exchanges and exchanges[0][0] < now:
            _, exchange = exchanges.popleft()
            if _is_awaited(exchange):
                yield exchange
        self.settled()

    def presumable(self, now: int) -> Iterator[Exchange]:
        """Yield those that have no outcome at all, and whose time is over."""
        for _, exchange in takewhile(lambda each: each[0] < now, self._exchanges):
            if exchange.outcome is None:
                yield exchange


def _is_awaited(exchange: Exchange) -> bool:
    return exchange.outcome is None or exchange.is_presumed
