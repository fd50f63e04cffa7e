"""Where a payload holds timestamps: the fields that its schema gives the format date-time."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from matrix.dialect import dialect
from matrix.moments import FINE_LENGTH
from matrix.schemas import Part, fitting, schema

if TYPE_CHECKING:
    from matrix.exchange import Exchange

DEEPEST: Final = 8

Tree = dict[str, "Tree"]
"""Names of fields that hold a timestamp, or lead to one."""


class Stamp(NamedTuple):
    """A timestamp in a payload, as it is written; `place` are the names and indexes that lead to it."""

    text: str
    place: tuple[str | int, ...]


def usual(version: str, action: str, part: Part) -> Callable[[Any], bool]:
    """Return a function that tells at once that a payload fits its schema, and in 2.x has no odd timestamp either.

    A timestamp of RFC 3339 with an offset other than Z has at least 25 characters: one that fits the schema, and is no
    longer than FINE_LENGTH, is in UTC and has no more than three digits of a fraction.
    """
    return fitting(version, action, part, longest_stamp=FINE_LENGTH if dialect(version).is_2x else None)


def odd_stamps(exchange: "Exchange") -> list[Stamp]:
    """Return those timestamps of the message of an exchange that came last which are not written as 2.x asks for.

    That message is its answer, if there is one.
    """
    found: list[Stamp] = []
    if exchange.answer is None:
        _collect(exchange.request, exchange.topic.request.stamps, (), found)
    else:
        _collect(exchange.response, exchange.topic.response.stamps, (), found)
    return found


def _collect(payload: dict[str, Any], tree: Tree, place: tuple[str | int, ...], found: list[Stamp]) -> None:
    for name, branch in tree.items():
        value = payload.get(name)
        if type(value) is str:
            if not branch and (len(value) > FINE_LENGTH or value[-1:] not in "Zz"):
                found.append(Stamp(value, (*place, name)))
        elif type(value) is dict:
            _collect(value, branch, (*place, name), found)
        elif type(value) is list:
            for number, item in enumerate(value):
                if type(item) is dict:
                    _collect(item, branch, (*place, name, number), found)


@cache
def tree_of(version: str, action: str, part: Part) -> Tree:
    """Return where the payloads of a message hold timestamps, by their schema; {} where there is none."""
    definition = schema(version, action, part)
    return _branch(definition, definition, DEEPEST) if definition else {}


def _branch(node: dict[str, Any], root: dict[str, Any], depth: int) -> Tree:
    """Return the properties of a node that are a timestamp ({}) or lead to one (their own properties that do)."""
    tree: Tree = {}
    for name, each in node.get("properties", {}).items() if depth else ():
        field = _resolved(each, root)
        field = _resolved(field.get("items", field), root)
        if field.get("format") == "date-time":
            tree[name] = {}
        elif branch := _branch(field, root, depth - 1):
            tree[name] = branch
    return tree


def _resolved(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    found: dict[str, Any] = root.get("definitions", {}).get(reference.rpartition("/")[2], {})
    return found
