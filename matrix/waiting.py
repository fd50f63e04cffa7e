"""CALLs that wait for their answers, in the order of their times."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from matrix.exchange import Exchange

ANSWER_TIME_NS: Final = 30_000_000_000
"""After this a CALL counts as unanswered: the start value that Part 2 §3.2 suggests; no version fixes one."""


class Waiting:
    """Two views of the same CALLs: what traffic shows to be overdue, and what a viewer's clock lets one presume."""

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque()
        self._presumable: deque[Exchange] = deque()

    def add(self, exchange: Exchange) -> None:
        """Wait for the answer to a CALL."""
        self._exchanges.append(exchange)
        self._presumable.append(exchange)

    def has_overdue(self, now: int) -> bool:
        """Tell whether the oldest has waited for too long."""
        return bool(self._exchanges) and self._exchanges[0].at < now - ANSWER_TIME_NS

    def overdue(self, now: int) -> Iterator[Exchange]:
        """Take those that have no outcome by traffic, and whose time is over."""
        for exchange in _take(self._exchanges, now):
            if exchange.outcome is None or exchange.is_presumed:
                yield exchange
        if len(self._presumable) > 2 * len(self._exchanges):
            self._presumable = deque(exchange for exchange in self._exchanges if exchange.outcome is None)

    def presumable(self, now: int) -> Iterator[Exchange]:
        """Take those that have no outcome at all, and whose time is over."""
        for exchange in _take(self._presumable, now):
            if exchange.outcome is None:
                yield exchange


def _take(exchanges: deque[Exchange], now: int) -> Iterator[Exchange]:
    while exchanges and exchanges[0].at < now - ANSWER_TIME_NS:
        yield exchanges.popleft()
