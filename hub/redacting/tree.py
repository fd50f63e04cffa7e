"""A message's text as a tree of spans: where in the text each value stands, so that the rest stays byte for byte."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from hub.redacting.spelling import json_units, said_by

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]*+(?:
        (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<comma>,) | (?P<colon>:)
      | (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+") | (?P<scalar>[-+.0-9A-Za-z]++)
    )""",
    re.VERBOSE | re.DOTALL,
)
_OPENING: Final = {"{": "object", "[": "array"}


@dataclass(slots=True)
class Node:
    """A value of JSON at `start` to `end` of the text.

    `kind` is object, array, string or scalar (a number, true, false, null). `members` are the values of an object with
    their names, in order, or those of an array, each with no name.
    """

    kind: str
    start: int
    end: int = 0
    members: list[tuple["Node | None", "Node"]] = field(default_factory=list)

    def items(self) -> list["Node"]:
        return [node for _, node in self.members]

    def text(self, source: str) -> str:
        """Return what a string says; of anything else, how it is written."""
        if self.kind != "string":
            return source[self.start : self.end]
        inside = source[self.start + 1 : self.end - 1]
        return said_by(json_units(inside)) if "\\" in inside else inside

    def named(self, name: str, source: str) -> "Node | None":
        """Return the last value of that name in an object."""
        found = (node for key, node in reversed(self.members) if key is not None and key.text(source) == name)
        return next(found, None)


def tree_of(text: str) -> Node:
    """Return the tree of a text that is JSON: it has been read as such before."""
    root = Node("array", 0, len(text))
    stack: list[tuple[Node, Node | None]] = [(root, None)]
    for kind, start, end in _tokens(text):
        parent, name = stack[-1]
        match kind:
            case "open":
                node = Node(_OPENING[text[start]], start)
                parent.members.append((name, node))
                stack.append((node, None))
            case "close":
                stack.pop()[0].end = end
                stack[-1] = (stack[-1][0], None)
            case "comma":
                stack[-1] = (parent, None)
            case "string" if parent.kind == "object" and name is None:
                stack[-1] = (parent, Node(kind, start, end))
            case "string" | "scalar":
                parent.members.append((name, Node(kind, start, end)))
    return root.items()[0]


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        kind = str(match.lastgroup)
        yield kind, match.start(kind), position
