"""Whether what one end gives to a connection of a tunnel arrives at the other. Does no I/O, and reads no clock.

A single connection can go silent while the way is sound. It cannot be asked, since all its bytes are the session's: so
both ends count, and tell each other the counts by the control connection, with each ping.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hub.tunnel.words import Counts

PATIENCE: Final = 3
"""After so many reports in a row that show the same standstill, a connection is taken for broken."""
NOT_ARRIVING: Final = "nothing of what {giver} sends through this connection arrives, while other connections do well"
FORGOTTEN: Final = "{other} has this connection no more"


@dataclass(frozen=True, slots=True)
class Count:
    """What an end has `given` to a connection and `taken` from it, in bytes.

    It `is_full` while it takes nothing, since who is behind it takes nothing.
    """

    given: int
    taken: int
    is_full: bool


@dataclass(frozen=True, slots=True)
class Standstill:
    """What may be a broken connection: why, the count that does not rise, and how many reports have shown that."""

    why: str
    count: int
    seen: int = 1


@dataclass(slots=True)
class Flow:
    """Compares what the other end tells with what this one knows, from the beginning of a control connection on.

    `giver` and `other` are what the ends are called in a sentence.
    """

    giver: str
    other: str
    _standstills: dict[str, Standstill] = field(default_factory=dict)

    def hear(self, theirs: Counts, ours: Mapping[str, Count]) -> dict[str, str]:
        """Return the connections that are broken, each with the reason in a sentence."""
        now = {ticket: still for ticket, count in ours.items() if (still := self._still(ticket, theirs, count))}
        self._standstills = {ticket: _again(still, self._standstills.get(ticket)) for ticket, still in now.items()}
        return {ticket: still.why for ticket, still in self._standstills.items() if still.seen >= PATIENCE}

    def _still(self, ticket: str, theirs: Counts, ours: Count) -> Standstill | None:
        taken = theirs.taken.get(ticket)
        if taken is None:
            return None if ours.is_full else Standstill(FORGOTTEN.format(other=self.other), ours.taken)
        if taken >= ours.given or ticket in theirs.full:
            return None
        return Standstill(NOT_ARRIVING.format(giver=self.giver), taken)


def counts_of(ours: Mapping[str, Count]) -> Counts:
    """Return what the other end is told."""
    return Counts(
        taken={ticket: count.taken for ticket, count in ours.items()},
        full=[ticket for ticket, count in ours.items() if count.is_full],
    )


def _again(now: Standstill, before: Standstill | None) -> Standstill:
    if before is None or (before.why, before.count) != (now.why, now.count):
        return now
    return Standstill(now.why, now.count, before.seen + 1)
