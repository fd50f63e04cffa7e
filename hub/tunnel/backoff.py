"""How long to wait before the next attempt: longer each time, and never at the same time as everybody else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import random
from typing import Final

FIRST_S: Final = 0.25
MOST_S: Final = 8.0


@dataclass(slots=True)
class Backoff:
    """Delays that double, each between a half and the whole of it; `chance` gives numbers from 0 to 1."""

    first_s: float = FIRST_S
    most_s: float = MOST_S
    chance: Callable[[], float] = random
    _attempts: int = field(default=0, init=False)

    def next_s(self) -> float:
        """Return how long to wait now, in seconds."""
        whole: float = min(self.first_s * 2 ** min(self._attempts, 30), self.most_s)
        self._attempts += 1
        return whole * (1 + self.chance()) / 2

    def reset(self) -> None:
        """Begin anew: the last attempt went well."""
        self._attempts = 0
