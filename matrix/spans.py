"""Where the values of a JSON text stand in it, as far as it can be read: it may be cut off, or be none."""

import json
import re
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]*+(?:
        (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<comma>,) | (?P<colon>:)
      | (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")
      | (?P<cut>"[^"\\]*+(?:\\.[^"\\]*+)*+\\?\Z)
      | (?P<scalar>[-+.0-9A-Za-z]++)
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class Value:
    """Where a value stands in the text, and what it is: a whole string, a container, or neither."""

    start: int
    end: int = 0
    text: str | None = None
    inner: "Container | None" = None


@dataclass(slots=True)
class Container:
    """An array or object. `members` has the values of an object by their names in small letters."""

    is_object: bool
    is_closed: bool = False
    key: str | None = None
    members: dict[str, list[Value]] = field(default_factory=dict)
    items: list[Value] = field(default_factory=list)

    def add(self, value: Value) -> None:
        if not self.is_object:
            self.items.append(value)
        elif self.key is not None:
            self.members.setdefault(self.key.lower(), []).append(value)

    def text(self, name: str) -> str | None:
        """Return the last whole string of that name."""
        return next((value.text for value in reversed(self.members.get(name, ())) if value.text is not None), None)


class Scan:
    """A text, read as JSON as far as it goes: its containers, and its strings that are no names.

    `is_broken` says that there is more in the text, which is no JSON.
    """

    def __init__(self, text: str) -> None:
        self.containers: list[Container] = []
        self.strings: list[tuple[int, int]] = []
        self._stack: list[tuple[Container, Value]] = []
        self._expects_name = False
        position = 0
        while match := _TOKEN.match(text, position):
            position = match.end()
            kind = str(match.lastgroup)
            self._take(kind, match[kind], match.start(kind), position)
        self.is_broken = bool(text[position:].strip(" \t\r\n"))
        for _, value in self._stack:
            value.end = len(text)

    def _take(self, kind: str, token: str, start: int, end: int) -> None:
        match kind:
            case "open":
                container, value = Container(token == "{"), Value(start)  # noqa: S105 - a bracket
                value.inner = container
                self._add(value)
                self.containers.append(container)
                self._stack.append((container, value))
                self._expects_name = container.is_object
            case "close":
                if self._stack:
                    container, value = self._stack.pop()
                    container.is_closed, value.end = True, end
                self._expects_name = False
            case "comma":
                self._expects_name = bool(self._stack) and self._stack[-1][0].is_object
            case "colon":
                self._expects_name = False
            case _:
                self._take_scalar(kind, token, start, end)

    def _take_scalar(self, kind: str, token: str, start: int, end: int) -> None:
        text = decoded(token) if kind == "string" else None
        if self._expects_name and self._stack:
            self._stack[-1][0].key = text
            return
        self._add(Value(start, end, text))
        if kind != "scalar":
            self.strings.append((start, end))

    def _add(self, value: Value) -> None:
        if self._stack:
            self._stack[-1][0].add(value)


def decoded(token: str) -> str | None:
    """Return what a JSON string says; None where it is none."""
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return None
