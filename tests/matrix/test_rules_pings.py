"""PG: one session that keeps the rule and one that breaks it; pongs for several pings, and sides that are gone."""

from typing import Final

import pytest
from drawing import Pen, codes, draw, judged
from rule_cases import Case

from matrix.trace import Side, Traffic


def beat(message_id: str) -> tuple[str, ...]:
    answer = f'< [3,"{message_id}",{{"currentTime":"2026-11-01T10:00:00Z"}}]'
    return "+16s", f'> [2,"{message_id}","Heartbeat",{{}}]', answer


ALIVE: Final = (*beat("1"), *beat("2"), *beat("3"))

CASES: Final = {
    "PG-01": Case(draw("< ping x", *ALIVE), draw("< ping x", "> pong x", *ALIVE), by=Side.STATION),
}


def found(traffic: list[Traffic]) -> int:
    return codes(judged(traffic)).count("PG-01")


@pytest.mark.parametrize("version", ["1.6", "2.0", "2.0.1", "2.1"])
def test_ping_of_either_side_is_answered(version: str) -> None:
    judge = judged(draw("< ping a", "> ping b", "> pong a", *ALIVE, version=version))

    assert [finding.side for finding in judge.findings if finding.rule == "PG-01"] == [Side.CSMS]


@pytest.mark.parametrize(
    "lines",
    [
        ("< ping 1", "< ping 2", "> pong 2", *ALIVE),
        ("< ping 1", "+29s", "> pong 1", *ALIVE),
        ("< ping 1", "> unread too long", *ALIVE),
        ("< ping 1", "> close 1000", *ALIVE),
        ("< ping 1", "+60s", "< ping 2", "+60s", '< [2,"c","ClearCache",{}]'),
        ("< ping 1", *beat("1")),
    ],
)
def test_pong_may_answer_several_and_is_not_due_of_a_side_that_is_gone(lines: tuple[str, ...]) -> None:
    assert found(draw(*lines)) == 0


def test_side_that_says_little_is_told_of_once() -> None:
    pings = [line for number in range(9) for line in ("< ping x", "+20s", *beat(str(number)), "+24s")]

    assert found(draw(*pings)) == 1
    assert found(draw("< ping 1", "+60s", "< ping 2", *beat("1"), "+60s", "< ping 3")) == 1


def test_sessions_are_kept_apart() -> None:
    pen, offer = Pen(), ("ocpp1.6",)
    before = pen.session(["< ping 1"], offered=offer, chosen=offer[0])

    assert found([*before, *pen.session(ALIVE, offered=offer, chosen=offer[0])]) == 0


def test_word_that_crossed_the_ping_says_nothing_of_a_line_that_stalls_after_it() -> None:
    stalled = ["< ping 1", *beat("1")[1:], "+40s", "> pong 1"]

    assert found(draw(*stalled)) == 0
