"""Alarms: in order, movable, bounded."""

from typing import Any

from drawing import codes, draw, judged
from said16 import ask, beat, report
from transactions20 import event, on_2x

from matrix.alarms import ALARMS_PER_SESSION, NEVER, Alarm, Alarms
from matrix.dialect import dialect
from matrix.exchange import Conversation
from matrix.known import Known
from matrix.trace import Ending, Opened, Side


def conversation() -> Conversation:
    opened = draw()[0]
    assert isinstance(opened, Opened)
    return Conversation(opened.session, dialect("1.6"), Known())


def alarm(session: Conversation, at: int, about: object = None, name: str = "a") -> Alarm:
    return Alarm(name, 0, at, session, "Connect", about=str(about))


def rung(alarms: Alarms, now: int) -> list[int]:
    return [each.at for each in alarms.due(now)]


def test_alarms_go_off_in_order_once_their_time_is_over() -> None:
    alarms, session = Alarms(), conversation()
    for at in (30, 10, 20):
        alarms.set(alarm(session, at, about=at))

    assert rung(alarms, 10) == []
    assert rung(alarms, 25) == [10, 20]
    assert rung(alarms, 100) == [30]
    assert alarms.next_at == NEVER


def test_alarm_that_is_set_again_moves_in_either_direction() -> None:
    alarms, session = Alarms(), conversation()
    for at in (10, 50, 40):
        alarms.set(alarm(session, at))

    assert rung(alarms, 30) == []
    assert rung(alarms, 45) == [40]
    assert rung(alarms, 100) == []


def test_alarms_of_a_session_are_bounded_and_there_is_room_again_after_they_went_off() -> None:
    alarms, session = Alarms(), conversation()
    for number in range(ALARMS_PER_SESSION + 10):
        alarms.set(alarm(session, 10, about=number))

    assert len(rung(alarms, 20)) == ALARMS_PER_SESSION
    alarms.set(alarm(session, 30))
    assert rung(alarms, 40) == [30]


def test_alarm_for_a_side_comes_when_that_side_is_heard_of_after_its_time() -> None:
    reset = ('< [2,"r","Reset",{"type":"Soft"}]', '> [3,"r",{"status":"Accepted"}]', "+1s", "> ping")

    def rung(*later: str) -> bool:
        return "RS16-01" in codes(judged(draw(*reset, *later)))

    assert not rung("+6m", "< ping", "+6m", "< ping")
    assert rung("+6m", "< ping", "+6m", "> ping")


CHANGED = [*report(1, "Available"), *ask("ChangeAvailability", connectorId=1, type="Inoperative"), *beat()]
STATUS = report(1, "Unavailable")


def accused(*lines: str, **session: Any) -> int:
    """Return how often a station is told that nothing showed the change of availability that it accepted."""
    return codes(judged(draw(*CHANGED, *lines, **session))).count("AV16-01")


def test_what_a_stalled_line_delivers_first_is_not_missed() -> None:
    assert accused("+70s", *STATUS, "+20s", *beat()) == 0
    assert accused("+70s", "> ping", *beat(), "+1s", *STATUS, "+20s", *beat()) == 0
    assert accused("+70s", *beat(), "+11s", *STATUS, "+20s", *beat()) == 0
    assert accused("+70s", *beat(), "+11s", *beat(), *STATUS, "+20s", *beat()) == 0
    assert accused("+70s", *beat(), "+11s", *beat(), "+3s", *STATUS) == 1


def test_suspicion_is_told_once_however_often_the_side_is_heard_of_again() -> None:
    assert accused("+70s", *beat(), "+5s", *beat(), "+6s", *beat(), "+20s", *beat()) == 1


def test_suspicion_holds_where_that_side_closes_the_session_not_where_it_is_cut_off() -> None:
    assert accused("+70s", *beat()) == 1
    assert accused("+70s", *beat(), ending=Ending.DROPPED) == 0
    assert accused("+70s", *beat(), ending=Ending.HUB) == 0
    assert accused("+70s", *beat(), closed_by=Side.CSMS) == 0


def test_wait_that_is_over_when_its_call_is_answered_is_not_over_before_more_is_heard() -> None:
    late = ask("ChangeAvailability", between=["+70s"], connectorId=1, type="Inoperative")
    judge = judged(draw(*report(1, "Available"), *late, *STATUS, "+20s", *beat()))

    assert "AV16-01" not in codes(judge)


def test_what_waits_for_a_side_that_stays_silent_is_bounded() -> None:
    events = [line for number in range(ALARMS_PER_SESSION + 100) for line in (event("Updated", number)[0], "+1s")]

    judge = judged(on_2x(*events, "+2m", "> ping", "< ping", "+11s", "< ping", "+11s", "< ping"))

    assert codes(judge).count("TX20-17") == ALARMS_PER_SESSION


def test_side_that_never_pauses_is_accused_once_nothing_can_be_held_up_any_more() -> None:
    changed, chatter = ask("ChangeAvailability", connectorId=1, type="Inoperative"), ["+1s", *beat()]
    told = draw(*report(1, "Available"), *changed, *chatter * 380, ending=Ending.DROPPED)

    assert codes(judged(told)).count("AV16-01") == 1
