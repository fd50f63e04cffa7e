"""The plan of an event: everybody meets everybody, nobody two at a time, in as few rounds as can be."""

import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from event_texts import a_csms, a_participant, a_station, event_text
from hypothesis import given
from hypothesis import strategies as st

from hub.events.file import parse_event
from hub.events.schedule import as_toml, meetings, rounds_of, timed

EVENT = event_text(
    a_participant("volta"),
    a_participant("lotus"),
    a_participant("gone", absent=True),
    a_csms("lotus", "lotus", versions=["1.6", "2.0.1"]),
    a_csms("modern", "volta", versions=["2.0.1"]),
    a_csms("gone", "gone"),
    a_station("old", "volta", "V1"),
    a_station("new", "volta", "V2", versions=["1.6", "2.0.1"]),
)
NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_those_meet_that_are_there_and_have_a_version_in_common() -> None:
    event = parse_event(EVENT, Path("event.toml"))

    assert meetings(event) == [("old", "lotus"), ("new", "lotus"), ("new", "modern")]


def test_products_of_one_participant_can_be_left_to_meet_at_home() -> None:
    event = parse_event(EVENT, Path("event.toml"))

    assert meetings(event, with_own=False) == [("old", "lotus"), ("new", "lotus")]


def test_three_stations_and_three_csmses_need_three_rounds() -> None:
    pairs = [(station, csms) for station in "abc" for csms in "xyz"]

    rounds = rounds_of(pairs)

    assert [len(each) for each in rounds] == [3, 3, 3]


@given(st.sets(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("stuvwxyz")), max_size=64))
def test_any_pairs_meet_once_with_nobody_doubled_in_as_few_rounds_as_the_busiest_has_meetings(
    pairs: set[tuple[str, str]],
) -> None:
    rounds = rounds_of(sorted(pairs))

    assert sorted(pair for each in rounds for pair in each) == sorted(pairs)
    assert all(count == 1 for each in rounds for count in Counter(name for pair in each for name in pair).values())
    assert len(rounds) == max(Counter(name for pair in pairs for name in pair).values(), default=0)


def test_rounds_follow_each_other_with_a_pause() -> None:
    rounds = timed([[("a", "x")], [("a", "y")]], NINE, timedelta(minutes=30), timedelta(minutes=5))

    assert [each.starts for each in rounds] == [NINE, NINE + timedelta(minutes=35)]
    assert rounds[0].ends == NINE + timedelta(minutes=30)


@given(st.text(min_size=1, max_size=20).filter(str.isprintable), st.text(st.characters(codec="utf-8"), max_size=10))
def test_plan_is_read_back_from_the_event_file_as_it_was(station: str, csms: str) -> None:
    (planned,) = timed([[(station, csms)]], NINE, timedelta(minutes=45))

    (read,) = tomllib.loads(as_toml([planned]))["rounds"]

    assert (read["starts"], read["minutes"]) == (planned.starts, 45)
    assert read["pairs"] == [[station, csms]]
