"""Where in time the dashboard is, without a screen."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from drawing import START_NS, STEP_NS, Pen

from matrix.boards.board import Board
from matrix.boards.chronicle import Chronicle
from matrix.boards.timeline import Kind
from matrix.judge import Judge
from matrix.trace import Traffic, mark_of
from tui.journey import SPEEDS, Journey
from tui.reading.messages import Progress, Stage

CALL, ANSWER = '> [2,"{0}","Heartbeat",{{}}]', '< [3,"{0}",{{"currentTime":"$NOW"}}]'
ERROR = '< [4,"{0}","InternalError","",{{}}]'
V16: Final[dict[str, Any]] = {"offered": ("ocpp1.6",), "chosen": "ocpp1.6"}
SECOND_NS = 1_000_000_000
EMPTY = Board().view()


def said(*lines: str) -> list[str]:
    return [line.format(number // 2) if "{0}" in line else line for number, line in enumerate(lines)]


def two_sessions() -> list[Traffic]:
    """Return two stations that speak one after the other, each failing once, twelve items in all."""
    pen = Pen()
    return [
        *pen.session(said(CALL, ANSWER, CALL, ERROR), identity="CS1", **V16),
        *pen.session(said(CALL, ERROR, CALL, ANSWER), identity="CS2", **V16),
    ]


def journey_over(traffic: Sequence[Traffic], *, judged: int | None = None) -> tuple[Journey, Judge, Chronicle]:
    chronicle = Chronicle()
    judge = Judge(board=chronicle, on_exchange=chronicle.told)
    journey = Journey(chronicle)
    feed(judge, chronicle, traffic[:judged])
    stage = Stage.AT_END if judged is None else Stage.READING
    journey.take(Progress(stage, end_at=traffic_end(traffic)), clock=0)
    return journey, judge, chronicle


def feed(judge: Judge, chronicle: Chronicle, traffic: Sequence[Traffic]) -> None:
    for item in traffic:
        judge.feed(item)
        chronicle.item_is_over(mark_of(item), judge.now)


def traffic_end(traffic: Sequence[Traffic]) -> int:
    return START_NS + 8 * STEP_NS if len(traffic) == 12 else START_NS


def test_steps_go_from_message_to_message_and_end_at_both_ends() -> None:
    journey, _, _ = journey_over(two_sessions())
    journey.go_to("start")

    forward, complaint = [], ""
    while not complaint:
        complaint = journey.step(1)
        forward.append(journey.moment)

    assert forward == [2, 3, 4, 5, 8, 9, 10, 11, 11]
    assert complaint == "there is no message after this moment"
    assert [(journey.step(-1) and journey.moment) or journey.moment for _ in range(9)] == [10, 9, 8, 5, 4, 3, 2, 0, 0]


def test_steps_of_a_session_pass_over_what_others_say() -> None:
    journey, _, _ = journey_over(two_sessions())
    journey.go_to("start")

    forward = [journey.step(1, {2}) or journey.moment for _ in range(5)]
    back = [journey.step(-1, {2}) or journey.moment for _ in range(5)]

    assert forward == [8, 9, 10, 11, "there is no message after this moment"]
    assert back == [10, 9, 8, 7, "there is no message before this moment"]


@pytest.mark.parametrize(
    ("sessions", "moments"), [(None, [5, 9]), (frozenset({1}), [5]), (frozenset({2}), [9]), (frozenset(), [])]
)
def test_failures_are_sought_in_what_is_looked_at(sessions: frozenset[int] | None, moments: list[int]) -> None:
    journey, _, _ = journey_over(two_sessions())
    journey.go_to("start")

    found = []
    while not (complaint := journey.seek(Kind.FAILURE, 1, sessions)):
        found.append(journey.moment)

    assert found == moments
    assert complaint == "there is no failure after this moment"


def test_changes_of_outcome_are_found_backwards() -> None:
    journey, _, _ = journey_over(two_sessions())

    found = []
    while not journey.seek(Kind.CHANGE, -1, {1}):
        found.append(journey.moment)

    assert found == [5, 3, 2, 1], "failed, passed, framing seen, connected"


def test_playing_lets_recorded_time_pass_at_the_speed_and_ends_at_now() -> None:
    journey, _, _ = journey_over(two_sessions())
    journey.play_or_pause(clock=0)
    journey.change_speed(1, clock=0)

    moments = []
    for clock in range(0, 9 * STEP_NS, STEP_NS):
        journey.tick(clock)
        moments.append(journey.moment)

    assert journey.speed == 2
    assert moments == [1, 3, 7, 9, None, None, None, None, None]
    assert not journey.is_playing


def test_speed_stays_within_bounds_and_changes_while_it_plays_without_a_leap() -> None:
    journey, _, _ = journey_over(two_sessions())
    journey.play_or_pause(clock=0)
    journey.tick(STEP_NS)
    before = journey.at

    journey.change_speed(100, clock=STEP_NS)
    journey.tick(STEP_NS)

    assert (journey.speed, journey.at) == (SPEEDS[-1], before)
    journey.change_speed(-100, clock=STEP_NS)
    assert journey.speed == 1


def test_pause_stays_where_it_is_and_playing_on_starts_from_there() -> None:
    journey, _, _ = journey_over(two_sessions())
    journey.play_or_pause(clock=0)
    journey.tick(3 * STEP_NS)
    journey.play_or_pause(clock=3 * STEP_NS)
    journey.tick(SECOND_NS)
    paused = journey.moment

    journey.play_or_pause(clock=SECOND_NS)
    journey.tick(SECOND_NS + STEP_NS)

    assert (paused, journey.moment) == (4, 7)


def test_moment_that_is_not_judged_yet_is_waited_for_and_then_gone_to() -> None:
    traffic = two_sessions()
    journey, judge, chronicle = journey_over(traffic, judged=4)

    journey.go_to("#9")
    waiting = journey.when(EMPTY).waiting
    feed(judge, chronicle, traffic[4:10])
    journey.take(Progress(Stage.READING, 0.8), clock=0)

    assert waiting == "waiting for frame 9: judged until 10:00:00, 0%"
    assert (journey.moment, journey.when(EMPTY).waiting) == (9, "")


def test_playing_on_into_what_is_not_judged_waits_and_goes_on_by_itself() -> None:
    traffic = two_sessions()
    journey, judge, chronicle = journey_over(traffic, judged=4)
    journey.play_or_pause(clock=0)
    journey.tick(5 * STEP_NS)
    waits = journey.when(EMPTY)

    feed(judge, chronicle, traffic[4:])
    journey.take(Progress(Stage.AT_END), clock=SECOND_NS)
    journey.tick(SECOND_NS + STEP_NS)

    assert waits.waiting
    assert waits.is_playing
    assert journey.at == START_NS + 6 * STEP_NS


def test_nothing_is_found_as_far_as_it_has_been_judged() -> None:
    journey, _, _ = journey_over(two_sessions(), judged=2)

    assert journey.seek(Kind.FAILURE, 1) == "there is no failure after this moment, as far as it has been judged"


def test_recording_without_anything_can_be_asked_everything() -> None:
    journey, _, _ = journey_over([])

    assert journey.step(-1)
    assert journey.seek(Kind.CHANGE, 1)
    journey.go_to_share(0.5)
    journey.play_or_pause(clock=0)
    journey.tick(SECOND_NS)
    assert journey.when(EMPTY).moment == 0
