"""What is remembered of exchanges once they are over."""

import pytest
from drawing import draw, judged

from matrix.exchange import Exchange
from matrix.trace import Side


@pytest.mark.parametrize(("version", "is_kept"), [("1.6", False), ("2.0.1", False), ("2.1", True)])
def test_payloads_are_kept_only_where_an_answer_may_be_returned(version: str, *, is_kept: bool) -> None:
    told: list[Exchange] = []

    judged(
        draw('> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW"}]', version=version), on_exchange=told.append
    )

    answered = told[0].conversation.voices[Side.STATION].answered_under("h")
    assert answered is not None
    assert answered.row == "Heartbeat"
    assert (answered.exchange is not None) is is_kept
