"""Tables of a TOML file, read key by key: each mistake is noted with its line, and reading goes on."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from hub.toml_lines import Lines, Place
from matrix.safe import safe

EARLIEST_YEAR: Final = 1970
LATEST_YEAR: Final = 2999
"""Times beyond these are slips of the pen, and times that are reckoned from them may not exist."""

_KINDS: Final = {str: "a text", bool: "true or false", int: "a whole number", list: "an array", dict: "a table"}


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong in a file, and in which line; `text` names the place and the value."""

    line: int
    text: str


@dataclass(slots=True)
class Mistakes:
    """What was found wrong so far."""

    lines: Lines
    found: list[Mistake] = field(default_factory=list)

    def note(self, place: Place, sentence: str) -> None:
        """Note a mistake at a place."""
        mistake = Mistake(self.lines.of(place), f"{shown_place(place)} {sentence}".strip())
        if mistake not in self.found:
            self.found.append(mistake)


class Table:
    """One table: ask for its keys, then `finish`, which notes the keys that nobody asked for."""

    def __init__(self, values: Mapping[str, Any], mistakes: Mistakes, place: Place = ()) -> None:
        self.place = place
        self._values = values
        self._mistakes = mistakes
        self._asked: set[str] = set()

    def note(self, key: str | None, sentence: str) -> None:
        """Note what is wrong with a key's value, or with the table itself."""
        self._mistakes.note(self.place if key is None else (*self.place, key), sentence)

    def note_item(self, key: str, item: object, sentence: str) -> None:
        """Note what is wrong with an element of an array; with the last one, where there are several like it."""
        places = [number for number, each in enumerate(self._values[key]) if each == item]
        self._mistakes.note((*self.place, key, places[-1]), sentence)

    def text(self, key: str, default: str = "", *, is_needed: bool = False) -> str:
        """Return a text without blanks around it."""
        value = self._value(key, str, is_needed=is_needed)
        if is_needed and value is not None and not value.strip():
            self.note(key, "is empty")
        return default if value is None else value.strip()

    def flag(self, key: str) -> bool:
        """Return true or false; false where nothing is said."""
        return bool(self._value(key, bool))

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Return one of some texts; the first where nothing is said."""
        value = self.text(key, choices[0])
        if value not in choices:
            self.note(key, f"has to be {' or '.join(choices)}, it is {shown_value(value)}")
            return choices[0]
        return value

    def number(self, key: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number."""
        value: int | None = self._value(key, int)
        if value is None:
            return default
        if value < least:
            self.note(key, f"has to be {least} at least, it is {value}")
        if value > most:
            self.note(key, f"has to be {most} at most, it is {value}")
        return min(max(value, least), most)

    def moment(self, key: str) -> datetime | None:
        """Return a date with a time and an offset from UTC."""
        value: datetime | None = self._value(key, datetime, "a date and time such as 2026-11-23T09:00:00+01:00")
        if value is not None and value.tzinfo is None:
            self.note(key, f"has no offset from UTC: {value.isoformat()}; write Z, or one such as +01:00")
            return None
        if value is not None and not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
            self.note(key, f"is in no year from {EARLIEST_YEAR} to {LATEST_YEAR}: {value.isoformat()}")
            return None
        return value

    def texts(self, key: str, *, is_needed: bool = False) -> tuple[str, ...]:
        """Return an array of texts."""
        found = self._value(key, list, is_needed=is_needed) or []
        for each in found:
            if not isinstance(each, str) or not each:
                self.note_item(key, each, f"has to be a text, it is {shown_value(each)}")
        if is_needed and key in self._values and not found:
            self.note(key, "is empty")
        return tuple(each for each in found if isinstance(each, str) and each)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return an array of arrays of two texts."""
        found: list[tuple[str, str]] = []
        for each in self._value(key, list) or []:
            match each:
                case [str(first), str(second)]:
                    found.append((first, second))
                case _:
                    self.note_item(key, each, f'has to be ["STATION", "CSMS"], it is {shown_value(each)}')
        return tuple(found)

    def table(self, key: str) -> "Table":
        """Return a table within this one; an empty one where there is none."""
        return Table(self._value(key, dict) or {}, self._mistakes, (*self.place, key))

    def tables(self, key: str) -> "Iterator[tuple[str, Table]]":
        """Yield the tables by name within a table: `[stations.one]`, `[stations.two]`."""
        inner = self.table(key)
        for name in inner.keys:
            yield name, inner.table(name)

    def array(self, key: str) -> "Iterator[Table]":
        """Yield the tables of an array of tables: `[[rounds]]`."""
        for number, each in enumerate(self._value(key, list) or []):
            place = (*self.place, key, number)
            if isinstance(each, dict):
                yield Table(each, self._mistakes, place)
            else:
                self._mistakes.note(place, f"has to be a table, it is {shown_value(each)}")

    @property
    def keys(self) -> list[str]:
        return list(self._values)

    @property
    def raw(self) -> Mapping[str, Any]:
        """The values as they are, for who checks them all."""
        self._asked.update(self._values)
        return self._values

    def finish(self) -> None:
        """Note each key that does not exist, with the one that may have been meant."""
        for key in self._values:
            if key not in self._asked:
                close = difflib.get_close_matches(key, self._asked, 1)
                meant = f"; did you mean {close[0]!r}?" if close else f"; there can be {', '.join(sorted(self._asked))}"
                self.note(key, f"does not exist{meant}")

    def _value(self, key: str, kind: type, wanted: str | None = None, *, is_needed: bool = False) -> Any:
        self._asked.add(key)
        value = self._values.get(key)
        if value is None:
            if is_needed:
                self.note(None, f"lacks {key!r}, {wanted or _KINDS[kind]}")
        elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.note(key, f"has to be {wanted or _KINDS[kind]}, it is {shown_value(value)}")
            return None
        return value


def shown_place(place: Place) -> str:
    """Return a place as it is written: `stations."Volta One".versions[1]`."""
    shown = ""
    for step in place:
        if isinstance(step, int):
            shown += f"[{step + 1}]"
        else:
            bare = step.replace("-", "").replace("_", "")
            name = step if bare.isascii() and bare.isalnum() else f'"{safe(step, 60)}"'
            shown += f".{name}" if shown else name
    return shown


def shown_value(value: Any) -> str:
    """Return a value for a sentence; a text in quotes."""
    return repr(safe(value, 60)) if isinstance(value, str) else safe(str(value), 60)
