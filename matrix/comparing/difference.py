"""Two payloads, place by place: what is different, and what only looks so (`matrix.comparing.aside`)."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from matrix.comparing.alignment import Mark, align
from matrix.comparing.aside import Aside, Unordered, name_kind, unordered
from matrix.moments import SECOND_NS, moment
from matrix.schemas import Part
from matrix.stamps import Tree, tree_of

DEEPEST: Final = 48
"""Levels that are looked into; what lies deeper is the same or not, as a whole."""
SAME_MOMENT_NS: Final = 5 * SECOND_NS
"""Two runs by hand never keep the same time; what is this close counts as the same moment of each."""
ABSENT: Final = msgspec.UNSET
"""Stands for a value where a run has none; `null` is a value."""

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]{5,18}(?:Z|[+-]\d\d:\d\d)?")
Path = tuple[str, ...]
Place = tuple[str | int, ...]


class Difference(NamedTuple):
    """A place where two payloads differ: an RFC 6901 pointer into the payload, and both values, ABSENT for none.

    `aside` says why that means nothing, None where it does. Values are peers' words.
    """

    part: Part
    pointer: str
    before: Any
    after: Any
    aside: Aside | None = None


class Occasion(NamedTuple):
    """When a message was said, when its session began (nanoseconds since the epoch), and the message id of its CALL.

    Where it `is_played`, by `plugfest replay`, its moments are those of the recording, moved as far as the replay is
    from it.
    """

    said_at: int
    began_at: int
    message_id: str
    is_played: bool = False


class Names:
    """Which name of one run stands for which of the other, as they come up: the first to come fixes it."""

    def __init__(self) -> None:
        self._after: dict[tuple[str, type, Any], Any] = {}
        self._before: dict[tuple[str, type, Any], Any] = {}

    def are_one(self, kind: str, before: Any, after: Any) -> bool:
        """Tell whether two names of a kind are of the same thing; if neither was seen before, they are from now on."""
        if type(before) is not type(after):
            return False
        forth, back = (kind, type(before), before), (kind, type(after), after)
        if forth not in self._after and back not in self._before:
            self._after[forth], self._before[back] = after, before
            return True
        return bool(self._after.get(forth) == after and self._before.get(back) == before)


class Comparison:
    """Compares payloads of one action: `differences` of two, and the `essence` of one."""

    def __init__(self, version: str, action: str, part: Part, names: Names, before: Occasion, after: Occasion) -> None:
        self._lists = _Lists(action, part)
        self._action, self._part = action, part
        self._stamps = tree_of(version, action, part)
        self._names = names
        self._before, self._after = before, after

    def differences(self, before: Any, after: Any) -> list[Difference]:
        """Return where two payloads differ, in the order of the first."""
        found: list[Difference] = []
        if not same(before, after):
            self._walk(before, after, self._stamps, (), (), found)
        return found

    def _walk(
        self, before: Any, after: Any, stamps: Tree | None, path: Path, place: Place, found: list[Difference]
    ) -> None:
        if type(before) is dict and type(after) is dict and len(path) < DEEPEST:
            for name in dict.fromkeys((*before, *after)):
                branch = None if stamps is None else stamps.get(name)
                values = before.get(name, ABSENT), after.get(name, ABSENT)
                self._walk(*values, branch, (*path, name), (*place, name), found)
        elif type(before) is list and type(after) is list and len(place) < DEEPEST:
            self._walk_list(before, after, stamps, path, place, found)
        elif not same(before, after):
            aside = self._aside(before, after, path)
            found.append(Difference(self._part, pointer_to(place), before, after, aside))

    def _walk_list(
        self, before: list[Any], after: list[Any], stamps: Tree | None, path: Path, place: Place,
        found: list[Difference],
    ) -> None:  # fmt: skip
        pairs, is_moved = self._lists.pairs(before, after, path, stamps)
        if is_moved:
            found.append(Difference(self._part, pointer_to(place), ABSENT, ABSENT, Aside.ORDER))
        for one, other in pairs:
            here = (*place, one if one is not None else other if other is not None else 0)
            values = ABSENT if one is None else before[one], ABSENT if other is None else after[other]
            if not same(*values):
                self._walk(*values, stamps, path, here, found)

    def _aside(self, before: Any, after: Any, path: Path) -> Aside | None:
        if before is ABSENT or after is ABSENT or isinstance(before, dict | list) or isinstance(after, dict | list):
            return None
        if isinstance(before, str) and isinstance(after, str):
            if self._are_one_moment(before, after):
                return Aside.MOMENT
            if self._quote_the_same(before, after):
                return Aside.QUOTE
        kind = name_kind(self._action, path)
        return Aside.NAME if kind and self._names.are_one(kind, before, after) else None

    def _quote_the_same(self, before: str, after: str) -> bool:
        """Tell whether two texts differ only in their own CALL's message id, and in the moments that they mention."""
        if not self._before.message_id or not self._after.message_id:
            return False
        one, other = before.replace(self._before.message_id, "\0"), after.replace(self._after.message_id, "\0")
        if _MOMENT.split(one) != _MOMENT.split(other):
            return False
        moments = zip(_MOMENT.findall(one), _MOMENT.findall(other), strict=True)
        return all(now == then or self._are_one_moment(now, then) for now, then in moments)

    def _are_one_moment(self, before: str, after: str) -> bool:
        """Tell whether two timestamps are as far from their messages, or from the beginnings of their sessions.

        How they are written has to be the same.
        """
        one, other = moment(before), moment(after)
        if one is None or other is None or one.has_offset != other.has_offset or one.flaw != other.flaw:
            return False
        if self._before.is_played or self._after.is_played:
            return True
        origins = zip(self._before[:2], self._after[:2], strict=True)
        return any(abs((other.ns - then) - (one.ns - now)) <= SAME_MOMENT_NS for now, then in origins)


