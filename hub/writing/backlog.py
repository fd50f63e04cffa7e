"""What becomes of batches that cannot be written: what is lost is counted, what can be kept is written later."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hub.recording.database import Cursor, Transaction
from hub.writing.batch import (
    DELETE_PARTIAL,
    INSERT_DISTURBANCE,
    INSERT_FRAME,
    Batch,
    DisturbanceRow,
    FrameRow,
    Row,
    Stream,
)
from matrix.trace import Opcode

log = logging.getLogger(__name__)

_MARK_CLOSED: Final = "UPDATE session SET closed_mark = ? WHERE id = ?"


@dataclass(slots=True)
class Gap:
    """What was relayed and not recorded of one stream."""

    since: int
    frames: int = 0
    size: int = 0


@dataclass(slots=True)
class Backlog:
    """What could not be written: sessions and notes are kept, frames are counted."""

    reason: str
    sessions: list[tuple[str, Row]] = field(default_factory=list)
    disturbances: list[DisturbanceRow] = field(default_factory=list)
    notes: list[tuple[str, Row]] = field(default_factory=list)
    gaps: dict[Stream, Gap] = field(default_factory=dict)

    def take(self, batch: Batch) -> None:
        self.sessions += batch.sessions
        self.disturbances += batch.disturbances
        self.notes += batch.notes
        for _, session, at, side, _, size, _ in batch.texts:
            self._count(session, side, at, size)
        for _, session, at, side, _, _, _, _, _, size in batch.frames:
            self._count(session, side, at, size)
        for _, session, at, side, _, _, _, _, _, size, _ in batch.unread_frames:
            self._count(session, side, at, size)

    def _count(self, session: int, side: str, at: int, size: int) -> None:
        gap = self.gaps.setdefault(Stream(session, side), Gap(at))
        gap.frames += 1
        gap.size += size

    def write(self, transaction: Transaction, next_mark: Callable[[], int]) -> None:
        """Write the sessions as they are now, and one frame for each stream that lost some, before its session's end.

        None of the marks that the sessions were given has been seen by a reader: new ones keep the order. A row that
        SQLite takes at no try is left out: it is not to keep the rest from being recorded.

        Raises:
            DatabaseError: nothing was written.
        """
        with transaction as cursor:
            for _, *step, _ in self.disturbances:
                _put(cursor, INSERT_DISTURBANCE, (next_mark(), *step, None))  # its frame is in a gap
            for statement, row in self.sessions:
                opened = {"opened_mark": next_mark()} if row.get("opened_mark") else {}
                _put(cursor, statement, row | opened | {"closed_mark": None})
            for stream, gap in self.gaps.items():
                cursor.execute(INSERT_FRAME, self._gap_row(next_mark(), stream, gap))
                cursor.execute(DELETE_PARTIAL, stream)
            for _, row in self.sessions:
                if row["closed_mark"]:
                    cursor.execute(_MARK_CLOSED, (next_mark(), row["id"]))
            for statement, row in self.notes:
                _put(cursor, statement, row)

    def _gap_row(self, mark: int, stream: Stream, gap: Gap) -> FrameRow:
        why = f"not recorded: {self.reason}, {gap.frames} frames, {gap.size} bytes"
        return (mark, stream.session, gap.since, stream.side, int(Opcode.UNREAD), b"", 1, 0, 0, 0, why)


def _put(cursor: Cursor, statement: str, row: Row | tuple[object, ...]) -> None:
    try:
        cursor.execute(statement, row)
    except (TypeError, ValueError, OverflowError):  # text that is no Unicode, an integer of more than 64 bits
        log.exception("a row cannot be written, and is lost: %s", statement.partition("(")[0].strip())
