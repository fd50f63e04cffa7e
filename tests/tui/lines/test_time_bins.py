"""The time line as columns."""

from matrix.boards.board import Board
from matrix.boards.timeline import Kind, Landmarks, Timeline
from tui.journey import When
from tui.lines.moment_text import Extent
from tui.lines.time_bins import Column, Marks, columns, density_line, mark_line, place_of

NONE = (Landmarks(), Landmarks())


def line_of(*times: int) -> Timeline:
    """Return a time line with one message at each time."""
    line = Timeline()
    for number, at in enumerate(times, start=1):
        line.note(number, at, number, number)
    return line


def when(line: Timeline, *, end: int, here: int = 0, judged: int | None = None) -> When:
    return When(line, Extent(line.time(0), end, here), Board().view(), judged_until=end if judged is None else judged)


def test_columns_have_all_messages_the_first_and_the_last_included() -> None:
    found = columns(when(line_of(0, 1, 25, 99, 100), end=100), 4, NONE)

    assert [column.messages for column in found] == [3, 0, 0, 2]


def test_what_is_not_judged_yet_has_no_figures() -> None:
    found = columns(when(line_of(0, 10), end=100, judged=10), 4, NONE)

    assert found == [Column(2), Column(None), Column(None), Column(None)]
    assert "".join(span.text for span in density_line(found, here=0)) == "█···"


def test_recording_of_one_moment_or_none_is_drawn() -> None:
    assert columns(when(Timeline(), end=0), 10, NONE) == []
    assert sum(column.messages or 0 for column in columns(when(line_of(7, 7), end=7), 3, NONE)) == 2


def test_failures_stand_above_deviations_and_the_place_above_both() -> None:
    line = line_of(0, 30, 60, 90)
    for moment in (2, 3):
        line.landmarks[Kind.DEVIATION].note(moment, 1)
    line.landmarks[Kind.FAILURE].note(2, 1)
    seen = when(line, end=90, here=90)

    found = columns(seen, 3, Marks().of(line, None))

    assert "".join(span.text for span in mark_line(found, place_of(seen, 3))) == "✗≠▲"


def test_marks_are_those_of_the_sessions_that_are_looked_at() -> None:
    line, marks = line_of(0, 30), Marks()
    line.landmarks[Kind.FAILURE].note(1, 1)
    line.landmarks[Kind.FAILURE].note(2, 2)

    counts = [len(marks.of(line, sessions)[0]) for sessions in (None, frozenset({2}), frozenset({3}))]
    line.landmarks[Kind.FAILURE].note(2, 3)

    assert counts == [2, 1, 0]
    assert len(marks.of(line, frozenset({3}))[0]) == 1


def test_least_is_seen_beside_much() -> None:
    found = [Column(1), Column(0), Column(10_000)]

    assert "".join(span.text for span in density_line(found, here=1)) == "▁ █"
