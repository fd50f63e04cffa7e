"""Opening a recording for writing: one hub at a time, the newest schema, and no session left open by a killed hub."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from hub.errors import RecorderError
from hub.recording.database import Connection, DatabaseError, Transaction, connect, keep_log
from hub.recording.file_kind import foreign, not_sqlite
from hub.recording.lock_file import LockFile
from hub.recording.log_index import LogIndex
from hub.recording.migrations import APPLICATION_ID, DROP_FRAME_INDEX, RECORDING, applied_steps, known_steps
from hub.recording.place import Place, sync
from hub.recording.reading import Recording
from hub.writing.batch import INSERT_FRAME
from hub.writing.checkpoint import BUSY_MS
from matrix.trace import Ending, Opcode

SQLITE_HEADER: Final = b"SQLite format 3\x00"
PAGE_BYTES: Final = 2048
"""Each commit writes the last page of the table again: smaller pages save a third of the log, and 1.5 % of the CPU."""
LOG_BYTES: Final = 64 << 20
"""What is kept of the write-ahead log's file once a slow reader has made it longer."""
PRIVATE: Final = 0o600
"""A new recording is its owner's to read, and its log with it: passwords in payloads are in it as they were spoken."""
CUT: Final = "the hub was killed while this session was open"


class Durability(StrEnum):
    """What a committed frame survives: the death of the hub's process, or that of the machine too."""

    KILL = "kill"
    POWER = "power"


SYNCHRONOUS: Final = {Durability.KILL: "NORMAL", Durability.POWER: "FULL"}
"""With NORMAL the log is synced before it is folded into the file, with FULL at each commit as well. OFF would spare
the one sync, and a power cut could then leave a file that is no database any more."""


class WritableRecording:
    """The one connection that writes, and the lock that makes it the one."""

    def __init__(self, path: Path, connection: Connection, lock: LockFile, durability: Durability) -> None:
        self.path = path
        self.connection = connection
        self.lock = lock
        self._durability = durability
        self._place = Place(path)
        self._index = LogIndex(path)

    @property
    def last_session(self) -> int:
        ((session,),) = self.connection.execute("SELECT coalesce(max(id), 0) FROM session")
        return int(session)

    @property
    def last_note(self) -> int:
        ((note,),) = self.connection.execute("SELECT coalesce(max(id), 0) FROM note")
        return int(note)

    def check(self) -> None:
        """See whether a transaction can be tried, which else might be the end of the process.

        Raises:
            RecorderError: it cannot.
        """
        self._index.check()

    def displaced(self) -> str:
        """Say which of the recording's files is not where it was, "" while all are."""
        return self._place.displaced() or ("" if self.lock.is_in_place else f"{self.lock.path.name!r} was removed")

    def restore(self) -> None:
        """Bring the recording back to its place, whole, out of the files that are open still.

        May take as long as copying it. Nobody else uses the connection meanwhile; it is another one afterwards.

        Raises:
            RecorderError: that is not possible yet.
            DatabaseError: the same, says SQLite.
            OSError: the same, says the system.
        """
        if not self.path.parent.is_dir():
            raise RecorderError(f"the folder {str(self.path.parent)!r} is gone")
        if not self.lock.is_in_place:
            self._take_lock_again()
        if self._place.displaced():
            self._place.leave(self.connection)
            self._index.close()
            self.connection = connect(self.path)
            _prepare(self.path, self.connection, self._durability)
            self._place, self._index = Place(self.path), LogIndex(self.path)

    def _take_lock_again(self) -> None:
        lock = LockFile.take(self.path)
        lock.say_where(self.lock.where)
        self.lock.release()
        self.lock = lock

    def say_where(self, url: str) -> None:
        """Leave word where the hub listens, for other programs on this machine."""
        self.lock.say_where(url)

    def close(self) -> None:
        """Write everything into the file itself, close it, and let the next hub in.

        Out of write-ahead mode it is one file, which can be copied and read from anywhere; a reader may prevent that.
        Where nothing can be written, the log is left beside it, for the next to open it.
        """
        try:
            with suppress(DatabaseError):
                self._fold()
        finally:
            self.let_go()

    def let_go(self) -> None:
        """Close it as it is, and let the next hub in."""
        try:
            self.connection.close()
            self._index.close()
        finally:
            self.lock.release()

    def _fold(self) -> None:
        try:
            self.check()
        except RecorderError:
            keep_log(self.connection)
        else:
            self.connection.set_busy_timeout(0)
            self.connection.pragma("journal_mode", "DELETE")


