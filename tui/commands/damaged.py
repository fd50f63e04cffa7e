"""Opening a recording for a command: as it is, or as far as it is whole, with a sentence about what is missing."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hub.errors import HubError
from hub.evidence.opening import is_archive, unpack_recording
from hub.imports.sessions import import_sessions, is_recorded
from hub.recording.database import DatabaseError
from hub.recording.older import bring_up_to_date, is_older
from hub.recording.reading import Recording
from hub.recording.writable import open_for_writing
from hub.salvaging.damage import damage_of
from hub.salvaging.leaves import LOOKED_AT, page_size_of
from hub.salvaging.salvage import salvage
from matrix.safe import safe
from tui.commands.printing import progress


class RoomError(HubError):
    """What is left of a damaged recording cannot be put anywhere; the message says why."""


@contextmanager
def readable(path: Path, *, thorough: bool = True) -> Iterator[Path]:
    """Give a recording that can be read: the file itself or, where it is damaged, a temporary one of what is left.

    Of one that an older version has made it is a temporary copy, brought up to date.

    Of a file of recorded sessions (`.session`, HAR), and of a bundle's archive, it is a temporary one, too. What is
    wrong, and what is missing, is said on stderr. `thorough` as in `hub.salvaging.damage.damage_of`.

    Raises:
        SalvageError: nothing is left of it.
        RoomError, CopyError: there is no room for what is left, or for the copy.
        ArchiveError: there is no recording in an archive.
    """
    is_packed = is_archive(path)
    damage = "" if is_packed else damage_of(path, thorough=thorough)
    is_of_old = not damage and is_older(path)
    if not (damage or is_of_old or is_packed or is_recorded(path)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="plugfest-") as folder:
        whole = Path(folder) / path.name
        if damage:
            _say(f"{str(path)!r} is damaged: {damage}")
            _say(salvaged(path, whole))
        elif is_of_old:
            _say(f"{str(path)!r} was made by an older version: what is read is a copy as of now, brought up to date")
            bring_up_to_date(path, whole)
        elif is_packed:
            unpack_recording(path, whole)
        else:
            import_sessions([path], whole, "imported", lambda _share: None)
        yield whole


@contextmanager
def readable_recording(path: Path) -> Iterator[Recording]:
    """Open a recording as far as it is whole (`readable`).

    Raises:
        HubError: it cannot be read.
    """
    with readable(path) as whole, Recording.open(whole, called=path) as recording:
        yield recording


def salvaged(path: Path, into: Path) -> str:
    """Write what is left of a damaged recording into a new one; return what that is, in a sentence.

    Raises:
        SalvageError: nothing is left.
        RoomError: there is no room for it.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        pages = size // page_size_of(file.read(LOOKED_AT))
    try:
        recording = open_for_writing(into)
        try:
            with progress("reading what is left", max(pages, 1)) as advance_to:
                return salvage(path, recording, advance_to).sentence
        finally:
            recording.close()
    except (DatabaseError, OSError) as exc:
        raise RoomError(f"what is left of {str(path)!r} cannot be written to {str(into.parent)!r}: {exc}") from exc


def _say(sentence: str) -> None:
    click.echo(f"plugfest: {safe(sentence)}", err=True)
