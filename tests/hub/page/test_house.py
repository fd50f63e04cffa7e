import json
from datetime import UTC, datetime, timedelta

from hub.events.event import Round
from hub.events.timetable import Timetable
from hub.page.house import clock

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
ROUNDS = Timetable((Round(starts=NINE, lasts=timedelta(minutes=30), pairs=()),))


def told(table: Timetable, **later: float) -> object:
    return json.loads(clock(table, NINE + timedelta(**later)))


def test_a_round_is_told_by_when_it_ends_so_that_a_second_later_is_no_news() -> None:
    ends = int((NINE + timedelta(minutes=30)).timestamp() * 1_000)

    assert told(ROUNDS, minutes=1) == {"number": 1, "of": 1, "ends": ends, "left_s": None}
    assert told(ROUNDS, minutes=1) == told(ROUNDS, minutes=1, seconds=1.337)


def test_before_the_first_round_its_beginning_is_told_and_after_the_last_one_nothing_comes() -> None:
    assert told(ROUNDS, minutes=-5) == {"number": None, "of": 1, "ends": int(NINE.timestamp() * 1_000), "left_s": None}
    assert told(ROUNDS, hours=1) == {"number": None, "of": 1, "ends": None, "left_s": None}


def test_a_clock_that_is_paused_tells_what_was_left() -> None:
    paused = ROUNDS.paused(NINE + timedelta(minutes=10))

    assert told(paused, minutes=25) == {"number": 1, "of": 1, "ends": None, "left_s": 1_200.0}


def test_an_event_without_rounds_has_no_clock() -> None:
    assert told(Timetable(())) is None
