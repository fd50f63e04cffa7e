"""What a viewer of the feed is told of the rounds: when they stand otherwise, now and then, and no more than is its."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from event_texts import TWO_CSMSES, a_round, a_station

from hub.events import desk as event_desk
from hub.events.countdown import AGAIN_S, Countdown, PhaseShown
from hub.events.desk import EventDesk
from hub.events.file import parse_event, read_event
from hub.tls.contexts import TlsPolicy

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
EVENT = TWO_CSMSES + a_station("one", "volta", "V1") + a_round(NINE, ("one", "deep"), minutes=1)


class Clock:
    """The time of a test, in seconds since nine."""

    def __init__(self) -> None:
        self.s = 0.0

    def now(self) -> datetime:
        return NINE + timedelta(seconds=self.s)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(event_desk, "_now", clock.now)
    return clock


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> EventDesk:
    (tmp_path / "event.toml").write_text(EVENT)
    assert clock.now() == NINE
    return EventDesk(read_event(tmp_path / "event.toml"), TlsPolicy())


def left(shown: PhaseShown | None) -> float | None:
    return shown.left_s if shown else None


def test_viewer_is_told_once_and_again_after_a_while(desk: EventDesk, clock: Clock) -> None:
    countdown = Countdown(desk, is_whole=True)
    told = []

    for clock.s in (0.0, 1.0, AGAIN_S - 1, AGAIN_S + 1, AGAIN_S + 2):
        told.append(left(countdown.news(clock.s)))

    assert told == [60.0, None, None, 59.0 - AGAIN_S, None]


def test_end_of_a_round_is_told_when_it_comes(desk: EventDesk, clock: Clock) -> None:
    clock.s = 57.0
    countdown = Countdown(desk, is_whole=True)
    countdown.news(57.0)

    clock.s = 60.0
    over = countdown.news(60.0)

    assert over == PhaseShown("Fest", None, 1, [], None, is_paused=False)


def test_pause_and_shift_are_told_at_once_and_a_paused_clock_seldom(desk: EventDesk, clock: Clock) -> None:
    countdown = Countdown(desk, is_whole=True)
    countdown.news(0.0)

    clock.s = 1.0
    desk.shift(timedelta(seconds=-58))
    shifted = left(countdown.news(1.0))
    desk.pause()
    paused = left(countdown.news(1.1))
    clock.s = 5.0

    assert (shifted, paused, countdown.news(5.0)) == (1.0, 1.0, None)


def test_edit_is_told_and_so_is_one_without_rounds(desk: EventDesk, clock: Clock) -> None:
    countdown = Countdown(desk, is_whole=True)
    countdown.news(clock.s)

    desk.take_up(parse_event(EVENT.partition("[[rounds]]")[0].replace("Fest", "Feast"), desk.event.path))

    assert countdown.news(clock.s) == PhaseShown("Feast", None, 0, [], None, is_paused=False)


def test_what_the_event_makes_of_the_rules_is_told_to_everybody(desk: EventDesk) -> None:
    graded = '[rules.TM-02]\nseverity = "off"\nreason = "agreed on Monday"\n'
    desk.take_up(parse_event(f"{EVENT}\n{graded}", desk.event.path))

    told = Countdown(desk, is_whole=False).news(0.0)

    assert told is not None
    assert told.rules == [{"rule": "TM-02", "severity": "off", "reason": "agreed on Monday"}]


def test_who_takes_part_sees_the_countdown_and_neither_pairs_nor_mistakes_of_the_file(desk: EventDesk) -> None:
    desk.trouble = "event.toml:7: no"

    organizers, participants = (Countdown(desk, is_whole=is_whole).news(0.0) for is_whole in (True, False))

    assert organizers == PhaseShown("Fest", 1, 1, [("one", "deep")], 60.0, is_paused=False, trouble="event.toml:7: no")
    assert participants == PhaseShown("Fest", 1, 1, [], 60.0, is_paused=False)


def test_hub_without_an_event_tells_nothing() -> None:
    assert Countdown(None, is_whole=True).news(0.0) is None
