"""What is left of a damaged recording: the rows that can be believed, whatever page they were found on."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from hub.recording.database import Connection, Transaction
from hub.recording.rows import session_of
from hub.salvaging.leaves import Found, Pages
from matrix.notes import Note
from matrix.trace import Disturbed, Frame, Session, Side

FRAME_VALUES: Final = 11
STEP_VALUES: Final = 9
NOTE_VALUES: Final = 14
LEAST_SESSION_VALUES: Final = 26
"""Of the first schema; later ones have added to its end."""
HOUR_NS: Final = 3_600_000_000_000
_HEADS: Final = frozenset({0, 2, 4, 6, 8, 10, 14})
"""How many bytes of a frame on the wire are not its payload (RFC 6455 §5.2); 0 where only payloads were counted."""


class Heap:
    """What was found: frames in a file of their own, sorted there; the rest in memory, by number."""

    def __init__(self, connection: Connection, columns: list[str]) -> None:
        self._connection = connection
        self._columns = columns
        self.frames = 0
        self.sessions: dict[int, tuple[Session, int | None, int | None]] = {}
        self.steps: dict[int, Disturbed] = {}
        self.notes: dict[int, Note] = {}
        connection.pragma("journal_mode", "OFF")
        connection.execute(
            "CREATE TABLE found (id INTEGER PRIMARY KEY, session, at, side, opcode, fin, rsv, masked, size, payload,"
            " unread, clashes DEFAULT 0)"
        )

    def take_all(self, pages: Pages, advance_to: Callable[[int], object]) -> None:
        """Take up what the pages hold."""
        with Transaction(self._connection):
            for read, found in enumerate(pages.rows(), start=1):
                self._take(found)
                if read % 10_000 == 0:
                    advance_to(pages.read)

    def _take(self, found: Found) -> None:
        count = len(found.values)
        if count == FRAME_VALUES and _is_frame(found):
            self._keep_frame(found)
        elif LEAST_SESSION_VALUES <= count <= len(self._columns):
            self._keep_session(found)
        elif count in (STEP_VALUES, NOTE_VALUES) and found.values[0] is None:
            self._keep_other(found)

    def _keep_frame(self, found: Found) -> None:
        """Keep a frame; of two that say different things under one number, neither can be believed."""
        self.frames += 1
        self._connection.execute(
            "INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO UPDATE SET clashes ="
            " clashes + ((session, at, side, payload) IS NOT"
            " (excluded.session, excluded.at, excluded.side, excluded.payload))",
            (found.number, *found.values[1:]),
        )

    def _keep_session(self, found: Found) -> None:
        row = dict.fromkeys(self._columns) | dict(zip(self._columns, found.values, strict=False)) | {"id": found.number}
        try:
            session = session_of(row)
        except (ValueError, TypeError):
            return
        marks = row["opened_mark"], row["closed_mark"]
        if found.number < 1 or not all(mark is None or (isinstance(mark, int) and mark > 0) for mark in marks):
            return
        there = self.sessions.get(found.number)
        if there is None or (there[2] is None and marks[1] is not None) or (there[1] is None and marks[0] is not None):
            self.sessions[found.number] = session, *marks

    def _keep_other(self, found: Found) -> None:
        try:
            if len(found.values) == STEP_VALUES:
                step = dict(zip(Disturbed.__struct_fields__, (found.number, *found.values[1:]), strict=True))
                self.steps[found.number] = msgspec.convert(step, Disturbed)
            else:
                self.notes[found.number] = _note_of(found)
        except ValueError:
            return

    def frames_in_order(self) -> Iterator[Frame]:
        """Yield the frames that can be believed, by number."""
        before = None
        for frame in self._frames():
            if before is not None and _fits(before, frame):
                yield before
            before = frame
        if before is not None:
            yield before

    def _frames(self) -> Iterator[Frame]:
        """Yield the frames, but for those that were recorded long before the one before them."""
        last = 0
        query = (
            "SELECT id, session, at, side, opcode, payload, fin, rsv, masked, size, unread FROM found"
            " WHERE clashes = 0 ORDER BY id"
        )
        for number, session, at, side, opcode, payload, fin, rsv, masked, size, unread in self._connection.execute(
            query
        ):
            if at >= last - HOUR_NS:
                last = at
                yield Frame(number, session, at, Side(side), opcode, payload, fin == 1, rsv, masked == 1, size, unread)


def _fits(frame: Frame, following: Frame) -> bool:
    """Tell whether a frame was not recorded long after the one that follows it."""
    return frame.at <= following.at + HOUR_NS


def _is_frame(found: Found) -> bool:
    """Tell whether the values are those of a frame, of which nothing was lost on the way."""
    none, session, at, side, opcode, fin, rsv, masked, size, payload, unread = found.values
    numbers = (session, at, opcode, fin, rsv, masked, size)
    if none is not None or found.number < 1 or not all(type(number) is int for number in numbers):
        return False
    if side not in ("station", "csms") or not isinstance(payload, str | bytes) or not isinstance(unread, str | None):
        return False
    is_plain = session > 0 and at >= 0 and -1 <= opcode <= 15 and fin in (0, 1) and masked in (0, 1)
    return is_plain and 0 <= rsv <= 7 and _has_its_size(size, payload, is_inflated=bool(rsv), unread=unread)


def _has_its_size(size: int, payload: str | bytes, *, is_inflated: bool, unread: str | None) -> bool:
    """Tell whether a payload is as long as it was on the wire, where that can be told."""
    if not size or is_inflated or unread is not None:
        return size >= 0
    return size - len(payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload) in _HEADS


def _note_of(found: Found) -> Note:
    """Make a note of a row.

    Raises:
        ValueError: it is none.
    """
    _, at, author, _, _, _, text, session, action, rule, frame, *resolved = found.values
    resolved_at, resolved_by, resolution = resolved
    values = (found.number, at, author, text, session, action, rule, frame, resolved_at, resolved_by, resolution)
    return msgspec.convert(dict(zip(Note.__struct_fields__, values, strict=True)), Note)