def open_for_writing(path: Path, *, durability: Durability = Durability.KILL, where: str = "") -> WritableRecording:
    """Open or create a recording, bring its schema up to date, and end the sessions that a killed hub left open.

    `where` is what the lock file says from the start (`hub.recording.lock_file.LockFile.take`).

    Raises:
        LockedError: another hub has the recording.
        RecorderError: the place cannot be written to, or the file is not a recording.
    """
    if path.is_dir():
        raise RecorderError(f"{str(path)!r} is a folder, not a recording")
    if not path.parent.is_dir():
        raise RecorderError(f"there is no folder {str(path.parent)!r} to record into")
    lock = LockFile.take(path, where)
    try:
        return WritableRecording(path, _open(path, durability), lock, durability)
    except BaseException:
        lock.release()
        raise


def _open(path: Path, durability: Durability) -> Connection:
    _check_header(path)
    with _said_of(path):
        _migrate(path)
        connection = connect(path)
    try:
        with _said_of(path):
            _prepare(path, connection, durability)
            _end_cut_sessions(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, sqlite3.Error) as exc:
        raise RecorderError(f"{str(path)!r} cannot be recorded into: {exc}") from exc


def _check_header(path: Path) -> None:
    """Look before SQLite does: it would take some files that are not databases for damaged ones, and write to them."""
    if path.exists() and not path.is_file():  # a pipe would have us wait
        raise RecorderError(f"{str(path)!r} cannot be recorded into: it is no file")
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE), "rb") as file:
            beginning = file.read(len(SQLITE_HEADER))
    except OSError as exc:
        raise RecorderError(f"{str(path)!r} cannot be recorded into: {exc.strerror}") from exc
    if beginning and beginning != SQLITE_HEADER:
        raise RecorderError(not_sqlite(path))


def _migrate(path: Path) -> None:
    """Bring the schema up to date: with sqlite-utils, which has closed the file before anybody else opens it."""
    with closing(connect(path)) as connection:
        _check_kind(path, connection)
        is_current = applied_steps(connection) == known_steps()
    if not is_current:
        with closing(sqlite3.connect(path, isolation_level=None)) as plain:
            plain.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # of a new recording; an old one keeps its own
            RECORDING.apply(Database(plain))


def _check_kind(path: Path, connection: Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchall()[0]
    if application == APPLICATION_ID:
        if unknown := sorted(applied_steps(connection) - known_steps()):
            raise RecorderError(f"{str(path)!r} was made by a newer version of the hub: unknown step {unknown[0]!r}")
    elif connection.execute("SELECT 1 FROM sqlite_master WHERE name <> '_sqlite_migrations' LIMIT 1").fetchall():
        raise RecorderError(foreign(path))


def _prepare(path: Path, connection: Connection, durability: Durability) -> None:
    if connection.pragma("journal_mode", "WAL") != "wal":
        raise RecorderError(f"{str(path)!r} is on a file system that SQLite's write-ahead log does not work on")
    connection.pragma("synchronous", SYNCHRONOUS[durability])
    connection.pragma("wal_autocheckpoint", 0)
    connection.pragma("journal_size_limit", LOG_BYTES)
    connection.pragma("foreign_keys", 0)  # the hub made the session itself: 0.2 µs a frame saved
    connection.pragma("ignore_check_constraints", 1)  # and the names of the sides
    with Transaction(connection):  # the first statement says whether the place is writable at all
        connection.execute(DROP_FRAME_INDEX)
    connection.set_busy_timeout(BUSY_MS)
    sync(path.parent)  # the names of a new recording and of its log


def _end_cut_sessions(path: Path, connection: Connection) -> None:
    cut: list[Any] = connection.execute("SELECT id FROM session WHERE closed_at IS NULL ORDER BY id").fetchall()
    if not cut:
        return
    mark = Recording(path, connection).last_mark() + 1
    with Transaction(connection):
        for (session,) in cut:
            mark = _end_cut_session(connection, session, mark)


def _end_cut_session(connection: Connection, session: int, mark: int) -> int:
    """Write its opening if it has none, the beginnings of frames, its end. Return the next free mark."""
    connection.execute("UPDATE session SET opened_mark = ? WHERE id = ? AND opened_mark IS NULL", (mark, session))
    mark += connection.changes()
    beginnings = connection.execute(
        "SELECT side, at, bytes FROM partial WHERE session = ? ORDER BY side, id", (session,)
    ).fetchall()
    for side, rows in groupby(beginnings, key=lambda row: row[0]):
        _, times, pieces = zip(*rows, strict=True)
        left = b"".join(pieces)
        why = "the hub was killed inside this frame"
        row = (mark, session, times[-1], side, Opcode.UNREAD, left, True, 0, False, len(left), why)
        connection.execute(INSERT_FRAME, row)
        mark += 1
    connection.execute("DELETE FROM partial WHERE session = ?", (session,))
    connection.execute(
        "UPDATE session SET closed_mark = ?, ending = ?, fault = coalesce(fault || '; ', '') || ?,"
        " closed_at = coalesce((SELECT at FROM frame WHERE session = session.id ORDER BY id DESC LIMIT 1),"
        " answered_at, opened_at) WHERE id = ?",
        (mark, Ending.HUB.value, CUT, session),
    )
    return mark + 1
