"""In what a live payload differs from a recorded one: ids that stand for each other, times, and order set aside."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, NamedTuple

from matrix.replay.fields import COMPARED, Id, Place, canonical, ids_in, stamps_in
from matrix.replay.memory import Memory
from matrix.schemas import Part, pointer

MOST: Final = 20
"""Differences told of one message."""
ABSENT: Final = "(absent)"


class Difference(NamedTuple):
    """One place where two payloads differ: an RFC 6901 pointer, and the JSON of what stands there, or `(absent)`."""

    pointer: str
    recorded: str
    live: str


class Context(NamedTuple):
    """What a payload is that of."""

    version: str
    action: str
    part: Part


def differences(recorded: Any, live: Any, context: Context, memory: Memory) -> list[Difference]:
    """Return in what a live payload differs. Ids and timestamps only have to be there, whatever they are.

    A token, or the version of a list, has to be the one that is known to stand for the recorded one.
    """
    if recorded == live:
        return []
    aside = _set_aside(recorded, live, context, memory)
    found: list[Difference] = []
    for place, one, other in _walk(recorded, live, (), aside):
        found.append(Difference(pointer([*place]), one, other))
        if len(found) == MOST:
            break
    return found


def content_of_recorded(payload: Any, context: Context, memory: Memory) -> str:
    """Return what a recorded request is about: equal to that of a live one that asks for the same."""
    return _content(payload, context, lambda found: found.value if memory.has(found) else _unknown(found))


def content_of_live(payload: Any, context: Context, memory: Memory) -> str:
    """Return what a live request is about, with ids that are known as the recorded ones."""
    return _content(payload, context, lambda found: memory.recorded(found) or _unknown(found))


def _unknown(found: Id) -> str:
    return found.value if found.kind in COMPARED else "?"


def _content(payload: Any, context: Context, named: Callable[[Id], str]) -> str:
    places: dict[Place, str] = dict.fromkeys(stamps_in(payload, *context), "time")
    places |= {found.place: named(found.id) for found in ids_in(payload, *context)}
    return canonical(_replaced(payload, places)) if places else canonical(payload)


def _replaced(payload: Any, places: dict[Place, str], here: Place = ()) -> Any:
    if here in places:
        return places[here]
    if type(payload) is dict:
        return {name: _replaced(value, places, (*here, name)) for name, value in payload.items()}
    if type(payload) is list:
        return [_replaced(value, places, (*here, index)) for index, value in enumerate(payload)]
    return payload


def _set_aside(recorded: Any, live: Any, context: Context, memory: Memory) -> set[Place]:
    ids, said = ids_in(recorded, *context), ids_in(live, *context)
    places = {found.place for found in (*ids, *said) if found.id.kind not in COMPARED}
    named = {found.place: found.id.value for found in said if found.id.kind in COMPARED}
    places |= {found.place for found in ids if named.get(found.place, "") == memory.live(found.id)}
    return places | {*stamps_in(recorded, *context), *stamps_in(live, *context)}


def _walk(one: Any, other: Any, place: Place, aside: Collection[Place]) -> Iterator[tuple[Place, str, str]]:
    if one is _Absent or other is _Absent:
        yield place, _shown(one), _shown(other)
    elif place in aside or one == other:
        return
    elif type(one) is dict and type(other) is dict:
        for name in (*one, *(each for each in other if each not in one)):
            yield from _walk(one.get(name, _Absent), other.get(name, _Absent), (*place, name), aside)
    elif type(one) is list and type(other) is list and not _is_the_same_in_other_order(one, other):
        for index in range(max(len(one), len(other))):
            yield from _walk(_item(one, index), _item(other, index), (*place, index), aside)
    elif type(one) is not list or type(other) is not list:
        yield place, _shown(one), _shown(other)


class _Absent:
    """Stands where there is nothing."""


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else _Absent


def _is_the_same_in_other_order(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and sorted(map(canonical, one)) == sorted(map(canonical, other))


def _shown(value: Any) -> str:
    return ABSENT if value is _Absent else canonical(value)
