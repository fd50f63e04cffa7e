"""Reading a log line by line, however long the lines and whatever the bytes."""

import codecs
from collections.abc import Iterator
from io import BufferedReader, RawIOBase
from itertools import takewhile
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from hub.imports.entries import ImportLogError

LONGEST_LINE: Final = 16 << 20
SURVEYED: Final = 4 << 20
"""Bytes at the beginning of a log that are looked at to see what it is."""
MARK: Final = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8, which some programs begin a file with."""
WIDE_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""Those of UTF-16, which PowerShell writes what goes into a file in."""
PACKED: Final = {
    b"PK\x03\x04": "a ZIP archive", b"\x1f\x8b\x08": "compressed by gzip", b"BZh": "compressed by bzip2",
    b"\xfd7zXZ\0": "compressed by xz", b"\x28\xb5\x2f\xfd": "compressed by zstd", b"7z\xbc\xaf\x27\x1c": "a 7z archive",
}  # fmt: skip

CAPTURES: Final = (b"\n\r\r\n", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
"""How pcapng and pcap files begin."""


class Line(NamedTuple):
    """A line: its number from 1, its text, how many bytes of the file end with it, and what is wrong with it, if so.

    What is not UTF-8 stands as U+FFFD in the text, and is said to be wrong.
    """

    number: int
    text: str
    end: int
    flaw: str = ""


def lines_of(path: Path) -> Iterator[Line]:
    """Yield the lines of a file.

    Raises:
        ImportLogError: it cannot be read.
    """
    try:
        if path.is_dir():
            raise ImportLogError(f"{str(path)!r} is a folder, not a log")
        if not path.is_file():
            raise ImportLogError(f"there is no file at {str(path)!r}")
        _check_not_packed(path)
        with path.open("rb") as file:
            is_wide = file.read(2) in WIDE_MARKS
            file.seek(0)
            yield from _lines(BufferedReader(_AsUtf8(file)) if is_wide else file)
    except OSError as exc:
        raise ImportLogError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc


def beginning_of(path: Path, length: int) -> bytes:
    """Return the first bytes of a file; none where it is no file, or cannot be read."""
    if not path.is_file():  # a pipe would have us wait
        return b""
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError:
        return b""


def first_lines(path: Path) -> Iterator[str]:
    """Yield the lines at the beginning of a file, as far as they are surveyed."""
    return (line.text for line in takewhile(lambda line: line.end <= SURVEYED or line.number == 1, lines_of(path)))


def _check_not_packed(path: Path) -> None:
    beginning = beginning_of(path, 8)
    what = next((what for mark, what in PACKED.items() if beginning.startswith(mark)), None)
    if what is not None:
        raise ImportLogError(f"{str(path)!r} is {what}: unpack it, and import what is in it")
    if beginning.startswith(CAPTURES):
        raise ImportLogError(f"{str(path)!r} is a capture of packets, which cannot be made into a recording")


class _AsUtf8(RawIOBase):
    """The bytes of a file in UTF-16 as UTF-8 would have them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer).cast("B")
        chunk = b"more"
        while chunk and not self._left:
            chunk = self._file.read(1 << 16)
            self._left = self._decoder.decode(chunk, final=not chunk).encode()
        taken, self._left = self._left[: len(room)], self._left[len(room) :]
        room[: len(taken)] = taken
        return len(taken)


def _lines(file: BinaryIO) -> Iterator[Line]:
    number, end = 0, 0
    while raw := file.readline(LONGEST_LINE):
        number += 1
        end += len(raw)
        if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
            end += _skip(file)
            yield Line(number, "", end, f"it is longer than {LONGEST_LINE >> 20} MiB")
        else:
            yield _line(number, raw.removeprefix(MARK) if number == 1 else raw, end)


def _line(number: int, raw: bytes, end: int) -> Line:
    raw = raw.rstrip(b"\r\n")
    try:
        return Line(number, raw.decode(), end)
    except UnicodeDecodeError:
        return Line(number, raw.decode("utf-8", "replace"), end, "it is not UTF-8")


def _skip(file: BinaryIO) -> int:
    """Pass over the rest of a line; return its length."""
    skipped = 0
    while raw := file.readline(LONGEST_LINE):
        skipped += len(raw)
        if raw.endswith(b"\n"):
            break
    return skipped
