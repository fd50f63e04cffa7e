"""Where the event stands: which round is on and how long it still takes, on every screen while a hub runs an event."""

import time
from collections.abc import Callable

from textual.reactive import reactive
from textual.widgets import Static

from hub.events.countdown import PhaseShown
from tui.event_clock import clock_line, phase_after
from tui.journey import When


class RoundLine(Static):
    """Counts down from what the hub said last; takes no room where it said nothing. It is of now, and says so."""

    phase: reactive[PhaseShown | None] = reactive[PhaseShown | None](None)
    when: reactive[When | None] = reactive[When | None](None)

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(markup=False)
        self._clock = clock
        self._said_at = 0.0

    def on_mount(self) -> None:
        self.set_interval(1.0, self.tick)

    def watch_phase(self) -> None:
        self._said_at = self._clock()
        self.tick()

    def watch_when(self) -> None:
        self.tick()

    def tick(self) -> None:
        """Show the time that is left now."""
        phase = self.phase
        self.set_class(phase is not None, "-on")
        is_past = self.when is not None and self.when.is_back
        words = clock_line(phase_after(phase, self._clock() - self._said_at)) if phase else ""
        self.update(f"now: {words}" if is_past and words else words)
