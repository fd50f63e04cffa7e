"""What is remembered of exchanges once they are over."""

import pytest
from drawing import draw, judged

from matrix.exchange import Exchange
from matrix.outcome import Outcome
from matrix.trace import Side

WRONG = '> [2,"h","Heartbeat",{"x":1}]'
BEAT = '> [2,"h","Heartbeat",{}]'
BEATEN = '< [3,"h",{"currentTime":"$NOW"}]'


def kept_of(*lines: str, version: str) -> list[str]:
    told: list[Exchange] = []
    judged(draw(*lines, version=version), on_exchange=told.append)
    return [each.id for each in told[0].conversation.voices[Side.STATION].blemished.values()]


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_no_payload_is_kept_of_an_exchange_that_passed(version: str) -> None:
    kept = kept_of(BEAT, BEATEN, version=version)

    assert kept == []


@pytest.mark.parametrize(("version", "ids"), [("1.6", ["i"]), ("2.0.1", ["i"]), ("2.1", ["h", "i"])])
def test_of_those_that_did_not_pass_more_than_the_last_is_kept_only_where_answers_may_be_returned(
    version: str, ids: list[str]
) -> None:
    again = [line.replace('"h"', '"i"') for line in (WRONG, BEATEN)]

    kept = kept_of(WRONG, BEATEN, *again, version=version)

    assert kept == ids


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
