"""How often Python looks for garbage in cycles: seldom, since relay and judge make next to none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

GARBAGE_AT: Final = 50_000
"""Objects that make the collector look. A batch of traffic is many tuples, and it would look at each of them."""


def collect_seldom() -> None:
    """Leave what was imported out of every collection, and collect after GARBAGE_AT objects."""
    gc.freeze()
    gc.set_threshold(GARBAGE_AT)


@contextmanager
def collecting_later() -> Iterator[None]:
    """Do what makes many objects and no cycles of them, without looking for garbage. For one thread at a time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def keep_all() -> None:
    """Leave what there is by now out of every collection: one over millions of verdicts stops everything for seconds.

    For programs that `collect_seldom`; where Python looks as often as it likes, this changes nothing.
    """
    if gc.get_threshold()[0] == GARBAGE_AT:
        gc.freeze()
