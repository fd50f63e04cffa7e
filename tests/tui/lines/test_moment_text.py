"""What a person types to go to a moment."""

import pytest
from recordings import NOON

from tui.lines.moment_text import DAY_NS, SECOND_NS, Extent, MomentError, Target, read_moment

HOUR_NS = 3_600 * SECOND_NS
EXTENT = Extent(start=NOON, end=NOON + 2 * DAY_NS, here=NOON + DAY_NS)
"""From 2026-01-01 12:00 to the same time two days later, looked at from the middle."""


@pytest.mark.parametrize(
    ("typed", "after_noon"),
    [
        ("start", 0),
        ("0%", 0),
        ("50 %", DAY_NS),
        ("12.5%", DAY_NS // 4),
        ("100%", 2 * DAY_NS),
        ("+10m", DAY_NS + 600 * SECOND_NS),
        ("-1.5h", DAY_NS - 3 * HOUR_NS // 2),
        ("+250ms", DAY_NS + SECOND_NS // 4),
        ("2026-01-03 11:59:59.500000000", 2 * DAY_NS - SECOND_NS // 2),
        ("2026-01-02T00:30Z", DAY_NS // 2 + HOUR_NS // 2),
        (" 2026-01-02 ", DAY_NS // 2),
    ],
)
def test_moment_may_be_typed_as_a_date_a_share_or_a_way_from_here(typed: str, after_noon: int) -> None:
    assert read_moment(typed, EXTENT) == Target(at=NOON + after_noon)


@pytest.mark.parametrize(
    ("here", "typed", "after_noon"),
    [(0, "14:00", 2 * HOUR_NS), (DAY_NS, "14:00", DAY_NS + 2 * HOUR_NS), (0, "9:30", 21 * HOUR_NS + HOUR_NS // 2)],
    ids=["the day one looks from", "another day", "the first day that has it"],
)
def test_time_of_day_is_of_the_day_that_is_looked_at_where_the_recording_has_it(
    here: int, typed: str, after_noon: int
) -> None:
    extent = Extent(EXTENT.start, EXTENT.end, NOON + here)

    assert read_moment(typed, extent) == Target(at=NOON + after_noon)


@pytest.mark.parametrize(
    ("typed", "after_noon"),
    [
        ("12:00:05", 6 * SECOND_NS - 1),
        ("2026-01-01 12:00:05.25", 5 * SECOND_NS + SECOND_NS * 26 // 100 - 1),
        ("2026-01-03 12:00:00", 2 * DAY_NS),
    ],
    ids=["a second", "a part of one", "the one in which the recording ends"],
)
def test_what_is_shown_with_the_second_that_is_typed_has_happened_by_then(typed: str, after_noon: int) -> None:
    extent = Extent(EXTENT.start, EXTENT.end, NOON)

    assert read_moment(typed, extent) == Target(at=NOON + after_noon)


@pytest.mark.parametrize(("typed", "target"), [("#17", Target(mark=17)), ("now", Target()), ("END", Target())])
def test_frame_and_now_are_read(typed: str, target: Target) -> None:
    assert read_moment(typed, EXTENT) == target


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("tomorrow", "'tomorrow' is no moment: try 14:02:10"),
        ("25:00", "'25:00' is no time of day"),
        ("2026-02-30 12:00", "'2026-02-30 12:00' is no date"),
        ("101%", "101 % is more than there is"),
        ("2025-12-31 12:00", "2025-12-31 12:00:00 is before the recording, which begins 2026-01-01 12:00:00"),
        ("+10d", "2026-01-12 12:00:00 is after the recording, which ends 2026-01-03 12:00:00"),
        ("\x1b[31m", "is no moment"),
        ("9999999999d", "is no moment"),
        ("9" * 400, "is no moment"),
        ("", "'' is no moment"),
    ],
)
def test_what_is_no_moment_is_a_sentence(typed: str, complaint: str) -> None:
    with pytest.raises(MomentError) as caught:
        read_moment(typed, EXTENT)

    assert complaint in str(caught.value)
    assert "\x1b" not in str(caught.value)
