"""An answer where none was recorded: sensible, and valid by its schema. What it commits to is as little as possible.

A CSMS lets the station go on (Accepted); a station does not do what it cannot do (Rejected, NotSupported). What is
to be said in particular stands in matrix/data/improvised.json, the rest is made from the schema.
"""

from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import orjson

from matrix.dialect import dialect
from matrix.moments import written
from matrix.schemas import Part, check, schema

_MODEST: Final = (
    "NoProfile", "NoProfiles", "Rejected", "NotFound", "NotSupported", "NotImplemented", "UnknownVendorId",
    "UnknownVendor", "Failed", "Unknown", "NoTransaction", "NoFirmware", "NoMessages", "EmptyResultSet", "Accepted",
)  # fmt: skip
"""What is said of the values that a schema lists: the first of these that is among them."""
_DEEPEST: Final = 8


class Improvised(NamedTuple):
    """An answer that nobody has recorded: a payload, or the code of a CALLERROR."""

    payload: dict[str, Any] | None
    error: str = ""


class Occasion(NamedTuple):
    """The request to answer: `now` in nanoseconds, `new` an integer that has not been used as an id."""

    version: str
    action: str
    request: dict[str, Any]
    now: int
    new: int


def improvised(occasion: Occasion) -> Improvised:
    """Return an answer; NotImplemented to what the version does not have."""
    version, action = occasion.version, occasion.action
    if action not in dialect(version).actions:
        return Improvised(None, "NotImplemented")
    for payload in (_prepared(occasion), _of_schema(version, action)):
        if payload is not None and check(version, action, Part.RESPONSE, payload) in ((), None):
            return Improvised(payload)
    return Improvised(None, "NotSupported")


def _prepared(occasion: Occasion) -> dict[str, Any] | None:
    family = "2" if dialect(occasion.version).is_2x else occasion.version
    found = _table().get(family, {}).get(occasion.action)
    if found is None:
        return None
    filled = {name: _filled(value, occasion) for name, value in found.items()}
    return {name: value for name, value in filled.items() if value is not None}


def _filled(value: Any, occasion: Occasion) -> Any:
    match value:
        case "$now":
            return written(occasion.now)
        case "$new":
            return occasion.new
        case str() if value.startswith("$request/"):
            return occasion.request.get(value.removeprefix("$request/"))
        case {"$each": name, "as": one, "also": also}:
            values = occasion.request.get(name)
            return [{one: value} | also for value in values] if isinstance(values, list) else []
        case {"$each": name, "copy": names, "also": also}:
            items = occasion.request.get(name)
            wanted = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
            return [{each: item[each] for each in names if each in item} | also for item in wanted]
        case dict():
            return {name: _filled(each, occasion) for name, each in value.items()}
        case _:
            return value


@cache
def _of_schema(version: str, action: str) -> dict[str, Any] | None:
    definition = schema(version, action, Part.RESPONSE)
    return None if definition is None else _least(definition, definition, 0)


def _least(node: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    """Return the least value that fits: required fields only, the most modest of what is listed."""
    if isinstance(reference := node.get("$ref"), str):
        node = root.get("definitions", {}).get(reference.rpartition("/")[2], {})
    if listed := node.get("enum"):
        return next((each for each in _MODEST if each in listed), listed[0])
    match node.get("type"):
        case "object" if depth < _DEEPEST:
            properties = node.get("properties", {})
            return {name: _least(properties.get(name, {}), root, depth + 1) for name in node.get("required", ())}
        case "array":
            return [_least(node.get("items", {}), root, depth + 1)] * node.get("minItems", 0)
        case "integer" | "number":
            return max(0, node.get("minimum", 0))
        case "boolean":
            return False
        case _:
            return written(0) if node.get("format") == "date-time" else ""


@cache
def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = orjson.loads(files("matrix").joinpath("data/improvised.json").read_bytes())
    return table
