"""The line of keys at the bottom of a screen."""

from tui.widgets.key_line import too_many


def test_help_and_quit_are_kept_where_there_is_no_room_for_all_keys() -> None:
    keys = [("filter", 9), ("version", 10), ("outcome", 10), ("findings", 11), ("help", 7), ("quit", 7)]

    assert too_many(keys, 54) == set()
    assert too_many(keys, 44) == {"version"}
    assert too_many(keys, 24) == {"version", "outcome", "findings"}
