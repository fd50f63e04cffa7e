"""Rounds by the clock: on, over, yet to come, paused and shifted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.events.event import Round
from hub.events.timetable import Phase, Timetable

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST, SECOND = (("a", "x"),), (("a", "y"),)
TABLE = Timetable(
    (
        Round(starts=NINE, lasts=30 * MINUTE, pairs=FIRST),
        Round(starts=NINE + 35 * MINUTE, lasts=30 * MINUTE, pairs=SECOND),
    )
)


@pytest.mark.parametrize(
    ("minutes", "phase"),
    [
        (-10, Phase(None, 2, left=10 * MINUTE)),
        (0, Phase(1, 2, FIRST, 30 * MINUTE)),
        (29, Phase(1, 2, FIRST, MINUTE)),
        (30, Phase(None, 2, left=5 * MINUTE)),
        (35, Phase(2, 2, SECOND, 30 * MINUTE)),
        (65, Phase(None, 2)),
    ],
)
def test_phase_is_that_of_the_clock(minutes: int, phase: Phase) -> None:
    assert TABLE.at(NINE + minutes * MINUTE) == phase


def test_paused_clock_stands_still() -> None:
    paused = TABLE.paused(NINE + 10 * MINUTE)

    phase = paused.at(NINE + 300 * MINUTE)

    assert phase == Phase(1, 2, FIRST, 20 * MINUTE, is_paused=True)


def test_resumed_rounds_last_as_long_as_they_would_have() -> None:
    table = TABLE.paused(NINE + 10 * MINUTE).resumed(NINE + 70 * MINUTE)

    first, second = table.at(NINE + 70 * MINUTE), table.at(NINE + 95 * MINUTE)

    assert first == Phase(1, 2, FIRST, 20 * MINUTE)
    assert second == Phase(2, 2, SECOND, 30 * MINUTE)


def test_clock_that_is_set_back_during_a_pause_takes_nothing_from_a_round() -> None:
    table = TABLE.paused(NINE + 45 * MINUTE).resumed(NINE - 15 * MINUTE)

    assert table.at(NINE - 15 * MINUTE) == Phase(2, 2, SECOND, 20 * MINUTE)


@pytest.mark.parametrize(("minutes", "number"), [(-1, None), (0, 1), (31, 1), (35, 2), (100, 2)])
def test_round_that_began_last_may_be_over(minutes: int, number: int | None) -> None:
    assert TABLE.begun(NINE + minutes * MINUTE) == number


def test_edited_round_begins_when_the_shifted_one_before_it_is_over() -> None:
    earlier = replace(TABLE.rounds[1], starts=NINE + 31 * MINUTE)

    table = TABLE.shifted(NINE, 15 * MINUTE).edited(TABLE.rounds, (TABLE.rounds[0], earlier))

    assert [(each.starts, each.lasts) for each in table.rounds] == [
        (NINE, 45 * MINUTE),
        (NINE + 45 * MINUTE, 30 * MINUTE),
    ]


def test_round_that_is_put_before_others_leaves_them_shifted() -> None:
    before = Round(starts=NINE - 60 * MINUTE, lasts=30 * MINUTE, pairs=())

    table = TABLE.shifted(NINE, 15 * MINUTE).edited(TABLE.rounds, (before, *TABLE.rounds))

    assert [each.starts for each in table.rounds] == [before.starts, NINE, NINE + 50 * MINUTE]


def test_pausing_twice_counts_from_the_first_time() -> None:
    table = TABLE.paused(NINE).paused(NINE + 10 * MINUTE)

    assert table.paused_at == NINE


def test_resuming_what_goes_on_changes_nothing() -> None:
    assert TABLE.resumed(NINE) is TABLE


def test_shift_moves_what_is_to_come_and_the_end_of_what_is_on() -> None:
    table = TABLE.shifted(NINE + 10 * MINUTE, 15 * MINUTE)

    assert table.at(NINE + 44 * MINUTE) == Phase(1, 2, FIRST, MINUTE)
    assert table.at(NINE + 50 * MINUTE) == Phase(2, 2, SECOND, 30 * MINUTE)


def test_shift_to_earlier_ends_the_round_that_is_on_now_at_the_earliest() -> None:
    table = TABLE.shifted(NINE + 25 * MINUTE, -60 * MINUTE)

    assert table.at(NINE + 25 * MINUTE) == Phase(None, 2, left=5 * MINUTE)


def test_shift_to_earlier_begins_no_round_in_the_past() -> None:
    table = TABLE.shifted(NINE - 25 * MINUTE, -60 * MINUTE)

    assert table.at(NINE - 25 * MINUTE) == Phase(1, 2, FIRST, 30 * MINUTE)
