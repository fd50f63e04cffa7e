"""What can be asked of an index: which entries may be meant, and what is kept of them."""

import sys
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from hub.recording.database import Connection
from hub.search.plan import Bounds

_ENTRY: Final = "SELECT * FROM entry WHERE id = ?"


class Row(msgspec.Struct, frozen=True, gc=False):
    """What the index keeps of an entry: times in ns, `side` and `kind` as places in SIDES and KINDS."""

    mark: int
    session: int
    at: int
    side: int
    kind: int
    action: str
    size: int
    latency: int | None


class IndexedEntries:
    """The entries of an index that is open; `actions` are the numbers of names. Used by one thread."""

    connection: Connection
    actions: dict[str, int]

    def marks(self, bounds: Bounds, *, after: int = 0) -> "tuple[array[int], array[int]]":
        """Return the marks after one of what may be found, in order, and those of them that are not certain.

        Raises:
            DatabaseError: the file cannot be read.
        """
        sure, maybe = bounds.sure, bounds.maybe
        if bounds.is_exact:
            query = f"SELECT id FROM entry WHERE id > ? AND ({maybe.sql}) ORDER BY id"  # noqa: S608 - hub.search.plan's
            return array("q", (mark for (mark,) in self._rows(query, after, *maybe.values))), array("q")
        query = f"SELECT id, {sure.sql} FROM entry WHERE id > ? AND ({maybe.sql}) ORDER BY id"  # noqa: S608 - the same
        marks, unsure = array("q"), array("q")
        for mark, is_sure in self._rows(query, *sure.values, after, *maybe.values):
            marks.append(mark)
            if not is_sure:
                unsure.append(mark)
        return marks, unsure

    def pieces(self, beginning: str) -> list[str]:
        """Return the pieces of the full text that begin with some characters.

        Raises:
            DatabaseError: the file cannot be read.
        """
        query = "SELECT term FROM piece WHERE term >= ? AND term < ?"
        return [term for (term,) in self._rows(query, beginning, beginning + chr(sys.maxunicode))]

    def rows(self, marks: Iterable[int]) -> Iterator[Row]:
        """Yield what is kept of entries, in order; marks that are not there are left out.

        Raises:
            DatabaseError: the file cannot be read.
        """
        names = {number: name for name, number in self.actions.items()}
        for mark in marks:
            for _, session, at, side, kind, action, size, latency in self._rows(_ENTRY, mark):
                yield Row(mark, session, at, side, kind, names.get(action, ""), size, latency)

    def time_until(self, mark: int) -> int:
        """Return the time (ns) of the last entry up to a mark; 0 where there is none.

        Raises:
            DatabaseError: the file cannot be read.
        """
        for (at,) in self._rows("SELECT at FROM entry WHERE id <= ? ORDER BY id DESC LIMIT 1", mark):
            return int(at)
        return 0

    def _rows(self, sql: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        return self.connection.execute(sql, values)
