"""The line of keys at the bottom of a screen."""

import pytest

from tui.widgets.key_line import too_many


def test_help_and_quit_are_kept_where_there_is_no_room_for_all_keys() -> None:
    keys = [("filter", 9), ("version", 10), ("outcome", 10), ("findings", 11), ("help", 7), ("quit", 7)]

    assert too_many(keys, 54) == set()
    assert too_many(keys, 44) == {"version"}
    assert too_many(keys, 24) == {"version", "outcome", "findings"}


@pytest.mark.parametrize(
    ("room", "left_out"),
    [(40, set()), (39, {"compare"}), (30, {"compare"}), (29, {"compare", "evidence"}), (1, {"compare", "evidence"})],
)
def test_keys_that_are_needed_least_make_room_for_the_others(room: int, left_out: set[str]) -> None:
    keys = [("filter", 20), ("evidence", 10), ("compare", 10)]

    assert too_many(keys, room) == left_out
