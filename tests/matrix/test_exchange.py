"""What is remembered of exchanges once they are over."""

import pytest
from drawing import draw, judged

from matrix.exchange import Answered, Exchange
from matrix.outcome import Outcome
from matrix.trace import Side

WRONG = '> [2,"h","Heartbeat",{"x":1}]'
BEAT = '> [2,"h","Heartbeat",{}]'
BEATEN = '< [3,"h",{"currentTime":"$NOW"}]'


def answered_in(*lines: str, version: str) -> Answered:
    told: list[Exchange] = []
    judged(draw(*lines, version=version), on_exchange=told.append)
    found = told[0].conversation.voices[Side.STATION].answered_under("h")
    assert found is not None
    return found


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_no_payload_is_kept_of_an_exchange_that_passed(version: str) -> None:
    answered = answered_in(BEAT, BEATEN, version=version)

    assert answered.row == "Heartbeat"
    assert answered.exchange is None


@pytest.mark.parametrize(("version", "is_kept"), [("1.6", False), ("2.0.1", False), ("2.1", True)])
def test_an_exchange_that_did_not_pass_is_kept_after_others_only_where_its_answer_may_be_returned(
    version: str, *, is_kept: bool
) -> None:
    others = ('> [2,"i","Heartbeat",{}]', '< [3,"i",{"currentTime":"$NOW"}]')

    answered = answered_in(WRONG, BEATEN, *others, version=version)

    assert (answered.exchange is not None) is is_kept


def counts_of(*lines: str, action: str) -> dict[Outcome, int]:
    judge = judged(draw(*lines, version="2.1"))
    return dict(judge.board.view().pairs[0].row(action).counts)


def test_an_exchange_that_is_returned_twice_counts_once() -> None:
    returned = '> [5,"h","TypeConstraintViolation","",{}]'

    counts = counts_of(BEAT, BEATEN, returned, returned, action="Heartbeat")

    assert counts == {Outcome.FAILED: 1}


def test_an_exchange_that_an_alarm_is_about_is_the_same_one_after_its_answer_is_returned() -> None:
    triggered = '< [2,"t","TriggerMessage",{"requestedMessage":"Heartbeat"}]', '> [3,"t",{"status":"Accepted"}]'
    returned = '< [5,"t","TypeConstraintViolation","",{}]'
    still_there = ("+60s", "> ping x", "+20s", "> ping x", "+20s", "> ping x")

    counts = counts_of(*triggered, returned, *still_there, action="TriggerMessage")

    assert sum(counts.values()) == 1


def test_an_exchange_that_is_made_anew_stands_where_the_one_that_passed_stood() -> None:
    told: list[Exchange] = []

    judged(draw(BEAT, BEATEN, "> close 1007"), on_exchange=told.append)

    first, last = told[0], told[-1]
    assert last is not first
    assert (last.action, last.call_frame, last.answer_frame) == (first.action, first.call_frame, first.answer_frame)
    assert (last.at, last.answered_at, last.outcome) == (first.at, first.answered_at, Outcome.FAILED)
