"""SQLite as the hub uses it: APSW, with a SQLite of its own that is the same on every machine (docs/adr/0006-apsw.md).

Within one process nothing else may open a recording at the same time: POSIX drops all of a process's locks on a file
when any of its descriptors is closed, and two SQLite libraries do not know of each other's.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import apsw

from hub.errors import RecorderError
from hub.recording.lock_file import holder_of, unwritable_at
from hub.recording.log_index import check_own_index

__all__ = [
    "BUSY_MS",
    "OK",
    "RESTART",
    "TRUNCATE",
    "BusyError",
    "CannotOpenError",
    "Connection",
    "CorruptError",
    "Cursor",
    "DatabaseError",
    "NotADatabaseError",
    "Transaction",
    "connect",
    "connect_read_only",
    "keep_log",
    "reason_of",
    "snapshot",
    "sync_log",
]

Connection = apsw.Connection
Cursor = apsw.Cursor
DatabaseError = apsw.Error
BusyError = apsw.BusyError
CannotOpenError = apsw.CantOpenError
CorruptError = apsw.CorruptError
NotADatabaseError = apsw.NotADBError

OK: Final = apsw.SQLITE_OK
RESTART: Final = apsw.SQLITE_CHECKPOINT_RESTART
TRUNCATE: Final = apsw.SQLITE_CHECKPOINT_TRUNCATE
BUSY_MS: Final = 5_000
_FOR_ONE_THREAD: Final = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_NOMUTEX
_FOR_READING: Final = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


def connect(path: Path) -> Connection:
    """Open or create a file for writing. The connection has no mutex: one thread at a time may use it.

    Raises:
        DatabaseError: it cannot be opened.
    """
    connection = Connection(str(path), flags=_FOR_ONE_THREAD)
    connection.set_busy_timeout(BUSY_MS)
    return connection


def connect_read_only(path: Path) -> Connection:
    """Open a file for reading: nothing is ever written through it, nothing folded from its log.

    While a hub has it, that goes for a reader's marks in the log's index too: where the file system becomes read-only,
    writing one would be the end of the process (`hub.recording.log_index`). The hub's own marks do. Within the hub's
    process a reader shares its index, and can be kept from writing to that only by not being there.

    Raises:
        DatabaseError: it cannot be opened, or is not a SQLite file.
    """
    holder = holder_of(path)
    if holder == os.getpid():
        _check_own(path)
    if holder is not None:
        with suppress(CannotOpenError):  # it has gone meanwhile, and its index with it
            return _connect_read_only(path, "&readonly_shm=1")
    return _connect_read_only(path)


def _check_own(path: Path) -> None:
    if why := unwritable_at(path):
        raise CannotOpenError(why)
    try:
        check_own_index(path)
    except RecorderError as exc:
        raise CannotOpenError(str(exc)) from exc


def _connect_read_only(path: Path, option: str = "") -> Connection:
    connection = Connection(f"file:{quote(str(path.absolute()))}?mode=ro{option}", flags=_FOR_READING)
    connection.set_busy_timeout(BUSY_MS)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA schema_version").fetchone()
    return connection


def sync_log(path: Path) -> None:
    """Bring what a write-ahead log holds so far to the disk, while its connection goes on writing.

    A checkpoint begins with just that, and it is most of what a checkpoint takes: after this, little is left to wait
    for. No lock is lost by it: SQLite takes none on the log itself. What fails here fails in the checkpoint too, aloud.
    """
    with suppress(OSError):
        log = os.open(f"{path}-wal", os.O_RDONLY)
        try:
            os.fsync(log)
        finally:
            os.close(log)


def keep_log(connection: Connection) -> None:
    """Leave a write-ahead log as it is when its last connection is closed, in place of folding it into the file."""
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


def reason_of(exc: BaseException, connection: Connection) -> str:
    """Return what an error says, and where SQLite says no more than "disk I/O error", what the system said to it."""
    with suppress(apsw.ConnectionClosedError):  # while a recording is brought back
        if isinstance(exc, apsw.IOError) and connection.system_errno:
            return f"{exc}: {os.strerror(connection.system_errno).lower()}"
    return str(exc)


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """Read as of one moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


class Transaction:
    """A transaction that writes: committed at the end, rolled back on an error. Entering gives the cursor to use.

    It can be entered again once it has been left, which saves making a cursor: 1.3 µs.
    """

    __slots__ = ("_connection", "_cursor")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()

    def __enter__(self) -> Cursor:
        return self._cursor.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: object) -> None:
        try:
            if exc is None:
                self._cursor.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._cursor.execute("ROLLBACK")
