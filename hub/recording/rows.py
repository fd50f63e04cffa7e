"""A recording that is open for reading, and its rows as data; `hub.recording.reading` asks for them.

Readers open the file read-only and never checkpoint: before SQLite 3.51.3 two connections that write or checkpoint at
once can corrupt a WAL database (docs/adr/0002-one-writer.md).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec
import orjson

from hub.errors import HubError
from hub.recording.database import (
    CannotOpenError,
    Connection,
    CorruptError,
    DatabaseError,
    NotADatabaseError,
    connect_read_only,
    snapshot,
)
from hub.recording.file_kind import TRIM_HINT, foreign, not_sqlite, why_no_recording
from hub.recording.migrations import APPLICATION_ID, applied_steps, known_steps
from matrix.notes import Note
from matrix.trace import Disturbed, Frame, Session, Side

FRAME_COLUMNS: Final = "id, session, at, side, opcode, payload, fin, rsv, masked, size, unread"
SESSION_COLUMNS: Final = (
    "id, opened_at, answered_at, closed_at, identity, csms, path, upstream, remote, tls, tunnel, offered, chosen, "
    "status, reason, request, response, body, fault, closed_by, ending, station_close, csms_close, origin, clock"
)
SESSION_AND_PLAYED: Final = f"{SESSION_COLUMNS}, (SELECT side FROM replay WHERE replay.session = session.id)"
"""What a session is made of: its columns, and who was played in it."""
_SESSION_FIELDS: Final = (*SESSION_COLUMNS.split(", "), "played")
DISTURBANCE_COLUMNS: Final = "id, number, session, at, phase, fault, text, side, frame"
NOTE_COLUMNS: Final = "id, at, author, text, session, action, rule, frame, resolved_at, resolved_by, resolution"
_SIDES: Final = {side.value: side for side in Side}


class RecordingError(HubError):
    """The file is not a recording that this version can read; the message says why."""


class Rows:
    """A recording, open for reading, and its rows as data: what is damaged in them is told by its place.

    Safe to use while a hub writes to the same file: each call sees what is committed. `name` is what sentences about it
    call it.
    """

    def __init__(self, path: Path, connection: Connection, called: Path | None = None) -> None:
        self.path = path
        self.name = str(called or path)
        self._connection = connection

    @classmethod
    def open(cls, path: Path, *, called: Path | None = None) -> Self:
        """Open an existing recording read-only; `called` is the file that somebody named, where this is a copy of it.

        Raises:
            RecordingError: the file is missing, is not SQLite, not a recording, or of a newer version.
        """
        if why := why_no_recording(path):
            raise RecordingError(why)
        try:
            connection = connect_read_only(path)
        except DatabaseError as exc:
            raise RecordingError(_why_unreadable(path, exc)) from exc
        try:
            _check(path, connection)
        except BaseException:
            connection.close()
            raise
        return cls(path, connection, called)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _frames(self, where: str, *values: Any, columns: str = FRAME_COLUMNS, **named: Any) -> Iterator[Frame]:
        for row in self._rows(f"SELECT {columns} FROM frame {where}", *values, **named):
            number, session, at, side, opcode, payload, fin, rsv, masked, size, unread = row
            numbers = type(at) is type(session) is type(opcode) is type(rsv) is type(size) is int
            if not numbers or side not in _SIDES or not isinstance(payload, str | bytes):
                raise RecordingError(f"frame {number} of {self.name!r} is damaged")
            yield Frame(number, session, at, _SIDES[side], opcode, payload, fin == 1, rsv, masked == 1, size, unread)

    def _disturbances(self, where: str, *values: int) -> Iterator[Disturbed]:
        for row in self._rows(f"SELECT {DISTURBANCE_COLUMNS} FROM disturbance {where}", *values):
            fields = dict(zip(Disturbed.__struct_fields__, row, strict=True))
            try:
                yield msgspec.convert(fields, Disturbed)
            except ValueError as exc:
                raise RecordingError(f"disturbance {row[0]} of {self.name!r} is damaged: {exc}") from exc

    def _notes(self) -> Iterator[Note]:
        for row in self._rows(f"SELECT {NOTE_COLUMNS} FROM note WHERE session IS NOT NULL ORDER BY id"):
            try:
                yield msgspec.convert(dict(zip(Note.__struct_fields__, row, strict=True)), Note)
            except ValueError as exc:
                raise RecordingError(f"note {row[0]} of {self.name!r} is damaged: {exc}") from exc

    def _session_of(self, row: Sequence[Any]) -> Session:
        """Make a session of a row of SESSION_AND_PLAYED."""
        try:
            return session_of(dict(zip(_SESSION_FIELDS, row, strict=True)))
        except ValueError as exc:
            raise RecordingError(f"session {row[0]} of {self.name!r} is damaged: {exc}") from exc

    def _rows(self, sql: str, *values: Any, **named: Any) -> Iterator[tuple[Any, ...]]:
        try:
            cursor = self._connection.execute(sql, named or values)
            try:
                yield from cursor
            finally:
                cursor.close()
        except DatabaseError as exc:
            raise RecordingError(f"{self.name!r} cannot be read: {exc}") from exc
        except UnicodeDecodeError as exc:
            raise RecordingError(f"{self.name!r} is damaged: text that is not UTF-8: {exc.object!r:.60}") from exc

    def _row(self, sql: str) -> tuple[Any, ...]:
        return next(self._rows(sql))

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        try:
            with snapshot(self._connection):
                yield
        except DatabaseError as exc:
            raise RecordingError(f"{self.name!r} cannot be read: {exc}") from exc


def session_of(row: dict[str, Any]) -> Session:
    """Make a session of a row of the table of sessions, or of those of its columns that a session has.

    Who was played stands in another table; nobody, where the row does not say.

    Raises:
        ValueError: it is damaged.
    """
    fields = {name: row[name] for name in Session.__struct_fields__ if name != "played"}
    fields["played"] = row.get("played")
    for name in ("offered", "request", "response"):
        fields[name] = orjson.loads(fields[name])
    return msgspec.convert(fields, Session)


def _why_unreadable(path: Path, exc: DatabaseError) -> str:
    match exc:
        case NotADatabaseError():
            return not_sqlite(path)
        case CorruptError():
            return f"{str(path)!r} is damaged: {exc}; {TRIM_HINT}"
        case CannotOpenError():
            return f"{str(path)!r} cannot be opened: {exc}"
        case _:
            return f"{str(path)!r} cannot be read: {exc}"


def _check(path: Path, connection: Connection) -> None:
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchall()[0]
        applied = applied_steps(connection)
    except DatabaseError as exc:
        raise RecordingError(_why_unreadable(path, exc)) from exc
    if application != APPLICATION_ID:
        raise RecordingError(foreign(path))
    if known_steps() - applied:
        raise RecordingError(f"{str(path)!r} was made by an older version; `plugfest serve` on it brings it up to date")
    if unknown := sorted(applied - known_steps()):
        raise RecordingError(f"{str(path)!r} was made by a newer version of the hub: unknown step {unknown[0]!r}")
