"""What people say about cells of the matrix: a note contests one until it is resolved, and never changes its outcome.

A note names a session and a message type; the cell is that of the pair that the session counts for, also when its
station says only later what it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from matrix.boards.pair import Pair


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What `author` said about a message type ("": about the pair as a whole), and how it was resolved, if it was.

    `rule` and `frame` say what in particular is contested, where it is something in particular. Times are nanoseconds
    since the epoch, UTC. All texts are people's: show them through `safe`.
    """

    id: int
    at: int
    author: str
    text: str
    session: int
    action: str = ""
    rule: str = ""
    frame: int | None = None
    resolved_at: int | None = None
    resolved_by: str = ""
    resolution: str = ""

    @property
    def is_open(self) -> bool:
        """True while it contests its cell."""
        return self.resolved_at is None


@dataclass(frozen=True, slots=True)
class Notes:
    """All notes of a recording, oldest first."""

    notes: tuple[Note, ...] = ()

    def of_pair(self, pair: Pair) -> tuple[Note, ...]:
        """Return what was said about a pair and its message types."""
        return tuple(self._of_pair(pair))

    def of_cell(self, pair: Pair, action: str) -> tuple[Note, ...]:
        """Return what was said about one message type of a pair, or (with "") about the pair as a whole."""
        return tuple(note for note in self._of_pair(pair) if note.action == action)

    def of_session(self, session: int) -> tuple[Note, ...]:
        """Return what was said about a session, its frames and its message types."""
        return tuple(note for note in self.notes if note.session == session)

    def as_of(self, at: int) -> "Notes":
        """Return what had been said at a time (ns), and had been resolved by then."""
        return Notes(tuple(_open_again(note, at) for note in self.notes if note.at <= at))

    def contested(self, pair: Pair) -> frozenset[str]:
        """Return the message types of a pair that are contested; "" where the pair as a whole is."""
        return frozenset(note.action for note in self._of_pair(pair) if note.is_open)

    def _of_pair(self, pair: Pair) -> Iterator[Note]:
        sessions = frozenset(pair.sessions) if self.notes else frozenset()
        return (note for note in self.notes if note.session in sessions)


NO_NOTES: Final = Notes()


def _open_again(note: Note, at: int) -> Note:
    """Return a note as it was at a time."""
    if note.resolved_at is None or note.resolved_at <= at:
        return note
    return msgspec.structs.replace(note, resolved_at=None, resolved_by="", resolution="")


def about_frame(notes: Iterable[Note], frame: int | None, action: str) -> tuple[Note, ...]:
    """Return those notes of a session that are about a frame, or about its message type and no frame in particular.

    Without a frame, it is the handshake: notes on that, and on the pair as a whole.
    """
    if frame is None:
        return tuple(note for note in notes if note.action in ("", action))
    return tuple(note for note in notes if note.frame == frame or (note.frame is None and note.action == action))
