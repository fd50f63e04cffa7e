"""A recording that is made anew out of others: it gets its name when it is whole, or never."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hub.errors import RecorderError
from hub.recording.database import DatabaseError
from hub.recording.lock_file import BRIEFLY, LockFile
from hub.recording.place import SUFFIXES, sync
from hub.recording.writable import WritableRecording, open_for_writing


class FreshError(RecorderError):
    """A recording cannot be made in that place; the message says why."""


@contextmanager
def fresh_recording(path: Path, *, sources: Sequence[Path] = (), force: bool = False) -> Iterator[WritableRecording]:
    """Give a recording to write to, which gets its name at the end, if all goes well.

    Whatever ends this before leaves nothing behind. What is at `path` is replaced only with `force`, and never where it
    is one of the `sources`, or a hub has it.

    Raises:
        FreshError: there is something in that place, or the disk takes no more.
        LockedError: a hub is recording into what is there.
    """
    _check(path, sources, force=force)
    with workshop(path) as made:
        writable = open_for_writing(made)
        try:
            yield writable
        except DatabaseError as exc:
            raise FreshError(f"{str(path)!r} cannot be written: {exc}") from exc
        finally:
            writable.close()
        put_in_place(made, path, force=force)


@contextmanager
def workshop(path: Path) -> Iterator[Path]:
    """Give a path in a folder of its own beside another, where a file is made until it is whole; gone afterwards.

    Raises:
        FreshError: there can be no such folder.
    """
    if not path.parent.is_dir():
        raise FreshError(f"there is no folder {str(path.parent)!r} to write into")
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".making", dir=path.parent))
    except OSError as exc:
        raise FreshError(f"{str(path)!r} cannot be written: {exc.strerror}") from exc
    try:
        yield folder / path.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check(path: Path, sources: Sequence[Path], *, force: bool) -> None:
    if path.is_dir():
        raise FreshError(f"{str(path)!r} is a folder, not a recording")
    if any(path.resolve() == source.resolve() for source in sources):
        raise FreshError(f"{str(path)!r} is what is read: write into another file")
    if not force and (path.exists() or path.is_symlink()):
        raise FreshError(f"there is something at {str(path)!r} already; --force replaces it")


def put_in_place(made: Path, path: Path, *, force: bool = False) -> None:
    """Give a whole recording its name, for good: also after a power cut it is there as a whole, or not at all.

    Raises:
        FreshError: there is something by that name by now.
        LockedError: a hub is recording into what is there.
    """
    sync(made)
    try:
        if force:
            _replace(made, path)
        else:
            link_new(made, path)
    except FileExistsError as exc:
        raise FreshError(f"there is something at {str(path)!r} by now; it was left as it is") from exc
    except OSError as exc:
        raise FreshError(f"{str(path)!r} cannot be written: {exc.strerror}") from exc
    sync(path.parent)


def link_new(made: Path, path: Path) -> None:
    """Give a file a name that nothing has.

    Raises:
        FileExistsError: there is something by that name.
    """
    try:
        os.link(made, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        made.rename(path)


def _replace(made: Path, path: Path) -> None:
    lock = LockFile.take(path, BRIEFLY)
    try:
        for suffix in SUFFIXES[1:]:  # the log of what is replaced is none of the new one's
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        made.replace(path)
    finally:
        lock.release()