class _Lists:
    """Says which elements of two lists are to be compared with each other."""

    def __init__(self, action: str, part: Part) -> None:
        self._action, self._part = action, part

    def pairs(
        self, before: list[Any], after: list[Any], path: Path, stamps: Tree | None
    ) -> tuple[list[tuple[int | None, int | None]], bool]:
        """Return pairs of indexes, None for what is in one list only; and whether elements stand in another order."""
        how = unordered(self._action, self._part, path)
        ours = [self._mark(each, how, path, stamps) for each in before]
        theirs = [self._mark(each, how, path, stamps) for each in after]
        if how is None:
            return _with_rest(align(ours, theirs), len(before), len(after)), False
        matched = _by_name(ours, theirs)
        is_moved = any(one[1] > other[1] for one, other in pairwise(matched))
        return _with_rest(matched, len(before), len(after)), is_moved

    def _mark(self, element: Any, how: Unordered | None, path: Path, stamps: Tree | None) -> Mark:
        content = dumped(essence(element, self._action, self._part, path, stamps))
        if how is None or not how.told_by or type(element) is not dict:
            return Mark("" if how is None else content, content)
        told = {name: element.get(name) for name in how.told_by}
        return Mark(dumped(essence(told, self._action, self._part, path, stamps)), content)


def _by_name(ours: list[Mark], theirs: list[Mark]) -> list[tuple[int, int]]:
    """Pair the elements that say the same, then those that are told by the same fields, the first with the first."""
    matched: list[tuple[int, int]] = []
    for kind in ("content", "key"):
        taken, given = {one for one, _ in matched}, {other for _, other in matched}
        waiting: dict[Any, list[int]] = {}
        for index in reversed(range(len(theirs))):
            if index not in given:
                waiting.setdefault(getattr(theirs[index], kind), []).append(index)
        for index, mark in enumerate(ours):
            if index not in taken and (found := waiting.get(getattr(mark, kind))):
                matched.append((index, found.pop()))
    return sorted(matched)


def _with_rest(matched: Iterable[tuple[int, int]], ours: int, theirs: int) -> list[tuple[int | None, int | None]]:
    """Add what is in one list only, at its place."""
    matched = [*matched]
    there = {other for _, other in matched}
    here = {one for one, _ in matched}
    lost: list[tuple[int | None, int | None]] = [(one, None) for one in range(ours) if one not in here]
    new: list[tuple[int | None, int | None]] = [(None, other) for other in range(theirs) if other not in there]
    return sorted([*matched, *lost, *new], key=_place)


def _place(pair: tuple[int | None, int | None]) -> tuple[int, bool]:
    one, other = pair
    return (one, False) if one is not None else (other or 0, True)


def essence(value: Any, action: str, part: Part, path: Path, stamps: Tree | None) -> Any:
    """Return a payload with its names and moments taken out, and its unordered lists in one order.

    Two payloads of the same essence differ in nothing that means anything, or in which name stands where.
    """
    if len(path) > DEEPEST:
        return value
    if type(value) is dict:
        return {
            name: essence(each, action, part, (*path, name), None if stamps is None else stamps.get(name))
            for name, each in value.items()
        }
    if type(value) is list:
        inner = [essence(each, action, part, path, stamps) if type(each) is not list else each for each in value]
        return sorted(inner, key=dumped) if unordered(action, part, path) else inner
    if stamps == {} and isinstance(value, str):
        return "(a moment)" if moment(value) else value
    return f"({kind})" if (kind := name_kind(action, path)) else value


def same(before: Any, after: Any) -> bool:
    """Tell whether two values are the same JSON: the order of names means nothing, 1 and 1.0 and true are three."""
    if before is ABSENT or after is ABSENT:
        return before is after
    return dumped(before) == dumped(after)


def dumped(value: Any) -> bytes:
    """Return a value as JSON, in one form only."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def pointer_to(place: Place) -> str:
    """Return the RFC 6901 pointer that names and indexes make."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)


def leaves(value: Any, place: str = "", depth: int = DEEPEST) -> Iterator[str]:
    """Yield each scalar of a value with where it is, as a text: what two messages of one action are likened by."""
    if type(value) is dict and depth:
        for name, each in value.items():
            yield from leaves(each, f"{place}/{name}", depth - 1)
    elif type(value) is list and depth:
        for each in value:
            yield from leaves(each, f"{place}/-", depth - 1)
    else:
        yield f"{place}={value!r}" if not isinstance(value, dict | list) else place
