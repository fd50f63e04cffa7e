"""The rows of a damaged SQLite file, read page by page without SQLite, which gives up at the first broken one.

A leaf of a table holds whole rows, or the beginning of one and where the rest is: each can be read whatever has become
of the pages that lead to it. The format: https://www.sqlite.org/fileformat2.html, sections 1.5, 1.6, 2.1 and 4.
"""

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

MAGIC: Final = b"SQLite format 3\0"
HEADER_BYTES: Final = 100
SIZES: Final = (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
"""What sizes pages may have; the hub makes new recordings with 2048."""
LOOKED_AT: Final = 4 << 20
"""Bytes by which the size of pages is told where the header does not tell it."""
LEAF: Final = 0x0D
"""The type of a page that holds rows of a table."""
LARGEST_ROW: Final = 1 << 30
_WAL_MAGIC: Final = {0x377F0682: "<", 0x377F0683: ">"}
_WAL_HEADER: Final = 32
_WAL_FRAME: Final = 24

Row = tuple[Any, ...]


class Found(NamedTuple):
    """A row as a page holds it: its number in the table, and its values, None for the number itself."""

    number: int
    values: Row


class BrokenPageError(ValueError):
    """A page, or a row in it, is not what the format allows."""


class Log(NamedTuple):
    """What a write-ahead log holds: the latest page of each number, and whether all of it could be read."""

    pages: dict[int, bytes]
    is_whole: bool


class Pages:
    """The pages of a file, those of its write-ahead log in front. Counted from 1, as SQLite does."""

    def __init__(self, content: bytes | mmap.mmap, log: Log, size: int) -> None:
        self._content = content
        self._log = log.pages
        self.size = size
        self.read = 0  # up to which page `rows` has come
        self.count = max((len(content) + size - 1) // size, max(log.pages, default=0))
        first = self.page(1) or b""
        reserved = first[20] if first[:16] == MAGIC else 0
        self._usable = size - reserved

    def page(self, number: int) -> bytes | None:
        """Return a page, None where the file does not reach so far."""
        if number in self._log:
            return self._log[number]
        page = bytes(self._content[(number - 1) * self.size : number * self.size]) if number > 0 else b""
        return page if len(page) == self.size else None

    def rows(self) -> Iterator[Found]:
        """Yield every row that can be read, of every table, in no order."""
        for number in range(1, self.count + 1):
            self.read = number
            page = self.page(number)
            begin = HEADER_BYTES if number == 1 else 0
            if page is not None and page[begin] == LEAF:
                yield from self._leaf(page, begin)

    def _leaf(self, page: bytes, begin: int) -> Iterator[Found]:
        (cells,) = struct.unpack_from(">H", page, begin + 3)
        first = begin + 8 + 2 * cells
        last = None
        for place in range(cells):
            offset = begin + 8 + 2 * place
            if offset + 2 > self._usable:
                return
            (start,) = struct.unpack_from(">H", page, offset)
            try:
                found = self._cell(page, start, first)
            except BrokenPageError:
                continue
            if last is None or found.number > last:
                last = found.number
                yield found

    def _cell(self, page: bytes, start: int, first: int) -> Found:
        if not first <= start < self._usable:
            raise BrokenPageError(f"a cell cannot begin at {start}")
        length, start = varint(page, start)
        number, start = varint(page, start)
        if not 0 < length <= LARGEST_ROW:
            raise BrokenPageError(f"no row has {length} bytes")
        return Found(_signed(number), record(self._payload(page, start, length)))

    def _payload(self, page: bytes, start: int, length: int) -> bytes:
        here = self._local(length)
        if start + here + (4 if here < length else 0) > self._usable:
            raise BrokenPageError("a cell ends outside of its page")
        payload = page[start : start + here]
        if here == length:
            return payload
        return payload + self._overflow(struct.unpack_from(">I", page, start + here)[0], length - here)

    def _local(self, length: int) -> int:
        """Return how many bytes of a row are in the leaf itself (section 1.6)."""
        most = self._usable - 35
        if length <= most:
            return length
        least = (self._usable - 12) * 32 // 255 - 23
        wanted = least + (length - least) % (self._usable - 4)
        return wanted if wanted <= most else least

    def _overflow(self, number: int, length: int) -> bytes:
        pieces: list[bytes] = []
        while length > 0:
            page = self.page(number)
            if page is None or not any(page):
                raise BrokenPageError(f"page {number} is missing")
            piece = page[4 : self._usable][:length]
            pieces.append(piece)
            length -= len(piece)
            number = struct.unpack_from(">I", page)[0]
        if number:
            raise BrokenPageError("a row goes on after its end")
        return b"".join(pieces)


@contextmanager
def opened_pages(path: Path) -> Iterator[tuple[Pages, bool]]:
    """Open a file's pages, and say whether its write-ahead log could be read to its end.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        content: bytes | mmap.mmap = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        try:
            page_size = page_size_of(content)
            log = read_log(path.with_name(f"{path.name}-wal"), page_size)
            yield Pages(content, log, page_size), log.is_whole
        finally:
            if isinstance(content, mmap.mmap):
                content.close()


def page_size_of(content: bytes | mmap.mmap) -> int:
    """Return the size of a file's pages: as its header says or, where the pages say otherwise, as they do."""
    leaves = {size: _leaves(content, size) for size in SIZES}
    most = max(leaves.values())
    if content[:16] == MAGIC and len(content) >= HEADER_BYTES:
        (size,) = struct.unpack_from(">H", content, 16)
        size = 65536 if size == 1 else size
        if size in leaves and (leaves[size] >= most // 3 or not most):
            return size
    return min(size for size in SIZES if leaves[size] >= most * 0.9)


def _leaves(content: bytes | mmap.mmap, size: int) -> int:
    """Return how many bytes of leaves the beginning of a file has, if that is the size of its pages."""
    places = range(size, min(len(content), LOOKED_AT) - 8, size)
    return sum(size for place in places if content[place] == LEAF and content[place + 7] == 0)


def read_log(path: Path, page_size: int) -> Log:
    """Read what a write-ahead log has committed, as far as its checksums hold (section 4).

    What is left in it from before it began anew is none of its content, and nothing is missing there.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return Log({}, is_whole=True)
    if not content:
        return Log({}, is_whole=True)
    if len(content) < _WAL_HEADER:
        return Log({}, is_whole=False)
    magic, _version, size, _sequence, *salt = struct.unpack_from(">6I", content)
    order = _WAL_MAGIC.get(magic)
    if order is None or size != page_size or _checksum(content[:24], (0, 0), order) != _sums(content, 24):
        return Log({}, is_whole=False)
    return _read_frames(content, page_size, tuple(salt), order)


def _read_frames(content: bytes, page_size: int, salt: tuple[int, ...], order: str) -> Log:
    pages: dict[int, bytes] = {}
    begun: dict[int, bytes] = {}
    sums = _sums(content, 24)
    step = _WAL_FRAME + page_size
    place = _WAL_HEADER
    while place + step <= len(content):
        number, commit, *frame_salt = struct.unpack_from(">4I", content, place)
        if tuple(frame_salt) != salt:
            return Log(pages, is_whole=_is_older(frame_salt, salt))
        page = content[place + _WAL_FRAME : place + step]
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


def varint(content: bytes, place: int) -> tuple[int, int]:
    """Return the number that stands at a place, and the place after it.

    Raises:
        BrokenPageError: the bytes end before it does.
    """
    value = 0
    for count in range(9):
        if place >= len(content):
            raise BrokenPageError("a number ends outside of its page")
        byte = content[place]
        place += 1
        if count == 8:
            return value << 8 | byte, place
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value, place


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number


_INTEGERS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""How many bytes an integer of each type takes (section 2.1)."""


def record(payload: bytes) -> Row:
    """Read the values of a row.

    Raises:
        BrokenPageError: it is none, to the byte.
    """
    header, place = varint(payload, 0)
    if header > len(payload):
        raise BrokenPageError("a row's header is longer than the row")
    kinds: list[int] = []
    while place < header:
        kind, place = varint(payload, place)
        kinds.append(kind)
    values: list[Any] = []
    for kind in kinds:
        value, place = _value(payload, place, kind)
        values.append(value)
    if place != len(payload):
        raise BrokenPageError("a row is longer than its values")
    return tuple(values)


def _value(payload: bytes, place: int, kind: int) -> tuple[Any, int]:
    if kind in (0, 8, 9):
        return (None, 0, 1)[(0, 8, 9).index(kind)], place
    length = _INTEGERS.get(kind, 8 if kind == 7 else (kind - 12) // 2)
    piece = payload[place : place + length]
    if len(piece) != length or kind in (10, 11):
        raise BrokenPageError(f"no value has type {kind} and {len(piece)} bytes here")
    place += length
    if kind in _INTEGERS:
        return int.from_bytes(piece, signed=True), place
    if kind == 7:
        return struct.unpack(">d", piece)[0], place
    if kind % 2 == 0:
        return piece, place
    try:
        return piece.decode(), place
    except UnicodeDecodeError as exc:
        raise BrokenPageError("a text is not UTF-8") from exc
