"""What can be wrong in a payload, at every place where its schema does not allow it."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, Final

from payloads import Place, Steps

from matrix.dialect import V16

Change = Callable[[Any, list[Place], str], Iterator[Any]]
"""A payload, its places and the version in; payloads with one thing wrong out."""


def with_value(payload: Any, steps: Steps, value: Any) -> Any:
    """Return a copy of a payload with another value at a place."""
    if not steps:
        return value
    changed = copy.copy(payload)
    changed[steps[0]] = with_value(payload[steps[0]], steps[1:], value)
    return changed


def without(payload: Any, steps: Steps) -> Any:
    """Return a copy of a payload without a field."""
    if len(steps) == 1:
        return {name: value for name, value in payload.items() if name != steps[0]}
    return with_value(payload, steps[:1], without(payload[steps[0]], steps[1:]))


def renamed(payload: Any, steps: Steps, name: str) -> Any:
    """Return a copy of a payload with a field under another name."""
    if len(steps) == 1:
        return {(name if key == steps[0] else key): value for key, value in payload.items()}
    return with_value(payload, steps[:1], renamed(payload[steps[0]], steps[1:], name))


def _fields(places: list[Place]) -> Iterator[Place]:
    """Yield the places that are fields of objects."""
    for place in places:
        if place.steps and isinstance(place.steps[-1], str):
            yield place


def required_left_out(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in _fields(places):
        if place.is_required:
            yield without(payload, place.steps)


def optional_left_out(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in _fields(places):
        if not place.is_required:
            yield without(payload, place.steps)


def _objects(places: list[Place], *, closed: bool) -> Iterator[Place]:
    for place in places:
        if isinstance(place.value, dict) and (place.schema.get("additionalProperties") is False) is closed:
            yield place


def unknown_added(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in _objects(places, closed=True):
        yield with_value(payload, place.steps, {**place.value, "vendorField": 1})


def custom_data_added(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in _objects(places, closed=True):
        if "customData" in place.schema.get("properties", {}):
            yield with_value(payload, place.steps, {**place.value, "customData": {"vendorId": "v", "any": [1]}})


OTHER_TYPES: Final[dict[str, tuple[Any, ...]]] = {
    "string": (17, True, {}),
    "integer": ("17", True, 1.5),
    "number": ("17.0", True),
    "boolean": ("true", 1),
    "object": ([], "x"),
    "array": ({}, "x"),
}


def other_type(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in places:
        if place.steps:
            for value in OTHER_TYPES.get(str(place.schema.get("type")), ()):
                yield with_value(payload, place.steps, value)


def null(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in places:
        if place.steps and "type" in place.schema:
            yield with_value(payload, place.steps, None)


def too_long(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in places:
        longest = place.schema.get("maxLength")
        if isinstance(place.value, str) and longest is not None and "enum" not in place.schema:
            yield with_value(payload, place.steps, place.value.ljust(longest + 1, "x"))


def _enumerated(places: list[Place]) -> Iterator[tuple[Place, list[str]]]:
    for place in places:
        if isinstance(place.value, str) and "enum" in place.schema:
            yield place, place.schema["enum"]


def no_such_value(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place, values in _enumerated(places):
        if "VendorValue" not in values:
            yield with_value(payload, place.steps, "VendorValue")


def value_in_other_case(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place, values in _enumerated(places):
        for value in {place.value.lower(), place.value.upper()}.difference(values):
            yield with_value(payload, place.steps, value)


def field_in_other_case(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in _fields(places):
        name = str(place.steps[-1])
        yield renamed(payload, place.steps, name[0].upper() + name[1:])


def emptied(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in places:
        if isinstance(place.value, list) and place.schema.get("minItems"):
            yield with_value(payload, place.steps, [])


def too_many(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in places:
        most = place.schema.get("maxItems")
        if isinstance(place.value, list) and place.value and most:
            yield with_value(payload, place.steps, place.value * (most + 1))


def out_of_bounds(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in places:
        if "minimum" in place.schema:
            yield with_value(payload, place.steps, place.schema["minimum"] - 1)
        if "maximum" in place.schema:
            yield with_value(payload, place.steps, place.schema["maximum"] + 1)


def too_precise(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in places:
        if "multipleOf" in place.schema:
            yield with_value(payload, place.steps, place.value + place.schema["multipleOf"] / 8)


def _times(places: list[Place]) -> Iterator[Place]:
    for place in places:
        if place.schema.get("format") == "date-time":
            yield place


def no_time(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in _times(places):
        for text in ("yesterday", "01.11.2026 10:00", "2026-13-01T10:00:00Z", ""):
            yield with_value(payload, place.steps, text)


def time_without_offset(payload: Any, places: list[Place], _version: str) -> Iterator[Any]:
    for place in _times(places):
        yield with_value(payload, place.steps, "2026-11-01T10:00:00")


def too_fine_a_time(payload: Any, places: list[Place], version: str) -> Iterator[Any]:
    for place in _times(places) if version != V16 else ():
        yield with_value(payload, place.steps, "2026-11-01T10:00:00.1234567Z")


CHANGES: Final[dict[str, Change]] = {
    "a required field is left out": required_left_out,
    "a field that does not exist is added": unknown_added,
    "a value is of another type": other_type,
    "null stands in a field": null,
    "a string is one character too long": too_long,
    "an enumeration has a value that does not exist": no_such_value,
    "an enumeration's value is written in small or large letters": value_in_other_case,
    "a field begins with a large letter": field_in_other_case,
    "an array that needs an item is empty": emptied,
    "an array has one item too many": too_many,
    "a number is below its minimum or above its maximum": out_of_bounds,
    "a number has more digits than its schema allows": too_precise,
    "a timestamp is none": no_time,
    "a timestamp has no offset": time_without_offset,
    "a timestamp has seven digits of a fraction": too_fine_a_time,
}

LEGAL: Final[dict[str, Change]] = {
    "an optional field is left out": optional_left_out,
    "customData is added": custom_data_added,
}
