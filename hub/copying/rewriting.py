"""Traffic of one recording or several, written into a new one under new numbers."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from hub.mirror import keep
from hub.recording.database import TRUNCATE, Transaction
from hub.recording.reading import Recording
from hub.recording.writable import WritableRecording
from hub.writing.batch import Batch, improvised_row, note_row, replay_row, session_row
from matrix.notes import Note
from matrix.trace import Closed, Disturbed, Frame, Opcode, Opened, Session, Side, Traffic

WRITTEN_TOGETHER: Final = 5_000
FOLDED_EVERY: Final = 100_000
"""Items after which the write-ahead log is folded into the file."""


class Rewriter:
    """Writes items in the order in which it is given them, and keeps what refers to them together.

    A `source` is where an item comes from: sessions and marks are told apart by it. `wanted` are the frames that
    something points to (`referred`). `keeps_sessions` leaves the sessions of one source their numbers.
    """

    def __init__(
        self, recording: WritableRecording, wanted: Iterable[tuple[int, int]] = (), *, keeps_sessions: bool = False
    ) -> None:
        self._recording = recording
        self._keeps_sessions = keeps_sessions
        self._waiting: list[Traffic] = []
        self._unfolded = 0
        self._wanted = frozenset(wanted)
        self._frames: dict[tuple[int, int], int] = {}
        self._numbers: dict[tuple[int, int], int] = {}
        self._touched: list[tuple[int, int, int]] = []
        self.sessions: dict[tuple[int, int], int] = {}
        self.last_mark = 0
        self.frames = 0

    def write(self, item: Traffic, source: int = 0, *, at_least: int = 0) -> int:
        """Write an item; return its mark, which is the next one, or `at_least` that."""
        mark = self.last_mark = max(self.last_mark + 1, at_least)
        self._waiting.append(self._renumbered(item, source, mark))
        if len(self._waiting) >= WRITTEN_TOGETHER:
            self.flush()
        return mark

    def write_pending(self, session: Session, source: int = 0) -> None:
        """Write a session whose handshake was not over: it has no place in the order of recording yet."""
        self.flush()
        batch = Batch(sessions=[session_row(self._named(session, source), None, None)])
        batch.write(Transaction(self._recording.connection))

    def flush(self) -> None:
        """Write what was taken up.

        Raises:
            DatabaseError: the disk takes no more.
        """
        self._unfolded += len(self._waiting)
        keep(self._recording, self._waiting)
        self._waiting.clear()
        if self._unfolded >= FOLDED_EVERY:
            self._unfolded = 0
            self._recording.connection.wal_checkpoint(mode=TRUNCATE)

    def finish(self, notes: Iterable[tuple[int, Note]] = (), sites: Iterable[tuple[int, str | None]] = ()) -> None:
        """Write the rest: notes with their sources, where steps of disturbances point to, sites of sessions.

        Raises:
            DatabaseError: the disk takes no more.
        """
        self.flush()
        with Transaction(self._recording.connection) as cursor:
            for mark, source, frame in self._touched:
                cursor.execute(
                    "UPDATE disturbance SET frame = ? WHERE id = ?", (self._frames.get((source, frame)), mark)
                )
            for number, (source, note) in enumerate(notes, start=1):
                if (session := self.sessions.get((source, note.session))) is not None:
                    there = None if note.frame is None else self._frames.get((source, note.frame))
                    cursor.execute(*note_row(msgspec.structs.replace(note, id=number, session=session, frame=there)))
            cursor.executemany("UPDATE session SET site = ? WHERE id = ?", ((site, session) for session, site in sites))

    def link_replays(self, recording: Recording, source: int = 0) -> None:
        """Write what sessions of a source were played from, as their recording says it of those that were written.

        Raises:
            DatabaseError: the disk takes no more.
        """
        with Transaction(self._recording.connection) as cursor:
            for session, replay in recording.replays().items():
                if (number := self.sessions.get((source, session))) is not None:
                    cursor.execute(*replay_row(msgspec.structs.replace(replay, session=number)))
                    for message_id, action in recording.improvised(session):
                        cursor.execute(*improvised_row(number, message_id, action))

    def _renumbered(self, item: Traffic, source: int, mark: int) -> Traffic:
        match item:
            case Frame():
                self.frames += 1
                if (source, item.id) in self._wanted:
                    self._frames[source, item.id] = mark
                return msgspec.structs.replace(item, id=mark, session=self.number_of(item.session, source))
            case Opened(_, session):
                return Opened(mark, self._named(session, source))
            case Closed(_, session):
                return Closed(mark, self._named(session, source))
            case Disturbed():
                return self._step(item, source, mark)

    def _step(self, step: Disturbed, source: int, mark: int) -> Disturbed:
        number = self._numbers.setdefault((source, step.number), mark)
        if step.frame is not None:
            self._touched.append((mark, source, step.frame))
        session = self.number_of(step.session, source)
        return msgspec.structs.replace(step, mark=mark, number=number, session=session, frame=None)

    def _named(self, session: Session, source: int) -> Session:
        return msgspec.structs.replace(session, id=self.number_of(session.id, source))

    def number_of(self, session: int, source: int) -> int:
        """Return what a session of a source is numbered here: sessions are counted as they come up."""
        number = session if self._keeps_sessions else len(self.sessions) + 1
        return self.sessions.setdefault((source, session), number)


def gap(session: int, side: Side, at: int, why: str) -> Frame:
    """Return the frame that stands where something is missing of what a side said; its number is yet to be given."""
    return Frame(0, session, at, side, Opcode.UNREAD, b"", unread=why)


def referred(source: int, steps: Iterable[Disturbed], notes: Iterable[Note]) -> list[tuple[int, int]]:
    """Return the frames that steps of disturbances and notes point to, with their source."""
    pointing: list[Any] = [*steps, *notes]
    return [(source, each.frame) for each in pointing if each.frame is not None]
