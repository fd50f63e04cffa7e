"""Reading a recording that an older hub has made, without touching it: a copy is brought up to date."""

from contextlib import closing
from pathlib import Path

from hub.errors import HubError
from hub.recording.database import DatabaseError, connect, connect_read_only
from hub.recording.migrations import APPLICATION_ID, applied_steps, known_steps
from hub.recording.writable import open_for_writing


class CopyError(HubError):
    """A recording of an older version cannot be copied; the message says why."""


def is_older(path: Path) -> bool:
    """Tell whether a file is a recording that lacks steps of the schema; False where it cannot be read at all."""
    if not path.is_file():  # a pipe would have us wait
        return False
    try:
        with closing(connect_read_only(path)) as connection:
            (application,) = connection.execute("PRAGMA application_id").fetchall()[0]
            return application == APPLICATION_ID and applied_steps(connection) < known_steps()
    except DatabaseError:
        return False


def bring_up_to_date(path: Path, into: Path) -> None:
    """Copy a recording, as it is at this moment, into a new file, and bring that up to date.

    Raises:
        CopyError: there is no room for it.
        RecorderError: it cannot be brought up to date.
    """
    try:
        with (
            closing(connect_read_only(path)) as source,
            closing(connect(into)) as copy,
            copy.backup("main", source, "main") as going,
        ):
            going.step()
    except (DatabaseError, OSError) as exc:
        raise CopyError(f"{str(path)!r} cannot be copied to {str(into.parent)!r}: {exc}") from exc
    open_for_writing(into).close()
