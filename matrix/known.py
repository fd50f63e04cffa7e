"""What is known so far about a station with a CSMS, across sessions: kept and updated here, read by the rules."""

from collections.abc import Hashable
from typing import Final, NamedTuple

from matrix.trace import Session, Side

IDS_REMEMBERED: Final = 4_096
"""Message ids remembered per side; an id that comes again after more calls than this is not noticed."""


class UsedId(NamedTuple):
    """Where a message id was used: a digest of action and payload, the frame, the session."""

    content: int
    frame: int
    session: int


class Known:
    """What has been seen of one station identity at one CSMS. Rules read it; only the judge changes it.

    `open_sessions` maps the sessions that are open to the times (ns) at which they were opened.
    """

    def __init__(self) -> None:
        self.refused_since_ns: list[int] = []
        self.open_sessions: dict[int, int] = {}
        self._used_ids: dict[Side, dict[str, UsedId]] = {Side.STATION: {}, Side.CSMS: {}}

    def used(self, side: Side, message_id: str) -> UsedId | None:
        """Return the last use of a message id by that side, in this session or an earlier one."""
        return self._used_ids[side].get(message_id)

    def note_id(self, side: Side, message_id: str, use: UsedId) -> None:
        """Remember that a CALL of `side` bore this id."""
        ids = self._used_ids[side]
        ids[message_id] = use
        if len(ids) > IDS_REMEMBERED:
            del ids[next(iter(ids))]

    def note_end(self, session: Session) -> None:
        """Remember that a session is over."""
        self.open_sessions.pop(session.id, None)

    def note_handshake(self, session: Session) -> None:
        """Remember which sessions are open, and when the CSMS answered 404 in a row; any other answer ends the row."""
        if session.upgraded:
            self.open_sessions[session.id] = session.opened_at
        if session.status == 404 and session.fault is None:
            self.refused_since_ns.append(session.opened_at)
            del self.refused_since_ns[:-IDS_REMEMBERED]
        else:
            self.refused_since_ns.clear()


class Acquaintance:
    """All that is known, by identity and CSMS: another CSMS's transactions and ids are another story."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Known] = {}

    def of(self, session: Session) -> Known:
        """Return what is known about a session's station at its CSMS."""
        return self._known.setdefault((session.csms, session.identity), Known())
