"""Refusals that repeat themselves are one line."""

from typing import Any

import msgspec

from matrix.trace import Ending, Session
from tui.lines.refused_again import folded


def refused(number: int, identity: str = "CS1", **fields: Any) -> Session:
    session = Session(id=number, opened_at=number, identity=identity, csms="acme", status=503, ending=Ending.REFUSED)
    return msgspec.structs.replace(session, **fields)


def numbers(runs: list[list[Session]]) -> list[list[int]]:
    return [[each.id for each in run] for run in runs]


def test_refusals_of_one_station_stand_together_whatever_others_do_meanwhile() -> None:
    sessions = [refused(1), refused(2, "CS2"), refused(3), refused(4, "CS2", status=101), refused(5)]

    assert numbers(folded(sessions)) == [[1, 3, 5], [2], [4]]


def test_what_comes_between_or_is_said_otherwise_begins_anew() -> None:
    let_in = [refused(1), refused(2), refused(3, status=101), refused(4), refused(5), refused(6)]
    otherwise = [*map(refused, range(1, 4)), *(refused(number, fault="nobody knows it") for number in range(4, 7))]

    assert numbers(folded(let_in)) == [[1], [2], [3], [4, 5, 6]]
    assert numbers(folded(otherwise)) == [[1, 2, 3], [4, 5, 6]]


def test_what_was_done_on_purpose_and_what_nobody_answered_stay_by_themselves() -> None:
    unanswered = [refused(number, status=None) for number in range(1, 4)]

    assert numbers(folded(map(refused, range(1, 5)), alone={2})) == [[1], [2], [3], [4]]
    assert numbers(folded(unanswered)) == [[1], [2], [3]]
