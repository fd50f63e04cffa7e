"""In which line of a TOML file a key stands: tomllib reads values, and says nothing of places."""

import re
import tomllib
from collections.abc import Iterator
from typing import Final

Place = tuple[str | int, ...]
"""Keys and indexes that lead to a value: `("rounds", 0, "pairs")`."""

_NAME: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_HEADER: Final = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_PART: Final = re.compile(_NAME)
_TOKEN: Final = re.compile(r'''"""|\'\'\'|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#.*|[\[\]{},]|[^\s\[\]{},"'\#]+''')
_DEEPER: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


class Lines:
    """The lines of a TOML text, counted from 1."""

    def __init__(self, text: str) -> None:
        self._found: dict[Place, int] = {}
        for place, number in _places(text):
            self._found[place] = number
            for length in range(1, len(place)):  # [a.b] makes the table a, too
                self._found.setdefault(place[:length], number)

    def of(self, place: Place) -> int:
        """Return the line of a place, or of the closest one around it; 1 where there is none."""
        while place and place not in self._found:
            place = place[:-1]
        return self._found.get(place, 1)


def _places(text: str) -> Iterator[tuple[Place, int]]:
    """Yield each key, table and element of an array with its line."""
    table: Place = ()
    counts: dict[Place, int] = {}
    value = _Value()
    for number, line in enumerate(text.splitlines(), 1):
        begins = 0
        if not value.goes_on:
            if header := _HEADER.match(line):
                table = _table(header, counts)
                yield table, number
                continue
            if key := _KEY.match(line):
                value = _Value((*table, *_keys(key[1])))
                begins = key.end()
                yield value.place, number
        for index in value.read(line, begins):
            yield (*value.place, index), number


def _table(header: "re.Match[str]", counts: dict[Place, int]) -> Place:
    """Return the place of a table's header; each [[...]] is the next of its array."""
    place: Place = ()
    *parents, last = _keys(header[2])
    for key in parents:
        place = (*place, key)
        if place in counts:
            place = (*place, counts[place] - 1)
    place = (*place, last)
    if header[1] == "[[":
        counts[place] = counts.get(place, 0) + 1
        place = (*place, counts[place] - 1)
    return place


def _keys(dotted: str) -> list[str]:
    return [next(iter(tomllib.loads(f"{part} = 0"))) for part in _PART.findall(dotted)]


class _Value:
    """A value that may go on over lines: how deep in brackets, and in which long string, it is after each of them."""

    def __init__(self, place: Place = ()) -> None:
        self.place = place
        self._depth = 0
        self._quote = ""
        self._index = 0
        self._is_array = False
        self._is_between = False

    @property
    def goes_on(self) -> bool:
        return self._depth > 0 or bool(self._quote)

    def read(self, line: str, at: int) -> Iterator[int]:
        """Take in a line from a column on; yield the index of each element of the array that begins in it."""
        while at < len(line):
            if self._quote:
                end = line.find(self._quote, at)
                if end < 0:
                    return
                at, self._quote = end + len(self._quote), ""
                continue
            piece = _TOKEN.search(line, at)
            if piece is None:
                return
            at = piece.end()
            if self._begins_element(piece[0]):
                yield self._index
            self._pass(piece[0])

    def _begins_element(self, piece: str) -> bool:
        is_first = self._is_between and self._depth == 1 and piece not in ("]", ",") and not piece.startswith("#")
        self._is_between &= not is_first
        return is_first

    def _pass(self, piece: str) -> None:
        if piece in ('"""', "'''"):
            self._quote = piece
        elif piece == "," and self._depth == 1 and self._is_array:
            self._index += 1
            self._is_between = True
        elif piece in _DEEPER:
            if self._depth == 0:
                self._is_array = self._is_between = piece == "["
            self._depth += _DEEPER[piece]
