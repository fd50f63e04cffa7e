"""Which items of two sequences belong together, in order: in time that grows with their length, not with its square.

What comes once in both holds the two together, as in a patience diff, one item or a run of them; what is between is
done likewise, then by how often a content has come, then by how often a key has. Only stretches of a few dozen items
are compared each with each.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

CELLS: Final = 2_500
"""Stretches of which the lengths multiply to no more than this are compared each with each."""
RUNS: Final = (1, 8, 4, 2)
"""A stretch is divided where one item is unique in it, or else a run of so many."""
LEVELS: Final = 6
"""How often a stretch is divided by what is unique in it, before it is divided by what comes again and again."""


class Mark(NamedTuple):
    """What an item is known by: only items of one `key` may be matched; those of one `content` are the same."""

    key: Hashable
    content: Hashable


class Stretch(NamedTuple):
    """A part of each sequence, from a begin to before an end, and how often it was divided."""

    begin: int
    end: int
    other_begin: int
    other_end: int
    level: int = 0


Pair = tuple[int, int]
Likeness = Callable[[int, int], float]
"""How alike two items of one key and other contents are, by their indexes: from 0 to 1."""


def _unlike(_before: int, _after: int) -> float:
    return 0.0


def align(before: Sequence[Mark], after: Sequence[Mark], likeness: Likeness = _unlike) -> list[Pair]:
    """Return pairs of indexes that belong together, both ascending; what is in no pair is in one sequence only."""
    matched: list[Pair] = []
    waiting = [Stretch(0, len(before), 0, len(after))]
    while waiting:
        stretch = _trimmed(before, after, waiting.pop(), matched)
        width, height = stretch.end - stretch.begin, stretch.other_end - stretch.other_begin
        if not width or not height:
            continue
        if width * height <= CELLS:
            matched += _each_with_each(before, after, stretch, likeness)
        else:
            waiting += _divided(before, after, stretch, matched)
    return sorted(matched)


def _trimmed(before: Sequence[Mark], after: Sequence[Mark], stretch: Stretch, matched: list[Pair]) -> Stretch:
    """Match what is the same at both ends of a stretch."""
    begin, end, other_begin, other_end, level = stretch
    while begin < end and other_begin < other_end and before[begin] == after[other_begin]:
        matched.append((begin, other_begin))
        begin, other_begin = begin + 1, other_begin + 1
    while begin < end and other_begin < other_end and before[end - 1] == after[other_end - 1]:
        end, other_end = end - 1, other_end - 1
        matched.append((end, other_end))
    return Stretch(begin, end, other_begin, other_end, level)


def _divided(before: Sequence[Mark], after: Sequence[Mark], stretch: Stretch, matched: list[Pair]) -> Iterator[Stretch]:
    """Match what holds a long stretch together, and yield what is left between."""
    level, anchors = stretch.level + 1, list[Pair]()
    if stretch.level < LEVELS:
        anchors = next(filter(None, (_in_order(_unique(before, after, stretch, run)) for run in RUNS)), [])
    if not anchors and stretch.level <= LEVELS:
        level, anchors = LEVELS + 1, _in_order(_counted(before, after, stretch, lambda mark: mark))
    if not anchors and stretch.level <= LEVELS + 1:
        level, anchors = LEVELS + 2, _in_order(_counted(before, after, stretch, lambda mark: mark.key))
    matched += anchors
    ends = [(stretch.begin - 1, stretch.other_begin - 1), *anchors, (stretch.end, stretch.other_end)]
    if anchors:
        for (one, other), (next_one, next_other) in pairwise(ends):
            yield Stretch(one + 1, next_one, other + 1, next_other, level)


def _unique(before: Sequence[Mark], after: Sequence[Mark], stretch: Stretch, run: int) -> list[Pair]:
    """Return where runs of so many items begin that come once in each part of a stretch, in the order of the first."""
    ours = _runs(before, stretch.begin, stretch.end, run)
    theirs = _runs(after, stretch.other_begin, stretch.other_end, run)
    return [(place, theirs[items]) for items, place in ours.items() if place >= 0 and theirs.get(items, -1) >= 0]


def _runs(marks: Sequence[Mark], begin: int, end: int, run: int) -> dict[Hashable, int]:
    """Return where each run of items begins, -1 for those that come again."""
    places: dict[Hashable, int] = {}
    for index in range(begin, end - run + 1):
        items = tuple(marks[index : index + run])
        places[items] = -1 if items in places else index
    return places


def _counted(
    before: Sequence[Mark], after: Sequence[Mark], stretch: Stretch, what: Callable[[Mark], Hashable]
) -> list[Pair]:
    """Return where the first, second, ... item of each kind is in both parts, in the order of the first."""
    theirs = _places(after, stretch.other_begin, stretch.other_end, what)
    pairs: list[Pair] = []
    for mark, places in _places(before, stretch.begin, stretch.end, what).items():
        pairs += zip(places, theirs.get(mark, ()), strict=False)
    return sorted(pairs)


def _places(marks: Sequence[Mark], begin: int, end: int, what: Callable[[Mark], Hashable]) -> dict[Hashable, list[int]]:
    places: dict[Hashable, list[int]] = defaultdict(list)
    for index in range(begin, end):
        places[what(marks[index])].append(index)
    return places


def _in_order(pairs: Sequence[Pair]) -> list[Pair]:
    """Return a longest part of the pairs in which both indexes ascend; the first of them ascends already."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (_, other) in enumerate(pairs):
        place = bisect_left(ends, other)
        before.append(last[place - 1] if place else -1)
        ends[place : place + 1] = [other]
        last[place : place + 1] = [index]
    chain: list[Pair] = []
    index = last[-1] if last else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def _each_with_each(
    before: Sequence[Mark], after: Sequence[Mark], stretch: Stretch, likeness: Likeness
) -> Iterator[Pair]:
    """Yield the pairs of a short stretch that are alike most, all in all."""
    begin, end, other_begin, other_end, _ = stretch
    width = other_end - other_begin
    best = [[0.0] * (width + 1) for _ in range(end - begin + 1)]
    worth = [[0.0] * width for _ in range(end - begin)]
    for one in reversed(range(end - begin)):
        for other in reversed(range(width)):
            value = _worth(before, after, begin + one, other_begin + other, likeness)
            worth[one][other] = value
            paired = best[one + 1][other + 1] + value if value else 0.0
            best[one][other] = max(best[one + 1][other], best[one][other + 1], paired)
    one = other = 0
    while one < end - begin and other < width:
        value = worth[one][other]
        if value and best[one][other] == best[one + 1][other + 1] + value:
            yield begin + one, other_begin + other
            one, other = one + 1, other + 1
        elif best[one][other] == best[one + 1][other]:
            one += 1
        else:
            other += 1


def _worth(before: Sequence[Mark], after: Sequence[Mark], one: int, other: int, likeness: Likeness) -> float:
    """Return what it is worth to match two items, 0 where they may not be: one of the same is worth two of one key."""
    if before[one] == after[other]:
        return 3.0
    return 1.0 + likeness(one, other) if before[one].key == after[other].key else 0.0
