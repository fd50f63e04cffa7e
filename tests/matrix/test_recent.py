"""What is forgotten, and what is not."""

from matrix.recent import Recent


def test_oldest_entry_is_forgotten_first_and_an_update_makes_no_room() -> None:
    recent: Recent[str, int] = Recent(2)
    recent["a"] = 1
    recent["b"] = 2
    recent["a"] = 3
    recent["c"] = 4

    assert dict(recent) == {"b": 2, "c": 4}
