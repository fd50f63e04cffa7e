from typing import Any, Final

import pytest
from drawing import Pen, draw, judged

from matrix.trace import Ending, Side

NOW: Final = "2026-11-01T10:00:00Z"
BEAT: Final = f'< [3,"h",{{"currentTime":"{NOW}"}}]'
HEARTBEAT: Final = '> [2,"h","Heartbeat",{}]'
AUTHORIZE: Final = '> [2,"a","Authorize",{"idTag":"AB"}]'
AGAIN: Final = '> [2,"b","Authorize",{"idTag":"AB"}]'
AUTHORIZED: Final = '< [3,"a",{"idTagInfo":{"status":"Accepted"}}]'
CS: Final[dict[str, Any]] = {"offered": ("ocpp1.6",), "chosen": "ocpp1.6"}
DROPPED: Final = ("! begun drop answer to Authorize", AUTHORIZE, "! touched", AUTHORIZED, "! ended")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (("! begun stall 10s", "+3s"), "it is on"),
        (("! begun stall 10s", "+10s", "! ended", "+5s"), "nothing was heard since"),
        (("! begun stall 10s", "+10s", "! ended", HEARTBEAT, BEAT), "Heartbeat was answered 0.0 s after it was over"),
        (("! begun stall 10s", HEARTBEAT, "+10s", BEAT, "! ended"), "nothing was heard since"),
        (("! begun drop answer 1",), "it waits for its answer"),
        (("! begun drop answer 1", "! ended"), "no such answer came"),
        ((*DROPPED, "+12s", AGAIN), "Authorize was sent again after 12.0 s"),
        ((*DROPPED, HEARTBEAT), "nothing was heard since"),
        (("! begun drop answer 1", HEARTBEAT, "! touched", BEAT, "! ended", '> [2,"i","Heartbeat",{}]'),
         "nothing was heard since"),
    ],
)  # fmt: skip
def test_what_came_of_a_disturbance_is_said_in_facts(lines: tuple[str, ...], sentence: str) -> None:
    judge = judged(draw(*lines, ending=None))

    assert [each.sentence for each in judge.disturbances] == [sentence]


def test_a_dropped_answer_names_its_frame() -> None:
    judge = judged(draw(*DROPPED))

    assert judge.disturbances[0].touched == (5,)


def test_a_station_that_comes_back_is_seen_to_do_so() -> None:
    pen = Pen()
    lost = pen.session(["! begun stall 60s", "+30s"], ending=Ending.DROPPED, closed_by=Side.STATION, **CS)
    back = pen.session([HEARTBEAT, BEAT], **CS)
    judge = judged(lost, back)

    (result,) = judge.disturbances
    assert result.sentence == (
        "the station ended the session 30.0 s after it began; the station was back after 0.0 s, in session 2; "
        "Heartbeat was answered 0.0 s after that"
    )


def test_a_station_that_stays_away_is_seen_to_do_so() -> None:
    judge = judged(draw("! begun reset", ending=Ending.HUB, closed_by=None))

    assert judge.disturbances[0].sentence == "the station has not come back"


def test_what_follows_counts_for_every_disturbance_that_was_not_got_over() -> None:
    judge = judged(draw("! begun stall 1s", "! ended", "! begun latency 1s", "! ended", HEARTBEAT, BEAT))

    assert [each.answered for each in judge.disturbances] == ["Heartbeat", "Heartbeat"]


def test_a_disturbance_that_was_got_over_is_left_as_it_was() -> None:
    lines = ("! begun stall 1s", "! ended", HEARTBEAT, BEAT, "! begun reset", "! ended")
    judge = judged(draw(*lines, ending=Ending.HUB, closed_by=None))

    assert [each.lost_at is None for each in judge.disturbances] == [True, False]


def test_a_station_that_is_refused_on_purpose_meanwhile_is_seen_to_come_back() -> None:
    pen = Pen()
    lost = pen.session(["! begun reset", "! ended"], ending=Ending.HUB, closed_by=None, **CS)
    refused = pen.session([], status=503, ending=Ending.REFUSED, closed_by=None, refusal="refuse 503", **CS)
    judge_before = judged(lost, refused)
    back = pen.session(["+2s", HEARTBEAT, BEAT], **CS)
    judge = judged(lost, refused, back)

    came = "the station came back and was refused on purpose, in session 2"
    answered = "Heartbeat was answered 2.0 s after that"
    assert judge_before.disturbances[0].sentence == came
    assert [each.sentence for each in judge.disturbances] == [
        f"{came}; the station was back after 0.0 s, in session 3; {answered}",
        f"the station was back after 0.0 s, in session 3; {answered}",
    ]


@pytest.mark.parametrize("lines", [DROPPED, ("! begun bandwidth 2kB/s", "+5s", "! ended")], ids=["drop", "bandwidth"])
def test_what_later_sessions_say_is_heard_though_another_disturbance_came_between(lines: tuple[str, ...]) -> None:
    pen = Pen()
    first = pen.session([*lines, "! begun reset", "! ended"], ending=Ending.HUB, closed_by=None, **CS)
    judge = judged(first, pen.session([HEARTBEAT, BEAT], **CS))

    assert [each.answered for each in judge.disturbances] == ["Heartbeat", "Heartbeat"]
    assert "the station was back after 0.0 s, in session 2" in judge.disturbances[0].sentence
