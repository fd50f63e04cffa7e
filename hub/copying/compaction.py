"""A recording made as small as it can be, in its place: the same content in a new file, checked, then swapped in."""

import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from hub.errors import RecorderError
from hub.recording.database import Connection, DatabaseError, NotADatabaseError, connect_read_only
from hub.recording.file_kind import TRIM_HINT, foreign, not_sqlite, why_no_recording
from hub.recording.lock_file import BRIEFLY
from hub.recording.migrations import APPLICATION_ID
from hub.recording.place import SUFFIXES, sync
from hub.recording.writable import WritableRecording, open_for_writing
from hub.salvaging.damage import damage_of


class CompactError(RecorderError):
    """A recording cannot be made smaller; it is as it was. The message says why."""


class Compacted(NamedTuple):
    """How many bytes a recording took, its log included, and takes now."""

    before: int
    after: int


def compact(path: Path) -> Compacted:
    """Write a recording anew without what is free in it, and put that in its place, at once or not at all.

    Sessions that a killed hub left open are ended first, as its next hub would.

    Raises:
        LockedError: a hub is recording into it.
        CompactError: there is no room, somebody else has it open, or the copy is not what it should be.
        RecorderError: it cannot be written to, or is not a recording.
    """
    if why := why_no_recording(path):
        raise CompactError(why)
    if damage := damage_of(path):
        raise CompactError(f"{str(path)!r} is damaged: {damage}; {TRIM_HINT}")
    _check_kind(path)
    before = sum(file.stat().st_size for file in _files(path) if file.exists())
    recording = open_for_writing(path, where=BRIEFLY)
    copy = path.with_name(f".{path.name}.compacting")
    try:
        copy.unlink(missing_ok=True)
        _copy(recording, copy)
        _leave(recording)
        shutil.copymode(path, copy)
        sync(copy)
        copy.replace(path)
        sync(path.parent)
    except DatabaseError as exc:
        raise CompactError(f"{str(path)!r} cannot be compacted, and is as it was: {exc}") from exc
    except OSError as exc:
        raise CompactError(f"{str(path)!r} cannot be compacted, and is as it was: {exc.strerror}") from exc
    finally:
        copy.unlink(missing_ok=True)
        recording.let_go()
    return Compacted(before, path.stat().st_size)


def _check_kind(path: Path) -> None:
    """Refuse what opening for writing would make a recording of: an empty file, or a database without a table."""
    try:
        with closing(connect_read_only(path)) as connection:
            (application,) = connection.execute("PRAGMA application_id").fetchall()[0]
    except NotADatabaseError as exc:
        raise CompactError(not_sqlite(path)) from exc
    except DatabaseError:
        return  # opening it for writing says why
    if application != APPLICATION_ID:
        raise CompactError(foreign(path))


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in SUFFIXES]


def _copy(recording: WritableRecording, copy: Path) -> None:
    """Write the content into a new file, and look whether it is whole and all there."""
    path, connection = recording.path, recording.connection
    ((size,),) = connection.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    disk = os.statvfs(path.parent)
    if disk.f_bavail * disk.f_frsize < size:
        raise CompactError(f"there is no room for a copy of {size >> 10} KiB beside {str(path)!r}")
    counts = _counts(connection)
    connection.execute("VACUUM INTO ?", (str(copy),))
    made = connect_read_only(copy)
    try:
        (said,) = made.execute("PRAGMA integrity_check(1)").fetchall()[0]
        if said != "ok" or _counts(made) != counts:
            raise CompactError(f"the copy of {str(path)!r} is not what it should be: {said}; it is as it was")
    finally:
        made.close()


def _counts(connection: Connection) -> list[tuple[object, ...]]:
    """Return how many rows each table has."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    queries = (f'SELECT count(*) FROM "{name}"' for (name,) in tables)  # noqa: S608 - the names are the file's own
    return [row for query in queries for row in connection.execute(query).fetchall()]


def _leave(recording: WritableRecording) -> None:
    """Fold the log into the file that is to be replaced: it must not be taken for that of the new one."""
    recording.connection.set_busy_timeout(0)
    if recording.connection.pragma("journal_mode", "DELETE") != "delete":
        raise CompactError(f"another program has {str(recording.path)!r} open; it is as it was")
    recording.connection.close()
