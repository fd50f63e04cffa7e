"""What is known so far about a station with a CSMS, across sessions. Rules read it; notes and the judge change it.

A family of rules keeps what it needs to remember in a class of its own beside its rules, and asks for it by that class:
`known.story(BootStory)` for what concerns a station at one CSMS, `known.life(...)` for what concerns the station
wherever it connects. Only functions registered by `matrix.rule.note` change it.
"""

from collections.abc import Hashable
from typing import Any, Final, Protocol, TypeVar

import msgspec

from matrix.alarms import Alarms
from matrix.trace import Session, Side

IDS_REMEMBERED: Final = 4_096
"""Message ids remembered per side, and up to as many again; one that comes again later than that is not noticed."""
REFUSALS_REMEMBERED: Final = 64

Story = TypeVar("Story")


class Recollection(Protocol):
    """Returns what a family of rules remembers, by its class; made empty when first asked for."""

    def __call__(self, kind: type[Story], /) -> Story: ...


class Stories(dict[type, Any]):
    """What families remember, by their classes."""

    def __missing__(self, kind: type) -> Any:
        found = self[kind] = kind()
        return found


class UsedId(msgspec.Struct, frozen=True, gc=False):
    """Where a message id was used: a digest of action and payload, the frame, the session."""

    content: int
    frame: int
    session: int


class UsedIds:
    """The ids of a side in two generations: forgetting costs nothing per id."""

    __slots__ = ("_earlier", "_latest")

    def __init__(self) -> None:
        self._latest: dict[str, UsedId] = {}
        self._earlier: dict[str, UsedId] = {}

    def used(self, message_id: str) -> UsedId | None:
        """Return the last use of a message id by that side, in this session or an earlier one."""
        return self._latest.get(message_id) or self._earlier.get(message_id)

    def note(self, message_id: str, use: UsedId) -> None:
        """Remember that a CALL bore this id."""
        latest = self._latest
        latest[message_id] = use
        if len(latest) == IDS_REMEMBERED:
            self._latest, self._earlier = {}, latest


class Known:
    """What has been seen of one station identity at one CSMS.

    `gap_at` is the time from which on nothing is missing: when the hub first saw this station at this CSMS, or when
    something was lost since (frames that were not recorded or cannot be read, a hub that was stopped).
    `is_restrained` says that something restrains what is sent: the station is not accepted, or asks to be.
    `open_sessions` maps the sessions that are open to the times (ns) at which they were opened, `ids` are the message
    ids that each side has used.
    """

    __slots__ = ("alarms", "gap_at", "ids", "is_restrained", "life", "open_sessions", "refused_since_ns", "story")

    def __init__(self, since: int = 0, alarms: Alarms | None = None, lives: Stories | None = None) -> None:
        self.gap_at = since
        self.is_restrained = True
        self.alarms = alarms or Alarms()
        self.refused_since_ns: list[int] = []
        self.open_sessions: dict[int, int] = {}
        self.story: Recollection = Stories().__getitem__
        self.life: Recollection = (Stories() if lives is None else lives).__getitem__
        self.ids: dict[Side, UsedIds] = {Side.STATION: UsedIds(), Side.CSMS: UsedIds()}

    def has_all_since(self, at: int | None) -> bool:
        """Tell whether nothing that the station or this CSMS said since `at` (ns) is missing; None was never."""
        return at is not None and at >= self.gap_at

    def note_gap(self, at: int) -> None:
        """Remember that something is missing up to `at`: what was known before is in doubt."""
        self.gap_at = max(self.gap_at, at + 1)

    def note_end(self, session: Session) -> None:
        """Remember that a session is over."""
        self.open_sessions.pop(session.id, None)

    def note_handshake(self, session: Session) -> None:
        """Remember which sessions are open, and when the CSMS answered 404 in a row; any other answer ends the row."""
        if session.upgraded:
            self.open_sessions[session.id] = session.opened_at
        if session.status == 404 and session.fault is None:
            self.refused_since_ns.append(session.opened_at)
            del self.refused_since_ns[:-REFUSALS_REMEMBERED]
        else:
            self.refused_since_ns.clear()


class Acquaintance:
    """All that is known, by identity and CSMS: another CSMS's transactions and ids are another story."""

    def __init__(self) -> None:
        self.alarms = Alarms()
        self._known: dict[Hashable, Known] = {}
        self._lives: dict[str, Stories] = {}

    def of(self, session: Session) -> Known:
        """Return what is known about a session's station at its CSMS."""
        key = (session.csms, session.identity)
        known = self._known.get(key)
        if known is None:
            lives = self._lives.setdefault(session.identity, Stories())
            known = self._known[key] = Known(session.opened_at, self.alarms, lives)
        return known
