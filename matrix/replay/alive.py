"""A station that waits for a CSMS says Heartbeats meanwhile, as stations do."""

from typing import Final

from matrix.comparing.aside import IDLE
from matrix.replay.acts import SECOND
from matrix.replay.script import Kind, Script, Step
from matrix.trace import Side

SLOWEST: Final = 60 * SECOND


class Alive:
    """When a station that waits sends a Heartbeat: after a second, then ever more seldom."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.next_at = 0
        self._pause = SECOND

    @classmethod
    def of(cls, script: Script) -> "Alive | None":
        """Return that of a station which is recorded with a Heartbeat; None of all others."""
        if script.side is not Side.STATION:
            return None
        return next((cls(step) for step in script.steps if step.action == IDLE and step.kind is Kind.CALL), None)

    def is_due(self, now: int) -> bool:
        """Tell whether it is time for one; then it counts as sent."""
        if not self.next_at or now - self.next_at > self._pause:
            self._pause, self.next_at = SECOND, now + SECOND
        if now < self.next_at:
            return False
        self._pause = min(2 * self._pause, SLOWEST)
        self.next_at = now + self._pause
        return True
