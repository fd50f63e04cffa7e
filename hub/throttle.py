"""What is worth a line or a row, where somebody may do the same a thousand times. Does no I/O, and reads no clock."""

from dataclasses import dataclass
from typing import Final

AGAIN_S: Final = 60.0
"""How long the same fault of the same host is not told anew."""
MOST_A_MINUTE: Final = 60
"""How many faults are told within a minute, whoever they come from."""
MOST_KNOWN: Final = 4_096


@dataclass(slots=True)
class _Known:
    told_at: float
    left_out: int = 0


class Throttle:
    """Says what is worth telling. A station with a wrong certificate tries every few seconds, a scanner all ports."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Known] = {}
        self._minute = float("-inf")
        self._in_this_minute = 0

    def admits(self, host: str, fault: str, *, now: float) -> int | None:
        """Return how many like it were left out since the last one that was told; None: leave this one out too."""
        known = self._known.get((host, fault))
        if (known and now - known.told_at < AGAIN_S) or not self._has_room(now):
            if known:
                known.left_out += 1
            return None
        left_out = self._known.pop((host, fault)).left_out if known else 0
        self._known[host, fault] = _Known(now)
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._in_this_minute += 1
        return left_out

    def _has_room(self, now: float) -> bool:
        if now - self._minute >= 60:
            self._minute, self._in_this_minute = now, 0
        return self._in_this_minute < MOST_A_MINUTE
