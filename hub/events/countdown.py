"""Where an event stands, as other programs are told of it: the organizer all of it, who takes part the countdown."""

from typing import Annotated, Final

import msgspec

from hub.events.desk import EventDesk
from hub.events.event import EventFile
from hub.events.timetable import Timetable

AGAIN_S: Final = 10.0
"""How often a viewer is told again though nothing has changed: what came late over a slow line is put right by that."""


class PhaseShown(msgspec.Struct):
    """Where the event stands: see hub.events.timetable.Phase. `left_s` is in seconds.

    `trouble` says why the latest edit of the event file is not in force, a line for each mistake. `rules` is what the
    event makes of the rules, as `matrix.policy.Regrade.as_data` has it.
    """

    event: str
    number: int | None
    of: int
    pairs: list[tuple[str, str]]
    left_s: Annotated[float, msgspec.Meta(ge=0.0, le=1e12)] | None
    is_paused: bool
    trouble: str = ""
    rules: list[dict[str, str]] = []


def phase_shown(desk: EventDesk, *, is_whole: bool = True) -> PhaseShown:
    """Return where the event stands now; without who meets whom, and what is wrong with its file, unless `is_whole`."""
    phase = desk.phase
    pairs, trouble = ([*phase.pairs], desk.trouble) if is_whole else ([], "")
    left_s = None if phase.left is None else phase.left.total_seconds()
    rules = [regrade.as_data for regrade in desk.event.policy.values()]
    return PhaseShown(desk.event.name, phase.number, phase.of, pairs, left_s, phase.is_paused, trouble, rules)


class Countdown:
    """What one viewer is told of the rounds."""

    def __init__(self, desk: EventDesk | None, *, is_whole: bool) -> None:
        self._desk = desk
        self._is_whole = is_whole
        self._told: tuple[Timetable, EventFile, str] | None = None
        self._due_at = 0.0

    def news(self, now: float) -> PhaseShown | None:
        """Return where the event stands if that is to be told; `now` is in seconds, of a clock that nobody sets."""
        if self._desk is None:
            return None
        state = self._desk.timetable, self._desk.event, self._desk.trouble
        if state == self._told and now < self._due_at:
            return None
        shown = phase_shown(self._desk, is_whole=self._is_whole)
        changes_in_s = AGAIN_S if shown.left_s is None or shown.is_paused else shown.left_s
        self._told, self._due_at = state, now + min(AGAIN_S, changes_in_s)
        return shown
