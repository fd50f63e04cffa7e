"""A file that has its name only once it is whole."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hub.errors import HubError
from hub.recording.writable import PRIVATE


class ExportError(HubError):
    """Something cannot be exported, or not to that place; the message says why."""


@contextmanager
def new_file(path: Path, *, over: bool = False) -> Iterator[BinaryIO]:
    """Give a file to write to, which gets its name at the end, if all goes well; nothing is left of it otherwise.

    It is its owner's alone, as recordings are. One that has the name already is replaced with `over` only.

    Raises:
        ExportError: there is something under that name, or the place cannot be written to.
    """
    check_place(path, over=over)
    made = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.exporting")
    try:
        try:
            with private_file(made) as file:
                yield file
            _name(made, path, over=over)
        finally:
            made.unlink(missing_ok=True)
    except OSError as exc:
        raise ExportError(f"{str(path)!r} cannot be written: {exc.strerror or exc}") from exc


def private_file(path: Path) -> BinaryIO:
    """Make a file that is its owner's alone to read, since there is traffic in it.

    Raises:
        OSError: there is something, or it cannot be made.
    """
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE), "w+b")


def check_place(path: Path, *, over: bool) -> None:
    """Look whether a file can be written there.

    Raises:
        ExportError: it cannot, or (unless `over`) there is something already.
    """
    if path.is_dir():
        raise ExportError(f"{str(path)!r} is a folder")
    if not over and (path.exists() or path.is_symlink()):
        raise ExportError(f"there is something at {str(path)!r} already; --force writes over it")
    if not path.parent.is_dir():
        raise ExportError(f"there is no folder {str(path.parent)!r} to write into")


def _name(made: Path, path: Path, *, over: bool) -> None:
    if over:
        made.replace(path)
        return
    try:
        os.link(made, path)
    except FileExistsError as exc:
        raise ExportError(f"there is something at {str(path)!r} by now; it was left as it is") from exc
    except OSError:  # a file system without hard links
        if path.exists():
            raise ExportError(f"there is something at {str(path)!r} by now; it was left as it is") from None
        made.rename(path)
