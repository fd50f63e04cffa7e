"""What a second recording made of the outcomes of a first."""

import msgspec
import pytest
from drawing import draw, judged

from matrix.comparing.couples import Couple
from matrix.comparing.transitions import Shift, Transition, session_outcomes, shift
from matrix.outcome import Outcome
from matrix.trace import Closed, Opened, Session, Side, Traffic

BOOT = [
    '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    '< [3,"b",{"status":"Accepted","currentTime":"$NOW","interval":300}]',
]
GOOD = [*BOOT, '> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW"}]']
BAD = [*BOOT, '> [2,"h","Heartbeat",{"x":1}]', '< [3,"h",{"currentTime":"$NOW"}]']


def shifted(before: list[str], after: list[str], played: Side | None = None) -> Shift:
    return shift_of(draw(*before), draw(*after), played)


def shift_of(one: list[Traffic], other: list[Traffic], played: Side | None = None) -> Shift:
    verdicts = [(session_outcomes(judge.board.view()), judge.findings) for judge in (judged(one), judged(other))]
    return shift([Couple(_session(one), _session(other), played)], *verdicts)


def logged(*lines: str) -> list[Traffic]:
    """Draw what an imported log holds of a session: no handshake."""
    return [
        msgspec.structs.replace(item, session=msgspec.structs.replace(item.session, status=None, origin="csms.log"))
        if isinstance(item, Opened | Closed)
        else item
        for item in draw(*lines)
    ]


def _session(traffic: list[Traffic]) -> Session:
    return next(item.session for item in traffic if isinstance(item, Opened))


def test_the_same_is_neither_worse_nor_better() -> None:
    change = shifted(GOOD, GOOD)

    assert (change.transitions, change.is_worse, change.is_better) == ((), False, False)


def test_a_message_type_that_breaks_a_rule_now_is_worse() -> None:
    change = shifted(GOOD, BAD)

    assert [(each.action, each.before, each.after) for each in change.transitions] == [
        ("Heartbeat", Outcome.PASSED, Outcome.DEVIATED)
    ]
    assert change.is_worse
    assert any(each.is_worse for each in change.rules)


def test_a_message_type_that_keeps_it_again_is_better() -> None:
    assert shifted(BAD, GOOD).is_better


def test_what_is_as_wrong_as_before_is_named() -> None:
    change = shifted(BAD, BAD)

    assert [(each.action, each.after) for each in change.still_wrong] == [("Heartbeat", Outcome.DEVIATED)]
    assert (change.transitions, change.is_worse, change.is_better) == ((), False, False)


def test_what_is_not_seen_any_more_has_not_become_better() -> None:
    for before in (BAD, [*BOOT, '> [2,"h","Heartbeat",{}]', '< [4,"h","NotSupported","",{}]']):
        change = shifted(before, BOOT)

        assert [(each.action, each.after) for each in change.transitions] == [("Heartbeat", None)]
        assert (change.is_worse, change.is_better) == (False, False)


def test_what_a_replay_breaks_itself_is_charged_to_nobody() -> None:
    by_the_station, by_the_csms = (shifted(GOOD, BAD, side) for side in Side)

    assert [each.by_replay for each in by_the_station.transitions] == [True]
    assert [each.side for each in by_the_station.rules if each.by_replay] == [Side.STATION]
    assert not by_the_station.is_worse
    assert by_the_csms.is_worse


def test_a_log_that_can_hold_no_handshake_is_neither_worse_nor_better_for_it() -> None:
    for one, other in ((draw(*GOOD), logged(*GOOD)), (logged(*GOOD), draw(*GOOD))):
        change = shift_of(one, other)

        assert (change.transitions, change.is_worse, change.is_better) == ((), False, False)


def test_a_message_type_that_a_log_does_not_hold_any_more_is_worse() -> None:
    change = shift_of(draw(*GOOD), logged(*BOOT))

    assert [(each.action, each.after) for each in change.transitions] == [("Heartbeat", None)]
    assert change.is_worse


@pytest.mark.parametrize(
    ("before", "after", "is_worse"),
    [
        (Outcome.FAILED, Outcome.PASSED, False),
        (Outcome.PASSED, Outcome.FAILED, True),
        (Outcome.PASSED, None, True),
        (Outcome.FAILED, None, False),
        (None, Outcome.PASSED, False),
        (None, Outcome.UNANSWERED, True),
    ],
)
def test_worse_is_what_is_graver_or_not_seen_any_more(
    before: Outcome | None, after: Outcome | None, is_worse: bool
) -> None:
    assert Transition("CS", "acme", "Heartbeat", before, after).is_worse is is_worse
