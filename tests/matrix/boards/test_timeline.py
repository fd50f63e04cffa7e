"""The moments of a recording, and what is worth going to among them."""

from matrix.boards.timeline import Kind, Landmarks, Timeline


def four_items() -> Timeline:
    """Return marks 2, 3, 5 and 9 of the seconds 10, 10, 8 (a clock put back) and 12; the second and fourth speak."""
    line = Timeline()
    for mark, at, entries, messages in ((2, 10, 2, 0), (3, 10, 4, 1), (5, 8, 4, 1), (9, 12, 7, 2)):
        line.note(mark, at, entries, messages)
    return line


def test_moment_is_found_by_mark_time_entry_and_message() -> None:
    line = four_items()

    assert [line.moment_of(mark) for mark in (0, 2, 4, 5, 9, 99)] == [0, 1, 2, 3, 4, 4]
    assert [line.moment_at(at) for at in (9, 10, 11, 12, 99)] == [0, 3, 3, 4, 4]
    assert [line.moment_of_entry(entry) for entry in (0, 1, 2, 3, 4, 6)] == [1, 1, 2, 2, 4, 4]
    assert [line.moment_of_message(message) for message in (-1, 0, 1, 2, 3)] == [0, 0, 2, 4, 4]


def test_time_never_goes_back() -> None:
    line = four_items()

    assert [line.time(moment) for moment in range(5)] == [10, 10, 10, 10, 12]


def test_line_without_items_has_one_moment() -> None:
    line = Timeline()

    assert (len(line), line.mark(0), line.time(0), line.messages(0), line.moment_at(5)) == (0, 0, 0, 0, 0)
    assert line.moment_of_message(3) == 0


def test_stretches_of_time_are_between_moments() -> None:
    line = four_items()

    assert line.bins([9, 10, 11, 12]) == [(0, 3), (3, 3), (3, 4)]


def test_landmarks_are_found_on_either_side_and_by_session() -> None:
    marks = Landmarks()
    for moment, session in ((3, 1), (3, 2), (7, 1), (9, 2)):
        marks.note(moment, session)

    assert [marks.next(moment, 1) for moment in (0, 3, 7, 9)] == [3, 7, 9, None]
    assert [marks.next(moment, -1) for moment in (3, 7, 9, 10)] == [None, 3, 7, 9]
    assert [marks.next(3, 1, {2}), marks.next(9, -1, {2}), marks.next(3, -1, {2})] == [9, 3, None]
    assert [marks.count(after, until) for after, until in ((0, 3), (3, 9), (9, 9))] == [2, 2, 0]
    assert marks.of({2}).next(0, 1) == 3
    assert len(marks.of({2})) == 2


def test_each_kind_has_landmarks_of_its_own() -> None:
    line = four_items()

    line.landmarks[Kind.FAILURE].note(2, 1)

    assert [len(line.landmarks[kind]) for kind in Kind] == [1, 0, 0]
