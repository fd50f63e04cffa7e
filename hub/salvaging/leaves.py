"""The rows of a damaged SQLite file, read page by page without SQLite, which gives up at the first broken one.

A leaf of a table holds whole rows, or the beginning of one and where the rest is: each can be read whatever has become
of the pages that lead to it. The format: https://www.sqlite.org/fileformat2.html, sections 1.5, 1.6 and 2.1.
"""

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from hub.salvaging.log_pages import Log, read_log

MAGIC: Final = b"SQLite format 3\0"
HEADER_BYTES: Final = 100
SIZES: Final = (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
"""What sizes pages may have; the hub makes new recordings with 2048."""
LOOKED_AT: Final = 4 << 20
"""Bytes by which the size of pages is told where the header does not tell it."""
LEAF: Final = 0x0D
"""The type of a page that holds rows of a table."""
LARGEST_ROW: Final = 1 << 30

Row = tuple[Any, ...]


class Found(NamedTuple):
    """A row as a page holds it: its number in the table, and its values, None for the number itself."""

    number: int
    values: Row


class BrokenPageError(ValueError):
    """A page, or a row in it, is not what the format allows."""


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
        if size in leaves and leaves[size] >= most / 2:
            return size
    return max(size for size in SIZES if leaves[size] >= most * 0.9) if most else min(SIZES)


def _leaves(content: bytes | mmap.mmap, size: int) -> int:
    """Return how many leaves a file begins with, if that is the size of its pages; a smaller size sees them too."""
    places = range(size, min(len(content), LOOKED_AT) - 8, size)
    return sum(1 for place in places if content[place] == LEAF and content[place + 7] == 0)


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
