"""What the collector of garbage looks at."""

import gc

import pytest

from tui.garbage import GARBAGE_AT, collecting_later, keep_all


@pytest.mark.parametrize(("threshold", "is_kept"), [(GARBAGE_AT, True), (700, False)])
def test_what_there_is_is_kept_by_who_collects_seldom(threshold: int, *, is_kept: bool) -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    gc.set_threshold(threshold)

    keep_all()

    has_more = gc.get_freeze_count() > frozen
    gc.set_threshold(*before)
    gc.unfreeze()
    assert has_more is is_kept


def go_wrong() -> None:
    assert not gc.isenabled()
    raise ValueError("gone wrong")


def test_garbage_is_looked_for_again_afterwards_whatever_happened() -> None:
    with pytest.raises(ValueError, match="gone wrong"), collecting_later():
        go_wrong()

    assert gc.isenabled()
