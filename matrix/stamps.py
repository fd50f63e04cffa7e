"""Where a payload holds timestamps: the fields that its schema gives the format date-time."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from matrix.exchange import Exchange
from matrix.moments import Moment, moment
from matrix.schemas import Part, schema

EACH: Final = "*"
DEEPEST: Final = 8

Path = tuple[str, ...]


class Stamp(NamedTuple):
    """A timestamp in a payload; `moment` is None where the text names none."""

    pointer: str
    text: str
    moment: Moment | None


def stamps(exchange: Exchange) -> Iterator[Stamp]:
    """Yield the timestamps of the message of an exchange that came last: its answer, if there is one."""
    part = Part.REQUEST if exchange.answer is None else Part.RESPONSE
    paths = _paths(exchange.conversation.version, exchange.action, part)
    if paths:
        payload = exchange.request if part is Part.REQUEST else exchange.response
        for path in paths:
            yield from _at(payload, path, "")


def _at(value: Any, path: Path, pointer: str) -> Iterator[Stamp]:
    if not path:
        if isinstance(value, str):
            yield Stamp(pointer, value, moment(value))
    elif path[0] == EACH:
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from _at(item, path[1:], f"{pointer}/{number}")
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:], f"{pointer}/{path[0]}")


@cache
def _paths(version: str, action: str, part: Part) -> tuple[Path, ...]:
    definition = schema(version, action, part)
    return tuple(_search(definition, definition, (), DEEPEST)) if definition else ()


def _search(node: Any, root: dict[str, Any], path: Path, depth: int) -> Iterator[Path]:
    if not isinstance(node, dict) or not depth:
        return
    if isinstance(reference := node.get("$ref"), str):
        node = root.get("definitions", {}).get(reference.rpartition("/")[2], {})
    if node.get("format") == "date-time":
        yield path
    yield from _search(node.get("items"), root, (*path, EACH), depth - 1)
    for name, field in node.get("properties", {}).items():
        yield from _search(field, root, (*path, name), depth - 1)
