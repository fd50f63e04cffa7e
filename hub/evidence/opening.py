"""The recording in the archive of a bundle, so that what came by mail can be read as it came."""

import lzma
import zipfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO, Final

from hub.errors import HubError
from hub.exports.new_file import private_file
from hub.recording.file_kind import begins_with

RECORDING: Final = "evidence.recording"
"""What the recording in a bundle is called."""
MAGIC: Final = b"PK\x03\x04"
LARGEST: Final = 512 << 20
"""Bytes that are unpacked, whatever an archive says that it holds."""
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError, OSError)
"""What `zipfile` raises; names that are no UTF-8 are a ValueError, a method that it lacks is a RuntimeError."""
_NEXT: Final = 1 << 20


class ArchiveError(HubError):
    """There is no recording in an archive, or it cannot be unpacked; the message says why."""


def is_archive(path: Path) -> bool:
    """Tell by its first bytes whether a file is a ZIP archive; False where it is none, or cannot be read."""
    return begins_with(path, MAGIC)


def unpack_recording(archive: Path, into: Path) -> None:
    """Write the recording of a bundle, which its archive holds, to a new file.

    Raises:
        ArchiveError: there is none in it, or more than one, or it cannot be unpacked.
    """
    try:
        with (
            zipfile.ZipFile(archive) as entries,
            entries.open(_name_in(archive, entries)) as packed,
            private_file(into) as file,
        ):
            _copy(archive, packed, file)
    except _DAMAGED as exc:
        raise ArchiveError(f"{str(archive)!r} cannot be unpacked: {exc or type(exc).__name__}") from exc


def _name_in(archive: Path, entries: zipfile.ZipFile) -> str:
    names = [name for name in entries.namelist() if name.rpartition("/")[2] == RECORDING]
    if len(names) != 1:
        how_many = f"{len(names)} of them are" if names else "none is"
        raise ArchiveError(
            f"{str(archive)!r} is a ZIP archive, and of bundles' {RECORDING} {how_many} in it: unpack it, and name what"
            " to read"
        )
    return names[0]


def _copy(archive: Path, packed: IO[bytes], file: BinaryIO) -> None:
    left = LARGEST
    while chunk := packed.read(_NEXT):
        left -= len(chunk)
        if left < 0:
            raise ArchiveError(f"{str(archive)!r} holds more than {LARGEST >> 20} MiB: unpack it by hand")
        file.write(chunk)
