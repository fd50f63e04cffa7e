"""The files of a recording that a hub writes to, and what to do when somebody takes them away.

A file that was removed or moved is still there for whoever has it open: nothing of it is lost yet, but nobody else will
ever read it. So it is copied back to where it belongs.
"""

import os
from pathlib import Path
from typing import Final

from hub.errors import RecorderError
from hub.recording.database import TRUNCATE, Connection, DatabaseError

SUFFIXES: Final = ("", "-wal", "-shm")

Identity = tuple[int, int]


class Place:
    """Where a recording is: its file, the write-ahead log and the log's index, as they are when this is made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files = {file: _identity(file) for file in _files(path)}
        self._rescued = path.with_name(f"{path.name}.rescued")
        self._is_left = False

    def displaced(self) -> str:
        """Say what is not where it was, "" while everything is. What cannot be looked at counts as being there."""
        if self._is_left:
            return f"{self._path.name!r} is not open again yet"
        for file, identity in self._files.items():
            try:
                found = _identity(file)
            except OSError:
                continue
            if found != identity:
                return f"{file.name!r} was {'removed' if found is None else 'replaced by another file'}"
        return ""

    def leave(self, connection: Connection) -> None:
        """Close a connection to files that are gone from here, and put what they hold in their place.

        Can be tried again after an error.

        Raises:
            RecorderError: something else is in that place now, or there is no room.
            DatabaseError: it cannot be read or written.
            OSError: the same, says the system.
        """
        is_gone = _identity(self._path) != self._files[self._path]
        if is_gone and _identity(self._path) is not None:
            raise RecorderError(f"another file is at {str(self._path)!r} now: move it away")
        if not self._is_left:
            if is_gone:
                self._rescue(connection)
            _fold(connection)
            connection.close()
            self._is_left = True
        if is_gone:
            self._put_back()

    def _rescue(self, connection: Connection) -> None:
        """Copy everything, the log included, into a file beside the place."""
        ((size,),) = connection.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        disk = os.statvfs(self._path.parent)
        if disk.f_bavail * disk.f_frsize < size:
            raise RecorderError(f"there is no room for its {size >> 10} KiB in {str(self._path.parent)!r}")
        self._rescued.unlink(missing_ok=True)
        connection.execute("VACUUM INTO ?", (str(self._rescued),))
        sync(self._rescued)

    def _put_back(self) -> None:
        for file in _files(self._path)[1:]:  # a log that belongs to the file that is gone
            file.unlink(missing_ok=True)
        os.link(self._rescued, self._path)  # which never replaces a file that has come there meanwhile
        self._rescued.unlink()
        sync(self._path.parent)
        self._files[self._path] = _identity(self._path)


def sync(file: Path) -> None:
    """Wait until a file that nobody else here has open, or the names in a folder, are on the disk."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fold(connection: Connection) -> None:
    """Fold the log into the file, wherever that is now, as far as its readers let us."""
    try:
        connection.wal_checkpoint(mode=TRUNCATE)
    except DatabaseError:
        return


def _files(recording: Path) -> list[Path]:
    return [recording.with_name(recording.name + suffix) for suffix in SUFFIXES]


def _identity(file: Path) -> Identity | None:
    """Return which file is at a path, None where there is none.

    Raises:
        OSError: that cannot be said.
    """
    try:
        stat = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stat.st_dev, stat.st_ino
