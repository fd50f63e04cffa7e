"""The board as it was at a moment is that of a judge who has seen the recording until there, and no more."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from drawing import Pen, drawn_lines, judged
from goldens import SESSIONS, drawings
from hypothesis import given, settings
from hypothesis import strategies as st
from random_sessions import SECOND_NS, SLOW, numbered, sessions

from matrix.boards.board import Board
from matrix.boards.chronicle import Chronicle
from matrix.boards.hindsight import Hindsight
from matrix.boards.row_log import RUNS_APART
from matrix.judge import Judge
from matrix.trace import Ending, Traffic, mark_of


def remembered(traffic: Sequence[Traffic], presume_after_s: Sequence[int] = (0,)) -> Chronicle:
    """Judge traffic as a live viewer does, who now and then presumes that so much time has passed."""
    chronicle = Chronicle()
    judge = Judge(board=chronicle, on_exchange=chronicle.told)
    for number, item in enumerate(traffic):
        judge.feed(item)
        chronicle.item_is_over(mark_of(item), judge.now)
        with chronicle.presuming():
            judge.advance(judge.now + presume_after_s[number % len(presume_after_s)] * SECOND_NS)
    return chronicle


def boards_of(traffic: Sequence[Traffic]) -> list[Any]:
    """Return the boards that a judge shows after each item, and before all of them."""
    return [Board().view(), *(judged(traffic[:moment]).board.view() for moment in range(1, len(traffic) + 1))]


@settings(SLOW, max_examples=60)
@given(
    first=sessions(1),
    second=sessions(2),
    order=st.randoms(use_true_random=False),
    silences=st.lists(st.sampled_from([0, 0, 31, 400]), min_size=1, max_size=5),
    data=st.data(),
)
def test_the_board_at_any_moment_is_that_of_a_judge_of_the_recording_cut_there(
    first: list[Traffic], second: list[Traffic], order: Any, silences: list[int], data: st.DataObject
) -> None:
    traffic = numbered(_mixed(first, second, order))
    moments = data.draw(st.lists(st.integers(0, len(traffic)), min_size=1, max_size=12))

    hindsight = Hindsight(remembered(traffic, silences))

    expected = boards_of(traffic)
    for moment in moments:
        assert hindsight.view(moment) == expected[moment]


def _mixed(first: list[Traffic], second: list[Traffic], dice: Any) -> list[Traffic]:
    """Put two sessions into one recording, each in its own order."""
    sources, mixed = [first[::-1], second[::-1]], list[Traffic]()
    while any(sources):
        mixed.append(dice.choice([source for source in sources if source]).pop())
    return mixed


@pytest.mark.parametrize("drawing", drawings(), ids=lambda path: str(path.relative_to(SESSIONS)))
def test_drawn_session_can_be_gone_through_backwards_and_forwards(drawing: Path) -> None:
    traffic = drawn_lines(drawing.read_text(encoding="utf-8").splitlines())
    expected = boards_of(traffic)

    hindsight = Hindsight(remembered(traffic, (0, 31, 31)))

    back_and_forth = [*reversed(range(len(traffic) + 1)), *range(len(traffic) + 1)]
    assert [hindsight.view(moment) for moment in back_and_forth] == [expected[moment] for moment in back_and_forth]


def test_row_with_many_changes_is_counted_again_from_the_middle() -> None:
    lines = []
    for number in range(3 * RUNS_APART):
        answer = f'< [4,"{number}","InternalError","",{{}}]' if number % 2 else f'< [3,"{number}",{{}}]'
        lines += [f'> [2,"{number}","StatusNotification",{{}}]', answer]
    traffic = Pen().session(lines, ending=Ending.CLOSED)
    hindsight = Hindsight(remembered(traffic))

    for moment in (len(traffic), 7, RUNS_APART * 4, RUNS_APART * 4 + 1, 2, len(traffic) - 1):
        assert hindsight.view(moment) == judged(traffic[:moment]).board.view()


def test_row_that_shows_the_same_again_and_again_has_the_evidence_of_then() -> None:
    lines = []
    for number in range(12):
        answer = f'< [4,"{number}","InternalError","",{{}}]' if number % 5 == 3 else f'< [3,"{number}",{{"x":1}}]'
        lines += [f'> [2,"{number}","StatusNotification",{{}}]', answer]
    traffic = Pen().session(lines, ending=Ending.CLOSED)
    expected = boards_of(traffic)
    hindsight = Hindsight(remembered(traffic))

    for moment in (20, 12, 13, 3, 5, 4, 5, 4, 24, 9, 8, 9, 10, 8, 0, 14, 16, 2, len(traffic)):
        assert hindsight.view(moment) == expected[moment]


def test_going_back_undoes_what_sessions_were_called_later() -> None:
    pen = Pen()
    nameless = pen.session(['> [2,"1","Heartbeat",{}]', '< [3,"1",{"currentTime":"$NOW"}]'], ending=Ending.CLOSED)
    boot = '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"%s"}]'
    named = [pen.session([boot % model, '< [3,"b",{}]'], ending=Ending.CLOSED) for model in ("M", "N")]
    traffic = [*nameless, *named[0], *named[1]]
    expected = boards_of(traffic)
    hindsight = Hindsight(remembered(traffic))

    forwards = range(len(traffic) + 1)
    for moment in (*forwards, *reversed(forwards), len(traffic), 2, len(traffic) - 3, 0):
        assert hindsight.view(moment) == expected[moment]


def test_pair_that_has_not_changed_is_the_same_object() -> None:
    pen = Pen()
    first = pen.session(['> [2,"1","Heartbeat",{}]', '< [3,"1",{"currentTime":"$NOW"}]'], identity="CS1")
    second = pen.session(['> [2,"1","Heartbeat",{}]', '< [3,"1",{"currentTime":"$NOW"}]'], identity="CS2")
    hindsight = Hindsight(remembered([*first, *second]))

    before, after = hindsight.view(len(first) + 2), hindsight.view(len(first) + 3)

    assert before.pairs[0] is after.pairs[0]
    assert before.pairs[1] != after.pairs[1]
