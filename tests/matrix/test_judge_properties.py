"""What must hold of the judge whatever is said: no error of ours, one verdict however it is read, each on its own."""

import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from drawing import drawn_lines, judged
from goldens import SESSIONS, drawings
from hypothesis import given, settings
from hypothesis import strategies as st
from random_sessions import SECOND_NS, SLOW, numbered, sessions

from hub.mirror import keep
from hub.recording import Recording
from hub.recording_file import open_for_writing
from matrix.finding import Finding
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.trace import Closed, Disturbed, Frame, Opened, Traffic, mark_of


def verdicts(judge: Judge) -> tuple[list[Finding], list[tuple[str, str, Outcome, dict[Any, int]]]]:
    """Return all that a judge has to say: findings, and what each cell comes to."""
    cells = [
        (pair.station.label, row.action, row.outcome, dict(row.counts))
        for pair in judge.board.view().pairs
        for row in pair.rows
    ]
    return judge.findings, cells


@SLOW
@given(traffic=sessions())
def test_nothing_that_peers_say_makes_the_judge_raise_or_a_rule_crash(traffic: list[Traffic]) -> None:
    judge = judged(traffic)

    assert judge.crashes == []


@SLOW
@given(traffic=sessions(), order=st.randoms(use_true_random=False))
def test_traffic_in_any_order_makes_no_rule_crash(traffic: list[Traffic], order: Any) -> None:
    order.shuffle(traffic)

    judge = judged(traffic)

    assert judge.crashes == []


@SLOW
@given(traffic=sessions())
def test_the_same_traffic_gives_the_same_verdicts(traffic: list[Traffic]) -> None:
    assert verdicts(judged(traffic)) == verdicts(judged(copy.deepcopy(traffic)))


@settings(SLOW, max_examples=25)
@given(traffic=sessions(), chunks=st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_reading_a_recording_while_it_is_written_gives_the_verdicts_of_reading_it_at_its_end(
    traffic: list[Traffic], chunks: list[int]
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "event.plugfest"

        live = _judged_while_written(path, traffic, chunks)
        with Recording.open(path) as recording:
            later = judged(recording.all_traffic())

    assert verdicts(live) == verdicts(later)
    assert live.crashes == later.crashes == []


def _judged_while_written(path: Path, traffic: list[Traffic], chunks: list[int]) -> Judge:
    """Write traffic in chunks of so many items, in turn, and judge after each what a reader finds, three at a time."""
    judge, mark, written, turn = Judge(), 0, 0, 0
    writer = open_for_writing(path)
    with Recording.open(path) as reader:
        while written < len(traffic):
            size = chunks[turn % len(chunks)]
            keep(writer, traffic[written : written + size])
            written, turn = written + size, turn + 1
            while batch := reader.traffic(mark, limit=3):
                judge.advance(judge.now + 31 * SECOND_NS)
                mark = mark_of(batch[-1])
                for item in batch:
                    judge.feed(item)
    writer.close()
    return judge


@settings(SLOW, max_examples=50)
@given(first=sessions(1), second=sessions(2), third=sessions(3))
def test_sessions_of_several_stations_are_judged_as_each_alone(
    first: list[Traffic], second: list[Traffic], third: list[Traffic]
) -> None:
    apart = [first, second, third]
    together = sorted((item for items in apart for item in items), key=_moment)

    judge = judged(numbered(together))

    for number, items in enumerate(apart, start=1):
        alone = judged(items)
        assert _told_of(judge, number) == _told_of(alone, number)
        assert _cells_of(judge, number) == _cells_of(alone, number)


def _moment(item: Traffic) -> int:
    match item:
        case Opened():
            return item.session.opened_at
        case Closed():
            return item.session.closed_at or 0
        case Frame() | Disturbed():
            return item.at


def _told_of(judge: Judge, session: int) -> list[tuple[str, str, str, str]]:
    return [(each.rule, each.severity, each.side, each.pointer) for each in judge.findings if each.session == session]


def _cells_of(judge: Judge, session: int) -> list[tuple[str, Outcome, dict[Any, int]]]:
    pairs = [pair for pair in judge.board.view().pairs if session in pair.sessions]
    return [(row.action, row.outcome, dict(row.counts)) for pair in pairs for row in pair.rows]


@pytest.mark.parametrize("drawing", drawings(), ids=lambda path: str(path.relative_to(SESSIONS)))
def test_drawing_that_is_cut_off_anywhere_makes_no_rule_crash(drawing: Path) -> None:
    traffic = drawn_lines(drawing.read_text(encoding="utf-8").splitlines())
    judge = Judge()

    for item in traffic:
        judge.feed(item)
        judge.advance(judge.now + 31 * SECOND_NS)
        judge.board.view()

    assert judge.crashes == []
