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
_TOKEN: Final = re.compile(r'''"""|\'\'\'|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#.*|[\[\]{}]''')


class Lines:
    """The lines of a TOML text, counted from 1."""

    def __init__(self, text: str) -> None:
        self._found: dict[Place, int] = dict(_places(text))

    def of(self, place: Place) -> int:
        """Return the line of a place, or of the closest one around it; 1 where there is none."""
        while place and place not in self._found:
            place = place[:-1]
        return self._found.get(place, 1)


def _places(text: str) -> Iterator[tuple[Place, int]]:
    """Yield each key and table with its line; later lines of values that go on are passed over."""
    table: Place = ()
    counts: dict[Place, int] = {}
    depth, quote = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        goes_on = depth > 0 or bool(quote)
        if not goes_on and (header := _HEADER.match(line)):
            table = _table(header, counts)
            yield table, number
            continue
        if not goes_on and (key := _KEY.match(line)):
            yield (*table, *_keys(key[1])), number
        depth, quote = _after(line, depth, quote)


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


def _after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Return how deep in brackets, and in which long string, the text is after a line."""
    at = 0
    while at < len(line):
        if quote:
            end = line.find(quote, at)
            if end < 0:
                return depth, quote
            at, quote = end + len(quote), ""
            continue
        token = _TOKEN.search(line, at)
        if token is None:
            break
        at = token.end()
        if token[0] in ('"""', "'''"):
            quote = token[0]
        else:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
    return depth, quote
