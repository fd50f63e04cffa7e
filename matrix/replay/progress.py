"""How far a session has come: what the other side has done again, and until when the rest of it is waited for."""

from collections.abc import Callable
from typing import Final

from matrix.replay.acts import SECOND, Start, Tempo
from matrix.replay.script import Cue, Kind, Script, Step
from matrix.trace import Side

LEAST_PATIENCE: Final = SECOND // 10
"""What is left of the patience with a peer that asks for nothing that it had asked for."""
LEAST_NEED: Final = SECOND
"""The same, with what something depends on."""
LINGER: Final = SECOND // 10
"""How long the peer has to have asked nothing before a session is closed."""
CSMS_PATIENCE: Final = SECOND
"""How long a CALL of the CSMS is waited for, beyond its time, that nothing depends on: the CSMS may be waiting too."""


class Progress:
    """Where in its script a session is, and whether it is time for the next step.

    `cursor` is the number of the next step, `wake_at` when to look again, `waits_until` how long what a step needs is
    waited for at most (0: it is not). `unanswered` is called with each step whose answer is waited for no longer.
    `not_before` holds everything up until then; `stopped` says why nothing needs to be waited for any more.
    """

    def __init__(self, script: Script, tempo: Tempo, start: Start, unanswered: Callable[[Step], None]) -> None:
        self.script = script
        self.tempo = tempo
        self.cursor = 0
        self.not_before = 0
        self.stopped = ""
        self.wake_at: int | None = start.opened_at
        self.waits_until = 0
        self.series: set[str] = set()
        self._start = start
        self._unanswered = unanswered
        self._settled = [False] * len(script.events)
        self._settled_at = [0] * len(script.events)
        self._low = 0
        self._sent_at: dict[int, int] = {}
        self._last_step = (script.begins_at, start.opened_at)
        self._heard_at = self._ready_at = start.opened_at
        self._asked_at = 0
        self._come: set[int] = set()
        self._most_patience = tempo.deadline_ns
        if script.side is Side.STATION:
            self._most_patience = min(CSMS_PATIENCE, tempo.deadline_ns)
        self._patience = self._most_patience
        self._need = tempo.deadline_ns

    @property
    def next_step(self) -> Step:
        return self.script.steps[self.cursor]

    # -- what has happened --------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Begin to find out anew when to look again."""
        self.wake_at, self.waits_until = None, 0

    def wake(self, at: int) -> None:
        """Look again by then."""
        self.wake_at = at if self.wake_at is None else min(self.wake_at, at)

    def sent(self, number: int, now: int) -> None:
        """Note that a step was said."""
        self._last_step = (self.script.steps[number].at, now)
        self._sent_at[number] = now

    def heard(self, now: int) -> None:
        """Note that the peer does something about the script: what else it is to do is waited for from now on."""
        self._heard_at = now

    def asked(self, now: int) -> None:
        """Note that the peer asks something, whatever it is."""
        self._asked_at = now

    def came(self, cue: int) -> None:
        """Note that a CALL of the peer has come."""
        self._patience, self._need = self._most_patience, self.tempo.deadline_ns
        self._come.add(cue)

    def lacking(self, step: Step) -> list[int]:
        """Return which CALLs that a step is said because of have not come; such are waited for less from now on."""
        lacking = [number for number in step.needs if number not in self._come]
        for _ in lacking:
            self._need = max(self._need // 2, LEAST_NEED)
        return lacking

    def is_settled(self, place: int | None) -> bool:
        """Tell whether an event has happened, or is waited for no longer."""
        return place is not None and self._settled[place]

    def settle(self, place: int, now: int) -> None:
        """Note that an event has happened; `now` is 0 where it has not, and is not waited for."""
        self._settled[place] = True
        self._settled_at[place] = now
        self._ready_at = max(self._ready_at, now)

    def settle_cue(self, cue: Cue, now: int) -> None:
        """Note that a CALL of the peer was answered, or is not to be."""
        if cue.event is not None and not self._settled[cue.event]:
            self.settle(cue.event, now)
        self._settle_uncounted(cue, now)

    def _settle_uncounted(self, cue: Cue, now: int) -> None:
        """Let one of those that come in any number stand for all that the next step waits for."""
        if not (series := cue.series) or self.cursor >= len(self.script.steps):
            return
        self.series.add(series)
        for place in range(self._low, self.next_step.after):
            event = self.script.events[place]
            if event.cue is not None and self.script.cues[event.cue].series == series and not self._settled[place]:
                self.settle(place, now)

    # -- whether it is time -------------------------------------------------------------------------------------------

    def is_ready(self, now: int) -> bool:
        """Tell whether the next step is to be done now; where it is not, `wake_at` says when to look again."""
        step = self.next_step
        due = self._due(step)
        if not self._has_happened(step, due, now):
            return False
        if (limit := self._limit_of_needs(step, due)) > now:
            self.waits_until = limit
            self.wake(limit)
            return False
        if (due := self._time_of(step)) > now:
            self.wake(due)
            return False
        return True

    def late_by(self, step: Step, now: int) -> int | None:
        """Return how late a step is, in nanoseconds; None of one that something else than the time was waited for."""
        if self.tempo.is_at_once or step.kind in (Kind.WAIT, Kind.CLOSE):
            return None
        due = self._due(step)
        return None if self._ready_at > due else now - due

    def _has_happened(self, step: Step, due: int, now: int) -> bool:
        """Tell whether all that came before a step has happened, or been waited for long enough."""
        while True:
            while self._low < step.after and self._settled[self._low]:
                self._low += 1
            if self._low >= step.after:
                return True
            if (limit := self._limit(self._low, due)) > now:
                self.wake(limit)
                return False
            self._give_up(step.after, due, now)

    def _time_of(self, step: Step) -> int:
        """Return when a step is to be done, now that nothing else is waited for."""
        due = self._due(step)
        if step.kind is Kind.WAIT:
            return max(due, self._ready_at) + self.tempo.deadline_ns
        if step.kind is Kind.CLOSE:
            said_at = max(self._last_step[1], self._ready_at)
            latest = max(due, said_at) + self.tempo.deadline_ns
            return max(due, min(max(self._asked_at, said_at) + LINGER, latest))
        return due

    def _due(self, step: Step) -> int:
        """Return when a step's time is, as far as is known."""
        if self.tempo.is_at_once:
            return self.not_before
        if self._start.recorded_at is not None:
            at = self._start.live_at + self.tempo.scaled(step.at - self._start.recorded_at)
            return max(at, self.not_before)
        recorded_at, live_at = self._last_step
        if step.after and self._settled_at[step.after - 1]:
            event = self.script.events[step.after - 1]
            if event.at >= recorded_at:
                recorded_at, live_at = event.at, self._settled_at[step.after - 1]
        return max(live_at + self.tempo.scaled(max(step.at - recorded_at, 0)), self.not_before)

    def _limit(self, place: int, due: int) -> int:
        """Return until when an event is waited for."""
        event = self.script.events[place]
        if event.step is None:
            left = event.gap - self.tempo.scaled(event.gap)  # what a timer of the peer's takes, however fast we are
            return self._quiet_since(due) + self._patience + min(max(left * 3 // 2, 0), self.tempo.deadline_ns)
        sent_at = self._sent_at.get(event.step, 0)
        if event.until is None:
            return sent_at + self.tempo.deadline_ns
        return sent_at + min(max(self.tempo.scaled(event.until - event.at), SECOND), self.tempo.deadline_ns)

    def _limit_of_needs(self, step: Step, due: int) -> int:
        """Return until when is waited for what a step is said because of; 0 where all of it has come."""
        if self.stopped or all(number in self._come for number in step.needs):
            return 0
        return self._quiet_since(due) + self._need

    def _quiet_since(self, due: int) -> int:
        return max(due, self._heard_at, self._last_step[1])

    def _give_up(self, until: int, due: int, now: int) -> None:
        """Wait no longer for what is overdue before a step."""
        has_missed = False
        for place in range(self._low, until):
            if not self._settled[place] and self._limit(place, due) <= now:
                event = self.script.events[place]
                self.settle(place, 0)
                self._ready_at = now
                has_missed |= event.cue is not None
                if event.step is not None:
                    self._unanswered(self.script.steps[event.step])
        if has_missed:
            self._patience = max(self._patience // 2, LEAST_PATIENCE)
