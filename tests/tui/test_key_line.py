import pytest

from tui.widgets.key_line import too_many


@pytest.mark.parametrize(
    ("room", "left_out"),
    [(40, set()), (39, {"compare"}), (30, {"compare"}), (29, {"compare", "evidence"}), (1, {"compare", "evidence"})],
)
def test_keys_that_are_needed_least_make_room_for_the_others(room: int, left_out: set[str]) -> None:
    keys = [("filter", 20), ("evidence", 10), ("compare", 10)]

    assert too_many(keys, room) == left_out
