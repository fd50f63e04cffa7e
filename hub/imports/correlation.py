"""Pairing answers with CALLs, as the Open OCPP Trace format defines it: one table for each station."""

from dataclasses import dataclass, field
from typing import Final

from hub.imports.directions import Head, initiator, is_answer, is_call
from hub.imports.entries import LineError
from matrix.dialect import CALL, CALLRESULT
from matrix.recent import Recent
from matrix.trace import Side

REMEMBERED: Final = 4_096
"""Message ids that each side of a session has open at most; what is let go of counts as unanswered."""


@dataclass(slots=True)
class Count:
    """What a log came to: CALLs that no answer followed are `unanswered`, answers to no CALL `orphans`."""

    messages: int = 0
    calls: int = 0
    results: int = 0
    errors: int = 0
    answered: int = 0
    orphans: int = 0

    @property
    def unanswered(self) -> int:
        return self.calls - self.answered


@dataclass(slots=True)
class Pairing:
    """The CALLs of one session that are not answered yet, and who sent them.

    An answer belongs to the latest CALL of the other side with its id that has no answer yet; an id may be open more
    than once.
    """

    count: Count
    open: dict[Side, Recent[str, int]] = field(default_factory=lambda: {side: Recent(REMEMBERED) for side in Side})

    def sender(self, head: Head, told: Side | None, *, is_sure: bool) -> Side:
        """Return who sent a message: who the log says, else by its action or by what it answers.

        Raises:
            LineError: that cannot be told, or the log (unless it `is_sure`) contradicts itself.
        """
        shown = self._shown(head)
        if told is None and shown is None:
            raise LineError("which side sent it cannot be told")
        if told is not None and shown is not None and told is not shown and not is_sure and not is_call(head):
            raise LineError(f"it is said to come from {told.label}, which sent the CALL that it answers")
        return told or shown or Side.STATION

    def _shown(self, head: Head) -> Side | None:
        if is_call(head):
            return initiator(head.action)
        asking = [side for side in Side if head.id in self.open[side]] if is_answer(head) else []
        return asking[0].other if len(asking) == 1 else None

    def note(self, head: Head, sender: Side) -> None:
        """Take up a message that goes into the recording."""
        self.count.messages += 1
        if head.kind == CALL:
            self.count.calls += 1
            self.open[sender][head.id] = self.open[sender].get(head.id, 0) + 1
        elif is_answer(head):
            self._answer(head, sender)

    def _answer(self, head: Head, sender: Side) -> None:
        if head.kind == CALLRESULT:
            self.count.results += 1
        else:
            self.count.errors += 1
        calls = self.open[sender.other]
        times = calls.pop(head.id, 0)
        if times > 1:
            calls[head.id] = times - 1
        if times:
            self.count.answered += 1
        else:
            self.count.orphans += 1
