"""A damaged recording, read as far as it is whole, into a new one that says where something is missing.

What may be missing is not held against anybody: in every session that was open there, and at the beginning of the next
of every station, stands a frame that was not read, as where a disk was full.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from hub.database import Connection, Transaction, connect
from hub.errors import HubError
from hub.leaves import Found, Pages, opened_pages
from hub.recording import handshake_of, session_of
from hub.recording_file import WritableRecording
from hub.rewriting import Rewriter, gap, referred
from matrix.notes import Note
from matrix.trace import Closed, Disturbed, Ending, Frame, Opened, Session, Side, Traffic, mark_of, time_of

FRAME_VALUES: Final = 11
STEP_VALUES: Final = 9
NOTE_VALUES: Final = 14
LEAST_SESSION_VALUES: Final = 26
"""Of the first schema; later ones have added to its end."""
WHY: Final = "the recording is damaged: what was said here is lost"
END: Final = "the recording is damaged: how this session ended is lost"
LOST: Final = "damaged recording"
"""The origin of a session of which only frames are left."""
HOUR_NS: Final = 3_600_000_000_000
_HEADS: Final = frozenset({0, 2, 4, 6, 8, 10, 14})
"""How many bytes of a frame on the wire are not its payload (RFC 6455 §5.2); 0 where only payloads were counted."""


class SalvageError(HubError):
    """Nothing can be read from a damaged file; the message says so."""


class Salvaged(NamedTuple):
    """What could be read.

    `missing` counts numbers in the order of recording of which nothing is left, in so many `gaps`; `lost_sessions` are
    those of which only frames are left.
    """

    sessions: int
    frames: int
    missing: int
    gaps: int
    lost_sessions: int

    @property
    def sentence(self) -> str:
        """What could be read, in words."""
        read = f"{_counted(self.frames, 'frame')} of {_counted(self.sessions, 'session')} can be read"
        lost = f"; of {_counted(self.lost_sessions, 'session')} only frames are left" if self.lost_sessions else ""
        if not self.missing:
            return f"{read}, and no number is missing in the order of recording{lost}"
        where = f"at least {_counted(self.missing, 'item')} missing, in {_counted(self.gaps, 'place')}"
        return f"{read}; {where}{lost}; what may be missing is held against nobody"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def salvage(path: Path, into: WritableRecording, advance_to: Callable[[int], object]) -> Salvaged:
    """Write what can be read of a damaged recording into a new one. `advance_to` is told how many pages were read.

    Frames keep their numbers where what marks a gap needs no more of them than are missing; later ones move up.

    Raises:
        SalvageError: nothing can.
        DatabaseError: the new one cannot be written to.
    """
    beside = into.path.with_name(f"{into.path.name}.found")
    connection = connect(beside)
    try:
        heap = _Heap(connection, _columns(into.connection))
        try:
            with opened_pages(path) as (pages, _):
                heap.take_all(pages, advance_to)
        except OSError as exc:
            raise SalvageError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc
        if not heap.frames and not heap.sessions:
            raise SalvageError(f"nothing can be read from {str(path)!r}: no frame and no session is left in it")
        return _Teller(heap, into).tell()
    finally:
        connection.close()
        beside.unlink(missing_ok=True)


def _columns(connection: Connection) -> list[str]:
    return [str(name) for (name,) in connection.execute("SELECT name FROM pragma_table_info('session')")]


class _Heap:
    """What was found, in no order: frames in a file of their own, sorted there; the rest in memory."""

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


class _Teller:
    """Writes what was found in the order of recording, and what marks the gaps."""

    def __init__(self, heap: _Heap, into: WritableRecording) -> None:
        self._heap = heap
        notes = list(heap.notes.values())
        self._writer = Rewriter(into, referred(0, heap.steps.values(), notes), keeps_sessions=True)
        self._now = 0
        self._mark = 0
        self._open: dict[int, Session] = {}
        self._told: set[int] = set()
        self._doubts: dict[tuple[str, str], int] = {}
        self._missing = self._gaps = self._lost_sessions = self._marked = 0

    def tell(self) -> Salvaged:
        """Write everything."""
        for item in merge(self._heap.frames_in_order(), self._others(), key=mark_of):
            if mark_of(item) > self._mark + 1:
                self._gap(mark_of(item) - self._mark - 1, time_of(item))
            self._mark = max(self._mark, mark_of(item))
            self._take(item)
        self._gap(0, self._now)
        for session in [*self._open.values()]:
            end = msgspec.structs.replace(
                session, closed_at=self._now, closed_by=None, ending=Ending.HUB, fault=session.fault or END
            )
            self._write(Closed(0, end))
        self._writer.finish((0, note) for note in self._heap.notes.values())
        return Salvaged(
            len(self._writer.sessions),
            self._writer.frames - self._marked,
            self._missing,
            self._gaps,
            self._lost_sessions,
        )

    def _others(self) -> Iterable[Traffic]:
        items: list[Traffic] = [*self._heap.steps.values()]
        for session, opened_mark, closed_mark in self._heap.sessions.values():
            if opened_mark is not None:
                items.append(Opened(opened_mark, handshake_of(session)))
            if closed_mark is not None:
                items.append(Closed(closed_mark, session))
        return sorted(items, key=mark_of)

    def _take(self, item: Traffic) -> None:
        match item:
            case Opened(_, session):
                self._begin(item, session)
            case Closed(_, session):
                self._open.pop(session.id, None)
                self._write(item)
            case Frame():
                if item.session not in self._heap.sessions and item.session not in self._open:
                    self._begin_lost(item)
                self._write(item)
            case Disturbed():
                if item.session in self._heap.sessions:
                    self._write(item)
        self._now = max(self._now, time_of(item))

    def _begin(self, item: Traffic, session: Session) -> None:
        self._write(item)
        if not session.upgraded:
            return
        self._open[session.id] = session
        key = session.csms, session.identity
        if self._doubts.get(key, 0) < self._gaps:
            self._doubts[key] = self._gaps
            self._mark_gap(session.id, Side.STATION, time_of(item))

    def _begin_lost(self, frame: Frame) -> None:
        """Open a session of which nothing is known but what was said in it."""
        session = Session(
            id=frame.session, opened_at=frame.at, identity=f"(session {frame.session})", csms="", origin=LOST
        )
        self._lost_sessions += 1
        self._write(Opened(0, session))
        self._open[session.id] = session
        self._told.add(session.id)
        for side in Side:
            self._mark_gap(session.id, side, frame.at)

    def _gap(self, missing: int, at: int) -> None:
        """Say in every open session that something may be missing.

        At the time of what came before: what was waited for since then is not held against anybody.
        """
        self._missing += missing
        self._gaps += bool(missing)
        for session in self._open.values():
            for side in (Side.STATION,) if session.id in self._told else Side:
                self._mark_gap(session.id, side, self._now or at)
            self._told.add(session.id)
            self._doubts[session.csms, session.identity] = self._gaps

    def _mark_gap(self, session: int, side: Side, at: int) -> None:
        self._marked += 1
        self._writer.write(gap(session, side, at, WHY))

    def _write(self, item: Traffic) -> None:
        self._writer.write(item, at_least=mark_of(item))
