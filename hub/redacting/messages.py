"""Messages with pseudonyms in them: the values are replaced in the text, and all around them stays byte for byte."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from hub.redacting.kinds import Kind, keywords, kind_of, kind_of_variable
from hub.redacting.redactor import SMALL_NUMBER, Redactor, digits_of
from hub.redacting.spelling import json_spelled, json_units
from hub.redacting.tree import Node, tree_of
from matrix.dialect import CALL, CALLERROR, CALLRESULT, CALLRESULTERROR, JUDGED, SEND, dialect
from matrix.wire import NotJsonError, parse_json

DEEPEST: Final = 3
"""JSON in a string in JSON is looked through so many times."""
_MESSAGE: Final = re.compile(r'\s*\[\s*[2-6]\s*,\s*"')
"""How a message begins that somebody quotes."""
SMALLEST_ODD: Final = 1e300
"""A number that is nobody's, and that another first digit may make infinite."""
_LITERALS: Final = frozenset({"true", "false", "null"})
_DATA: Final = "data"
_VARIABLE: Final = "variable"

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: the names that lead to it, what it is, and the variable that it is a value of, if any."""

    path: Path
    kind: Kind
    is_standard: bool = True
    variable: str | None = None


class Form(StrEnum):
    """How a leaf is written."""

    STRING = "string"
    SCALAR = "scalar"
    NAME = "name"


class Leaf(NamedTuple):
    """A string or the name of a field (`start` and `end` are inside its quotation marks), or a number or the like."""

    start: int
    end: int
    said: str
    kind: Kind
    form: Form


def redacted(redactor: Redactor, text: str, *, depth: int = 0) -> str:
    """Return a message with pseudonyms in it: as long, and as it was written.

    Raises:
        NotJsonError: it is none that can be read.
    """
    changes = []
    for leaf in leaves(text, depth=depth):
        new = _replaced(redactor, leaf, depth)
        if new != leaf.said:
            inside = text[leaf.start : leaf.end]
            is_plain = leaf.form is Form.SCALAR or "\\" not in inside
            changes.append((leaf.start, new if is_plain else json_spelled(json_units(inside), new)))
    return _with_changes(text, changes) if changes else text


def leaves(text: str, *, depth: int = 0) -> Iterator[Leaf]:
    """Yield the values and names of a message, in no order; with a depth, those of JSON that a string in one quotes.

    Raises:
        NotJsonError: it is none that can be read.
    """
    parse_json(text)
    return _Walk(text).leaves(is_message=depth == 0 or _MESSAGE.match(text) is not None)


def may_quote(leaf: Leaf, depth: int) -> bool:
    """Tell whether a leaf is a string that may be JSON itself, and is looked through as such."""
    is_free = leaf.form is Form.STRING and leaf.kind is Kind.TEXT
    return is_free and leaf.said.lstrip()[:1] in ("{", "[") and depth < DEEPEST


def _with_changes(text: str, changes: list[tuple[int, str]]) -> str:
    pieces, at = [], 0
    for start, new in sorted(changes):
        pieces += [text[at:start], new]
        at = start + len(new)
    return "".join([*pieces, text[at:]])


def _replaced(redactor: Redactor, leaf: Leaf, depth: int) -> str:
    said, kind = leaf.said, leaf.kind
    match leaf.form:
        case Form.NAME:  # some use tokens as names
            return redactor.kept(said)
        case Form.SCALAR:
            return _number(redactor, kind, said)
    if kind in redactor.kinds and may_quote(leaf, depth):
        try:
            return redacted(redactor, said, depth=depth + 1)
        except NotJsonError:
            pass  # it is only words
    return redactor.value(kind, said)


def _number(redactor: Redactor, kind: Kind, written: str) -> str:
    """Replace a number that stands where something else does that is replaced; of text, only a long one."""
    if written in _LITERALS or kind not in redactor.kinds:
        return written
    is_telling = abs(float(written)) < SMALLEST_ODD and digits_of(written) > (SMALL_NUMBER if kind is Kind.TEXT else 1)
    return redactor.whole(kind, written) if is_telling else written


class _Walk:
    """Goes through a text's tree with what each node is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def leaves(self, *, is_message: bool) -> Iterator[Leaf]:
        root = tree_of(self._text)
        left = [*self._elements(root)] if is_message else [(root, Place((), Kind.TEXT, is_standard=False))]
        while left:
            node, place = left.pop()
            match node.kind:
                case "string":
                    yield self._string(node, place)
                case "scalar":
                    said = self._text[node.start : node.end]
                    yield Leaf(node.start, node.end, said, self._kind(place, said), Form.SCALAR)
                case "object":
                    yield from self._names(node)
                    left += self._members(node, place)
                case _:
                    left += [(each, place) for each in node.items()]

    def _string(self, node: Node, place: Place) -> Leaf:
        said = node.text(self._text)
        return Leaf(node.start + 1, node.end - 1, said, self._kind(place, said), Form.STRING)

    def _names(self, node: Node) -> Iterator[Leaf]:
        for key, _ in node.members:
            if key is not None:
                yield Leaf(key.start + 1, key.end - 1, key.text(self._text), Kind.KEYWORD, Form.NAME)

    def _kind(self, place: Place, said: str) -> Kind:
        """Return what a value is; of a variable that nobody knows it is text, unless it lists words of the standard."""
        if place.kind is not Kind.SETTING:
            return place.kind
        known = kind_of_variable(place.variable) if place.variable else None
        if known is None and all(each.strip() in keywords() for each in said.split(",")):
            return Kind.SETTING
        return known or Kind.TEXT

    def _elements(self, root: Node) -> Iterator[tuple[Node, Place]]:
        """Yield the elements of a message, each with what it is by its place (Part 4 §4.2)."""
        elements = root.items() if root.kind == "array" else []
        kinds = self._kinds_of_elements(elements)
        is_standard = self._is_standard(elements)
        for element, kind in zip(elements, kinds, strict=False):
            yield element, Place((), kind, is_standard)
        for element in elements[len(kinds) :]:
            yield element, Place((), Kind.TEXT, is_standard=False)
        if root.kind != "array":
            yield root, Place((), Kind.TEXT, is_standard=False)

    def _kinds_of_elements(self, elements: list[Node]) -> list[Kind]:
        beginning = [Kind.QUANTITY, Kind.REFERENCE]
        match elements[0].text(self._text) if elements else "":
            case kind if kind in (str(CALL), str(SEND)):
                return [*beginning, Kind.KEYWORD, Kind.TEXT]
            case kind if kind == str(CALLRESULT):
                return [*beginning, Kind.TEXT]
            case kind if kind in (str(CALLERROR), str(CALLRESULTERROR)):
                return [*beginning, Kind.KEYWORD, Kind.TEXT, Kind.TEXT]
        return beginning[:1]

    def _is_standard(self, elements: list[Node]) -> bool:
        """Tell whether the payload may be one of the standard's: of an answer, nobody looks for the request."""
        if len(elements) < 3 or elements[0].text(self._text) not in (str(CALL), str(SEND)):
            return elements[0].text(self._text) == str(CALLRESULT) if elements else False
        action = elements[2].text(self._text)
        return any(dialect(version).has(action) for version in JUDGED)

    def _members(self, node: Node, place: Place) -> Iterator[tuple[Node, Place]]:
        variable = self._variable(node) or place.variable
        for key, each in node.members:
            name = key.text(self._text) if key else ""
            is_standard = place.is_standard and not (place.path == (_DATA,) and place.kind is Kind.TEXT)
            path = (*place.path[-2:], name)
            yield each, Place(path, kind_of(path, is_standard=is_standard), is_standard, variable)

    def _variable(self, node: Node) -> str | None:
        """Return the configuration key (1.6) or the variable (2.x) that an object is about."""
        for name in ("key", _VARIABLE):
            found = node.named(name, self._text)
            if found is not None and found.kind == "object":
                found = found.named("name", self._text)
            if found is not None and found.kind == "string":
                return found.text(self._text)
        return None
