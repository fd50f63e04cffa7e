"""What belongs together in two sequences, in order, and in time that does not grow with their square."""

import random
import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from matrix.comparing.alignment import Mark, align

TEXTS = st.text("abc", max_size=12)


def marks(text: str) -> list[Mark]:
    """Return items whose key is the letter in small, and whose content is the letter: A and a are of one key."""
    return [Mark(letter.lower(), letter) for letter in text]


def matched(before: str, after: str) -> list[str]:
    return [before[one] + after[other] for one, other in align(marks(before), marks(after))]


def test_an_item_in_the_middle_that_is_missing_costs_nothing_else() -> None:
    assert matched("abcde", "abde") == ["aa", "bb", "dd", "ee"]


def test_items_of_one_key_are_matched_where_nothing_is_the_same() -> None:
    assert matched("aBc", "abc") == ["aa", "Bb", "cc"]


def test_items_of_different_keys_are_never_matched() -> None:
    assert matched("a", "b") == []


def test_the_likest_of_several_is_matched() -> None:
    pairs = align(marks("A"), marks("aaa"), lambda _one, other: 0.9 if other == 1 else 0.1)

    assert pairs == [(0, 1)]


@given(TEXTS, TEXTS)
def test_pairs_ascend_on_both_sides_and_are_of_one_key(before: str, after: str) -> None:
    pairs = align(marks(before), marks(after))

    assert all(one < later and other < its_later for (one, other), (later, its_later) in pairwise(pairs))
    assert all(before[one] == after[other] for one, other in pairs)


@given(TEXTS)
def test_a_sequence_is_matched_with_itself_as_a_whole(text: str) -> None:
    assert align(marks(text), marks(text)) == [(place, place) for place in range(len(text))]


def test_a_hundred_thousand_items_that_come_again_and_again_take_seconds() -> None:
    chance = random.Random(3)
    before = [Mark("k", chance.randrange(30)) for _ in range(100_000)]
    after = [mark for mark in before if chance.random() > 0.2]
    began = time.process_time()

    pairs = align(before, after)

    assert time.process_time() - began < 20
    assert len(pairs) > 70_000


def test_sequences_with_nothing_in_common_take_seconds() -> None:
    before = [Mark(number, number) for number in range(50_000)]
    after = [Mark(-number - 1, number) for number in range(50_000)]

    assert align(before, after) == []
