"""The pages in a write-ahead log, as far as its checksums hold: https://www.sqlite.org/fileformat2.html, section 4."""

import struct
from pathlib import Path
from typing import Final, NamedTuple

_MAGIC: Final = {0x377F0682: "<", 0x377F0683: ">"}
"""How a log begins, and in which order its checksums take bytes."""
_HEADER: Final = 32
_FRAME: Final = 24


class Log(NamedTuple):
    """What a write-ahead log holds: the latest page of each number, and whether all of it could be read."""

    pages: dict[int, bytes]
    is_whole: bool


def read_log(path: Path, page_size: int) -> Log:
    """Read what a write-ahead log has committed, as far as its checksums hold.

    What is left in it from before it began anew is none of its content, and nothing is missing there.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return Log({}, is_whole=True)
    if not content:
        return Log({}, is_whole=True)
    if len(content) < _HEADER:
        return Log({}, is_whole=False)
    magic, _version, size, _sequence, *salt = struct.unpack_from(">6I", content)
    order = _MAGIC.get(magic)
    if order is None or size != page_size or _checksum(content[:24], (0, 0), order) != _sums(content, 24):
        return Log({}, is_whole=False)
    return _read_frames(content, page_size, tuple(salt), order)


def _read_frames(content: bytes, page_size: int, salt: tuple[int, ...], order: str) -> Log:
    pages: dict[int, bytes] = {}
    begun: dict[int, bytes] = {}
    sums = _sums(content, 24)
    step = _FRAME + page_size
    place = _HEADER
    while place + step <= len(content):
        number, commit, *frame_salt = struct.unpack_from(">4I", content, place)
        if tuple(frame_salt) != salt:
            return Log(pages, is_whole=_is_older(frame_salt, salt))
        page = content[place + _FRAME : place + step]
        sums = _checksum(content[place : place + 8] + page, sums, order)
        if sums != _sums(content, place + 16):
            return Log(pages, is_whole=False)
        begun[number] = page
        if commit:
            pages.update(begun)
            begun.clear()
        place += step
    return Log(pages, is_whole=place == len(content))


def _is_older(salt: list[int], current: tuple[int, ...]) -> bool:
    """Tell whether frames are left from before the log began anew: each time, SQLite adds one to the first salt."""
    return 0 < (current[0] - salt[0]) % (1 << 32) < 1 << 20


def _sums(content: bytes, place: int) -> tuple[int, int]:
    one, other = struct.unpack_from(">2I", content, place)
    return one, other


def _checksum(content: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    one, other = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + other) & 0xFFFFFFFF
        other = (other + second + one) & 0xFFFFFFFF
    return one, other
