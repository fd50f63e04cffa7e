"""What is wrong with a recording's file, in sentences, before anything is read from it."""

import struct
from pathlib import Path
from typing import Final

from hub.recording.database import DatabaseError, connect_read_only
from hub.recording.lock_file import is_held
from hub.recording.migrations import APPLICATION_ID
from hub.salvaging.leaves import HEADER_BYTES, LOOKED_AT, MAGIC, page_size_of
from hub.salvaging.log_pages import read_log

CHECKED_BYTES: Final = 128 << 20
"""Files up to this size are looked through as a whole before the dashboard opens them: half a second at most."""
CHECKED_LOG_BYTES: Final = 8 << 20
"""The same for their logs, whose checksums take a second for 32 MiB."""
LEAST_BYTES: Final = 512


def damage_of(path: Path, *, thorough: bool = True) -> str:
    """Say what is wrong with a file that is or was a recording, "" where nothing is, or where a hub is writing to it.

    Without `thorough`, files above CHECKED_BYTES, or with long logs, are judged by their length only.
    """
    if not path.is_file() or is_held(path):
        return ""
    try:
        if not _is_ours(path):
            return ""  # opening it says what it is not
        is_looked_through = thorough or _is_small(path)
        return _length(path) or (_log(path) or _content(path) if is_looked_through else "")
    except OSError:
        return ""  # opening it says why


def _is_small(path: Path) -> bool:
    log = _log_of(path)
    return path.stat().st_size <= CHECKED_BYTES and (not log.exists() or log.stat().st_size <= CHECKED_LOG_BYTES)


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _length(path: Path) -> str:
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
    if header[:16] != MAGIC:
        return "its first page is not that of a recording"
    if len(header) < HEADER_BYTES:
        return f"it ends after {size} bytes"
    (page,) = struct.unpack_from(">H", header, 16)
    page = 65536 if page == 1 else max(page, LEAST_BYTES)
    (pages,) = struct.unpack_from(">I", header, 28)
    has_log = _log_of(path).is_file() and _log_of(path).stat().st_size > 0  # what the file lacks may be in it
    if has_log or size >= pages * page:
        return ""
    return f"it is cut off: {size // page} of its {pages} pages are there"


def _is_ours(path: Path) -> bool:
    """Tell whether a file is a recording, or was: by its mark or, where that is lost, by what stands in it."""
    with path.open("rb") as file:
        beginning = file.read(1 << 20)
    if beginning[:16] == MAGIC and beginning[68:72] == APPLICATION_ID.to_bytes(4, "big"):
        return True
    return any(word in beginning for word in (b"plugfestm00", b"CREATE TABLE frame"))


def _log(path: Path) -> str:
    beside = _log_of(path)
    if not beside.is_file():
        return ""
    with path.open("rb") as file:
        page = page_size_of(file.read(LOOKED_AT))
    log = read_log(beside, page)
    return "" if log.is_whole else "its write-ahead log is damaged: what was recorded last is missing"


def _content(path: Path) -> str:
    """Ask SQLite whether the file hangs together."""
    try:
        connection = connect_read_only(path)
    except DatabaseError as exc:
        return f"SQLite cannot open it: {exc}"
    try:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchall()[0]
        (application,) = connection.execute("PRAGMA application_id").fetchall()[0]
    except DatabaseError as exc:
        return f"SQLite says: {exc}"
    finally:
        connection.close()
    if said != "ok":
        return f"SQLite says: {str(said).splitlines()[-1]}"
    return "" if application == APPLICATION_ID else "the mark of a recording in its first page is lost"
