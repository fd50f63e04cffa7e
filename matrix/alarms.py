"""Times that rules wait for: what should have come by then, and did not.

The clock is the traffic's (docs/adr/0005): an alarm goes off before the first item that is later than it.
"""

from collections.abc import Hashable, Iterator
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from matrix.trace import Side

if TYPE_CHECKING:
    from matrix.exchange import Conversation, Exchange

ALARMS_PER_SESSION: Final = 256
"""Alarms that one session may have set, and that may wait for a side; what would come on top is not waited for."""
GRACE_NS: Final = 10_000_000_000
"""How long a side may take, once it is heard of again, to say what was held up with it; no more than the wait was."""
BACKLOG_NS: Final = 300_000_000_000
"""How long a side may go on without two seconds of rest, once it is heard of again, and still say what was held up."""
NEVER: Final = 1 << 63


class Alarm(NamedTuple):
    """A time that has come: what a rule that watches `on_alarm(name)` is given.

    `since` is when the wait began, `at` when it is over. `row` is the row of the matrix that a finding counts in;
    `exchange` is the one that it is about, whose outcome it then changes. `frame` is the evidence. `about` is the
    family's own. The session may be closed by now (`conversation.is_open`).

    `by` is the side that is waited for: the alarm then comes only when that side is heard of after `at`, for it may
    have been cut off without anybody noticing. What a line delivers first after it has stalled may be the very message
    that is missed, or one that it had to wait behind: what rules find then is a suspicion. `suspects` are those rules;
    they are asked again when that side, after a moment of rest (or BACKLOG_NS without one), is heard of for the second
    time after `asked_again_at`. What they still find is reported.
    """

    name: str
    since: int
    at: int
    conversation: "Conversation"
    row: str
    frame: int | None = None
    exchange: "Exchange | None" = None
    about: Hashable = None
    by: Side | None = None
    suspects: frozenset[str] | None = None
    asked_again_at: int = 0

    def suspected(self, suspects: frozenset[str], heard_at: int) -> "Alarm":
        """Return the alarm as it waits for the side that was heard of to say what it may have been held up with."""
        return self._replace(suspects=suspects, asked_again_at=heard_at + min(GRACE_NS, self.at - self.since))

    @property
    def key(self) -> tuple[int, str, Hashable]:
        return self.conversation.session.id, self.name, self.about


class Alarms:
    """All alarms that are set, by session, name and `about`: setting one again moves it."""

    def __init__(self) -> None:
        self.next_at = NEVER
        self._set: dict[tuple[int, str, Hashable], Alarm] = {}
        self._per_session: dict[int, int] = {}
        self._heap: list[tuple[int, int, Any]] = []
        self._number = 0

    def set(self, alarm: Alarm) -> None:
        """Set an alarm, or move the one that is set under the same key."""
        before = self._set.get(alarm.key)
        if before is None and not self._has_room(alarm.key[0]):
            return
        self._set[alarm.key] = alarm
        if before is None or alarm.at < before.at:  # else the earlier entry of the heap finds the later time
            self._push(alarm)

    def due(self, now: int) -> Iterator[Alarm]:
        """Take the alarms whose time is before `now`, in the order of their times."""
        while self.next_at < now:
            at, _, key = heappop(self._heap)
            self.next_at = self._heap[0][0] if self._heap else NEVER
            alarm = self._set.get(key)
            if alarm is None:
                continue
            if alarm.at > at:
                self._push(alarm)
            else:
                self._remove(key)
                yield alarm

    def _push(self, alarm: Alarm) -> None:
        self._number += 1
        heappush(self._heap, (alarm.at, self._number, alarm.key))
        self.next_at = self._heap[0][0]

    def _has_room(self, session: int) -> bool:
        count = self._per_session.get(session, 0)
        if count >= ALARMS_PER_SESSION:
            return False
        self._per_session[session] = count + 1
        return True

    def _remove(self, key: tuple[int, str, Hashable]) -> None:
        del self._set[key]
        self._per_session[key[0]] -= 1
        if not self._per_session[key[0]]:
            del self._per_session[key[0]]
