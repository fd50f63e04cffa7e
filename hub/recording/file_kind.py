"""What a file is, told by its first bytes; and why it is no recording, in the words that every command has for that."""

from pathlib import Path
from typing import Final

TRIM_HINT: Final = "`plugfest trim` writes what is left into a new one"


def why_no_recording(path: Path) -> str:
    """Say why there can be no recording at a path; "" where a file is there, whatever is in it.

    The file is not opened: closing it would drop the locks that SQLite has on it in this process.
    """
    if path.is_file():
        return ""
    if path.is_dir():
        return f"{str(path)!r} is a folder, not a recording"
    if path.exists():
        return f"{str(path)!r} is not a recording: it is no file"
    return f"there is no recording at {str(path)!r}"


def not_sqlite(path: Path) -> str:
    """Say of a file that SQLite cannot read that it is not a recording."""
    return f"{str(path)!r} is not a recording: it is not a SQLite file; `plugfest import` makes one of a log"


def foreign(path: Path) -> str:
    """Say of a file that SQLite can read that it is not a recording."""
    what = "a SQLite file, but not a recording" if path.stat().st_size else "an empty file, not a recording"
    return f"{str(path)!r} is {what} of the hub"


def begins_with(path: Path, magic: bytes) -> bool:
    """Tell whether a file begins with these bytes; False where it is none, or cannot be read."""
    try:
        if not path.is_file():  # a pipe would have us wait
            return False
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False
