"""Values that are known to say who or where, found wherever else they occur: in sentences, URLs, keys, ids."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from hub.redacting.shapes import folded

SHORTEST: Final = 4
"""Characters of the shortest value that is looked for elsewhere: a shorter one is in half of all words."""


class Find(NamedTuple):
    """A known value in a text: from `start` to `end`."""

    start: int
    end: int


class Known:
    """A set of values, of SHORTEST characters or more, that is looked for in any capitals."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._by_beginning: dict[str, list[str]] = {}
        self._values = {small for value in values if len(small := folded(value)) >= SHORTEST}
        for small in sorted(self._values, key=lambda each: (-len(each), each)):
            self._by_beginning.setdefault(small[:SHORTEST], []).append(small)

    def __contains__(self, value: str) -> bool:
        return folded(value) in self._values

    def __len__(self) -> int:
        return len(self._values)

    def finds(self, text: str) -> Iterator[Find]:
        """Yield where known values stand, the longest first where several begin, none within another."""
        if not self._values:
            return
        small, at = folded(text), 0
        while at <= len(small) - SHORTEST:
            found = self._beginning_at(small, at)
            if found:
                yield Find(at, at + found)
            at += found or 1

    def _beginning_at(self, small: str, at: int) -> int:
        for value in self._by_beginning.get(small[at : at + SHORTEST], ()):
            if small.startswith(value, at):
                return len(value)
        return 0
