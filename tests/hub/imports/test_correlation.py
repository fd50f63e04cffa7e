"""Pairing, as the Open OCPP Trace format defines it."""

import pytest

from hub.imports.correlation import REMEMBERED, Count, Pairing
from hub.imports.directions import head_of
from hub.imports.entries import LineError
from matrix.trace import Side

SIDES = {">": Side.STATION, "<": Side.CSMS}


def counted(*lines: str) -> Count:
    pairing = Pairing(Count())
    for line in lines:
        pairing.note(head_of(line[2:]), SIDES[line[0]])
    return pairing.count


def test_calls_answers_and_errors_are_counted() -> None:
    count = counted(
        '> [2,"a","Heartbeat",{}]', '< [3,"a",{}]', '< [2,"a","Reset",{}]', '> [4,"a","GenericError","",{}]'
    )

    assert (count.calls, count.results, count.errors, count.unanswered, count.orphans) == (2, 1, 1, 0, 0)


def test_answer_of_the_same_side_or_another_id_is_an_orphan() -> None:
    count = counted('> [2,"a","Heartbeat",{}]', '> [3,"a",{}]', '< [3,"b",{}]')

    assert (count.unanswered, count.orphans) == (1, 2)


def test_id_that_is_open_twice_is_answered_twice() -> None:
    count = counted(
        '> [2,"a","Heartbeat",{}]', '> [2,"a","Heartbeat",{}]', '< [3,"a",{}]', '< [3,"a",{}]', '< [3,"a",{}]'
    )

    assert (count.answered, count.unanswered, count.orphans) == (2, 0, 1)


def test_what_is_open_is_bounded() -> None:
    pairing = Pairing(Count())
    for number in range(REMEMBERED + 10):
        pairing.note(head_of(f'[2,"{number}","Heartbeat",{{}}]'), Side.STATION)

    assert len(pairing.open[Side.STATION]) == REMEMBERED


def test_sender_is_told_by_the_action_and_by_what_is_answered() -> None:
    pairing = Pairing(Count())
    call = head_of('[2,"a","BootNotification",{}]')

    sender = pairing.sender(call, None, is_sure=False)
    pairing.note(call, sender)

    assert sender is Side.STATION
    assert pairing.sender(head_of('[3,"a",{}]'), None, is_sure=False) is Side.CSMS


@pytest.mark.parametrize("text", ['[2,"x","DataTransfer",{}]', '[3,"x",{}]', '[5,"x","","",{}]', "[9]"])
def test_sender_that_nothing_tells_is_not_guessed(text: str) -> None:
    with pytest.raises(LineError, match="cannot be told"):
        Pairing(Count()).sender(head_of(text), None, is_sure=False)


def test_answer_that_is_said_to_come_from_the_caller_is_not_believed() -> None:
    pairing = Pairing(Count())
    pairing.note(head_of('[2,"a","Heartbeat",{}]'), Side.STATION)

    with pytest.raises(LineError, match="sent the CALL that it answers"):
        pairing.sender(head_of('[3,"a",{}]'), Side.STATION, is_sure=False)
    assert pairing.sender(head_of('[3,"a",{}]'), Side.STATION, is_sure=True) is Side.STATION
