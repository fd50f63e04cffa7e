"""What of a payload is an id, or a time: a table of fields for each message, never a guess from values.

The table is matrix/data/replay_ids.json: for each version, `Action.request` or `Action.response`, the fields that hold
an id, and of what. A field either *gives* an id, to something that begins with this message, or *names* one.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import orjson

from matrix.dialect import V21, dialect
from matrix.schemas import Part
from matrix.stamps import Tree, tree_of

Place = tuple[str | int, ...]
"""The names and indexes that lead to a value."""

COMPARED: Final = frozenset({"token", "list version"})
"""Ids that mean something by themselves, and are compared: what a CSMS says to start with is started with, and the
local list that it sends is the one that the station has.
"""
_ANY: Final = "*"
_GIVES: Final = "gives"


class IdField(NamedTuple):
    """A field that holds an id. `path` leads to it, `*` for each item of an array; `kind` is what it is an id of."""

    path: tuple[str, ...]
    kind: str
    gives: bool


class Id(NamedTuple):
    """An id as a message holds it: `value` is its JSON, with sorted keys where it is an object."""

    kind: str
    value: str


class Found(NamedTuple):
    """An id in its place in a payload."""

    place: Place
    id: Id
    gives: bool


@cache
def id_fields(version: str, action: str, part: Part) -> tuple[IdField, ...]:
    """Return the fields of a message that hold ids."""
    table = _table()
    key = f"{action}.{part}"
    if not dialect(version).is_2x:
        return _fields(table.get(version, {}).get(key, {}))
    of_all, of_21 = table["2"].get(key, {}), table[V21].get(key, {}) if version == V21 else {}
    return _fields({**of_all, **of_21})


def ids_in(payload: Any, version: str, action: str, part: Part) -> list[Found]:
    """Return the ids that a payload holds."""
    fields = id_fields(version, action, part)
    return [
        Found(place, Id(field.kind, canonical(value)), field.gives)
        for field in fields
        for place, value in _at(payload, field.path)
        if value is not None
    ]


def stamps_in(payload: Any, version: str, action: str, part: Part) -> list[Place]:
    """Return where a payload holds timestamps: strings in the fields that its schema gives the format date-time."""
    return [*_stamps(payload, tree_of(version, action, part), ())]


def canonical(value: Any) -> str:
    """Return JSON that is the same for equal values."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:  # an integer beyond 64 bits; or nested too deep, and then so is this
        return repr(value)


def _at(payload: Any, path: tuple[str, ...], place: Place = ()) -> Iterator[tuple[Place, Any]]:
    for number, step in enumerate(path):
        if step == _ANY:
            if type(payload) is list:
                for index, item in enumerate(payload):
                    yield from _at(item, path[number + 1 :], (*place, index))
            return
        if type(payload) is not dict or step not in payload:
            return
        payload, place = payload[step], (*place, step)
    yield place, payload


def _stamps(payload: Any, tree: Tree, place: Place) -> Iterator[Place]:
    for name, branch in tree.items():
        value = payload.get(name) if type(payload) is dict else None
        if type(value) is str and not branch:
            yield (*place, name)
        elif type(value) is dict:
            yield from _stamps(value, branch, (*place, name))
        elif type(value) is list:
            for index, item in enumerate(value):
                yield from _stamps(item, branch, (*place, name, index))


def _fields(entries: dict[str, str]) -> tuple[IdField, ...]:
    split = ((path, *meaning.partition(" ")) for path, meaning in entries.items())
    return tuple(IdField(tuple(path.split("/")), kind, verb == _GIVES) for path, verb, _, kind in split)


@cache
def _table() -> dict[str, dict[str, dict[str, str]]]:
    table: dict[str, dict[str, dict[str, str]]] = orjson.loads(
        files("matrix").joinpath("data/replay_ids.json").read_bytes()
    )
    return table
