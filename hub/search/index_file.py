"""The file of an index: where it may be, its tables, and how it is told from another file. Derived, and droppable.

It stands beside the recording, else in the user's cache, else in memory. It keeps a rollback journal: several programs
may write to it, and before SQLite 3.51.3 those of a WAL file could corrupt it (docs/adr/0002-one-writer.md).
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import apsw

from hub.recording.database import BUSY_MS, Connection, DatabaseError, Transaction
from matrix.safe import safe_file_name

SUFFIX: Final = ".search"
APPLICATION_ID: Final = 0x50465349
"""`PFSI` in ASCII: how an index is told from what is none, and must not be touched."""
FORMAT: Final = 1
"""Raised with every change of what an index holds, or of how texts are folded or masked: older ones are made again."""
PRIVATE: Final = 0o600
PAGE_BYTES: Final = 8192
CACHE_KIB: Final = 65_536
CHECKED_BYTES: Final = 32 << 20
"""Up to which size a file is looked through before it is used."""
MEMORY: Final = None
"""The place of an index that no file can hold."""

SCHEMA: Final = f"""
CREATE TABLE state (
    format  INTEGER NOT NULL,
    key     BLOB NOT NULL,          -- of the recording
    until   INTEGER NOT NULL,       -- the last mark that is in the index
    print   BLOB NOT NULL,          -- of the item at that mark
    talks   BLOB NOT NULL           -- open sessions, as the annotator keeps them: msgpack
);
CREATE TABLE about (
    session INTEGER PRIMARY KEY, identity TEXT NOT NULL, csms TEXT NOT NULL, version TEXT NOT NULL,
    vendor TEXT NOT NULL, model TEXT NOT NULL, firmware TEXT NOT NULL, opened INTEGER
);
CREATE TABLE action (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE entry (
    id      INTEGER PRIMARY KEY,    -- the mark
    session INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    side    INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    action  INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    latency INTEGER                 -- nanoseconds; of answers
);
CREATE VIRTUAL TABLE spoken USING fts5(
    text, content = '', detail = none, columnsize = 0, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE piece USING fts5vocab(spoken, row);
CREATE TABLE judged (key BLOB NOT NULL, until INTEGER NOT NULL);
CREATE TABLE outcome (frame INTEGER PRIMARY KEY, outcome INTEGER NOT NULL);
CREATE TABLE finding (id INTEGER PRIMARY KEY, finding BLOB NOT NULL);
PRAGMA application_id = {APPLICATION_ID};
"""


def places(recording: Path) -> Iterator[Path | None]:
    """Yield where the index of a recording may be, the best first; at last MEMORY."""
    yield recording.with_name(recording.name + SUFFIX)
    with suppress(OSError, RuntimeError):
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plugfest"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256(os.fsencode(recording.resolve())).hexdigest()[:16]
        yield folder / f"{safe_file_name(recording.name)}-{digest}{SUFFIX}"
    yield MEMORY


def open_at(place: Path | None) -> Connection | None:
    """Open or create an index for reading and writing; None where that is not possible, or it is another file."""
    try:
        if place is not MEMORY:
            os.close(os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE))
        connection = Connection(str(place or ":memory:"))
    except (OSError, DatabaseError):
        return None
    try:
        if _is_ours(connection):
            _set_up(connection)
            return connection
    except DatabaseError:
        pass
    connection.close()
    return None


def _is_ours(connection: Connection) -> bool:
    (application,) = connection.execute("PRAGMA application_id").fetchall()[0]
    return application == APPLICATION_ID or (
        application == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    )


def _set_up(connection: Connection) -> None:
    connection.set_busy_timeout(BUSY_MS)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.pragma("page_size", PAGE_BYTES)
    connection.pragma("journal_mode", "DELETE")
    connection.pragma("synchronous", "NORMAL")
    connection.pragma("cache_size", -CACHE_KIB)
    connection.execute("BEGIN IMMEDIATE")  # says whether it can be written to at all
    connection.execute("ROLLBACK")


def is_sound(connection: Connection) -> bool:
    """Tell whether SQLite finds nothing wrong with the file: what is damaged might find too little.

    A large file is not looked through, which would take seconds; what is wrong with it shows when it is read.
    """
    pages = connection.pragma("page_count")
    assert isinstance(pages, int)
    if pages * PAGE_BYTES > CHECKED_BYTES:
        return True
    return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]


def has_schema(connection: Connection) -> bool:
    """Tell whether the tables are those of this version."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'state'").fetchall():
        return False
    return connection.execute("SELECT format FROM state").fetchall() == [(FORMAT,)]


def make_anew(connection: Connection) -> None:
    """Throw away whatever the file holds, also where it is damaged, and make the tables.

    Raises:
        DatabaseError: somebody reads it for too long, or it cannot be written to.
    """
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 0)
    connection.config(apsw.SQLITE_DBCONFIG_RESET_DATABASE, 1)
    try:
        connection.execute("VACUUM")
    finally:
        connection.config(apsw.SQLITE_DBCONFIG_RESET_DATABASE, 0)
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    make_tables(connection)


def make_tables(connection: Connection) -> None:
    """Make the tables, unless somebody else has by now.

    Raises:
        DatabaseError: it cannot be written to.
    """
    with Transaction(connection):
        if not has_schema(connection):
            connection.execute(SCHEMA)
