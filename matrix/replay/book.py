"""What was answered to which CALL, and which of that fits a CALL that comes now: by action, then by content."""

from collections import defaultdict
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from matrix.replay.compare import Context, Difference, content_of_live, content_of_recorded, differences
from matrix.replay.memory import Memory
from matrix.replay.script import Cue
from matrix.schemas import Part

LOOKED_AT: Final = 64
"""Recorded CALLs of one action that a live one is held against: the next ones."""


ECHOING: Final = frozenset({
    "GetConfiguration", "ChangeConfiguration", "GetVariables", "SetVariables", "SetVariableMonitoring",
    "ClearVariableMonitoring",
})  # fmt: skip
"""What is answered item by item: the answer to other items does not fit."""


class Fit(Enum):
    """How a recorded CALL fits a live one."""

    SAME = auto()  # and nobody has asked it yet
    ALIKE = auto()  # the same action; in what it differs is told
    AGAIN = auto()  # the recording has it, and it has been asked already


class Match(NamedTuple):
    """A recorded CALL for a live one. `differences` are those of ALIKE."""

    cue: int
    fit: Fit
    differences: list[Difference]


class Book:
    """The recorded CALLs of the other side, and which of them have come."""

    def __init__(self, version: str, cues: tuple[Cue, ...]) -> None:
        self._version = version
        self._cues = cues
        self._unused: dict[str, list[int]] = defaultdict(list)
        self._used: dict[str, list[int]] = defaultdict(list)
        for number, cue in enumerate(cues):
            self._unused[cue.action].append(number)

    def match(self, action: str, payload: dict[str, Any] | None, memory: Memory) -> Match | None:
        """Return the recorded CALL that a live one is taken for, and count it as come; None where there is none."""
        context = Context(self._version, action, Part.REQUEST)
        found = self._same(self._unused[action], payload, context, memory)
        if found is not None:
            return self._taken(found, Fit.SAME, [])
        found = self._same(self._used[action][-LOOKED_AT:], payload, context, memory)
        if found is not None:
            return Match(found, Fit.AGAIN, [])
        if action in ECHOING:
            return None
        if unused := self._unused[action]:
            ranked = [
                (differences(self._cues[number].payload, payload, context, memory), number)
                for number in unused[:LOOKED_AT]
            ]
            closest = min(ranked, key=lambda each: (len(each[0]), each[1]))
            return self._taken(closest[1], Fit.ALIKE, closest[0])
        return Match(self._used[action][-1], Fit.AGAIN, []) if self._used[action] else None

    def unused(self) -> list[int]:
        """Return the CALLs that have not come."""
        return sorted(number for numbers in self._unused.values() for number in numbers)

    def _same(self, numbers: list[int], payload: dict[str, Any] | None, context: Context, memory: Memory) -> int | None:
        if not numbers:
            return None
        wanted = content_of_live(payload, context, memory)
        for number in numbers[:LOOKED_AT]:
            if content_of_recorded(self._cues[number].payload, context, memory) == wanted:
                return number
        return None

    def _taken(self, number: int, fit: Fit, found: list[Difference]) -> Match:
        action = self._cues[number].action
        self._unused[action].remove(number)
        self._used[action].append(number)
        return Match(number, fit, found)
