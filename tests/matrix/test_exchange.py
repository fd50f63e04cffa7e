"""What is remembered of exchanges once they are over."""

import pytest
from drawing import draw, judged

from matrix.exchange import Answered, Exchange
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
