"""Fields of payloads, whatever a peer put there: the value where it has the type that is asked for, else nothing."""

from collections.abc import Sequence
from typing import Any, Final

from matrix.moments import moment
from matrix.secrets import told

Payload = dict[str, Any]
LONGEST_S: Final = 10**9
LARGEST_INTEGER: Final = 2**31 - 1
"""The largest integer of 32 bits, which is what the XML schemas of 1.6 have; its JSON schemas name no bound."""

LARGEST_EXACT: Final = 2**53
"""From here on a number that was read as a float need not be the one that was written."""


def dig(payload: Any, *path: str) -> Any:
    """Return what stands at a path of objects; None where there is nothing."""
    for name in path:
        if type(payload) is not dict:
            return None
        payload = payload.get(name)
    return payload


def text(payload: Any, name: str, *further: str) -> str | None:
    """Return the string at a path."""
    value = payload.get(name) if type(payload) is dict else None
    if further:
        return text(value, *further)
    return value if type(value) is str else None


def integer(payload: Any, name: str, *further: str) -> int | None:
    """Return the integer at a path, also where it is written `7.0` or `7e0`; true and false are none."""
    value = payload.get(name) if type(payload) is dict else None
    if further:
        return integer(value, *further)
    if type(value) is int:
        return value
    return int(value) if type(value) is float and value.is_integer() and abs(value) < LARGEST_EXACT else None


def number(payload: Any, *path: str) -> float | None:
    """Return the number at a path."""
    value = dig(payload, *path)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def seconds_as_ns(payload: Any, *path: str) -> int:
    """Return the seconds at a path in nanoseconds: 0 where there is no number, or one below 0; 31 years at most."""
    seconds = number(payload, *path) or 0
    return int(min(max(seconds, 0), LONGEST_S) * 1_000_000_000)


def moment_at(payload: Payload, name: str) -> int | None:
    """Return the moment in a field, in nanoseconds since the Unix epoch; None where there is none."""
    value = payload.get(name)
    found = moment(value) if type(value) is str else None
    return found.ns if found is not None else None


def objects(payload: Any, name: str, *further: str) -> Sequence[Payload]:
    """Return the objects in the array at a path; [] where there is no array. It is not to be changed."""
    value = payload.get(name) if type(payload) is dict else None
    if further:
        return objects(value, *further)
    if type(value) is not list:
        return []
    for item in value:
        if type(item) is not dict:
            return [item for item in value if type(item) is dict]
    return value


def is_disputable(payload: Any) -> bool:
    """Tell whether a payload holds, at any depth, what the JSON schemas of 1.6 allow and a receiver may well turn down.

    That is an integer beyond 32 bits (`int` in the XML schemas), and an empty array (1..* in many of the tables).
    """
    left = [payload]
    while left:
        each = left.pop()
        if isinstance(each, dict | list):
            if each == []:
                return True
            left += each.values() if isinstance(each, dict) else each
        elif isinstance(each, int) and not -LARGEST_INTEGER - 1 <= each <= LARGEST_INTEGER:
            return True
    return False


def said(value: object) -> str:
    """Return a peer's value for a sentence."""
    return f'"{told(value, 60)}"' if isinstance(value, str) else told(str(value), 60)
