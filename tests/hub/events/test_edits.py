"""When an edited file is read again, and how many of its mistakes are told."""

from hub.events.edits import TOLD, Edits, some_of


def test_file_is_read_once_nobody_writes_it_any_more() -> None:
    edits = Edits((1, 1, 10))
    stamps = [(1, 1, 10), (1, 2, 0), (1, 3, 30), None, (2, 4, 40), (2, 4, 40), (2, 4, 40)]

    settled = [edits.is_settled(stamp) for stamp in stamps]

    assert settled == [False, False, False, False, False, True, False]


def test_file_that_is_gone_is_looked_for_once_and_read_when_it_is_back() -> None:
    edits = Edits((1, 1, 10))
    stamps = [None, None, None, (1, 1, 10), (1, 1, 10)]

    settled = [edits.is_settled(stamp) for stamp in stamps]

    assert settled == [False, True, False, False, True]


def test_of_mistakes_without_end_the_first_are_told_and_how_many_there_are() -> None:
    mistakes = [f"event.toml:{line}: \x1b[31m" for line in range(1, TOLD + 4)]

    told = some_of(mistakes)

    assert len(told) == TOLD + 1
    assert told[0].startswith("event.toml:1: ")
    assert told[-1] == "and 3 more: `plugfest event check` names them all"
    assert "\x1b" not in "".join(told)
    assert some_of(mistakes[:TOLD]) == told[:TOLD]
