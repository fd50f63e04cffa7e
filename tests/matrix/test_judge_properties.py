"""What must hold of the judge whatever is said: no error of ours, one verdict however it is read, each on its own."""

import copy
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from drawing import Pen, codes, draw, drawn_lines, judged
from goldens import SESSIONS, drawings
from hypothesis import given, settings
from hypothesis import strategies as st
from random_sessions import SECOND_NS, SLOW, numbered, sessions
from rule_cases import rule_cases

from hub.mirror import keep
from hub.recording.reading import Recording
from hub.recording.writable import open_for_writing
from matrix.finding import Finding
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.rule import Rule, all_rules
from matrix.trace import Closed, Disturbed, Frame, Opcode, Opened, Side, Traffic, mark_of

NOW = "2026-11-01T10:00:00Z"
BOOT = '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M","firmwareVersion":"1.0"}]'
BOOTED = f'< [3,"b",{{"status":"Accepted","currentTime":"{NOW}","interval":300}}]'
HEARTBEAT = '> [2,"h","Heartbeat",{}]'
BEAT = f'< [3,"h",{{"currentTime":"{NOW}"}}]'


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


# -- of frames that nobody has thought of -----------------------------------------------------------------------------


TEXTS = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40),
    st.sampled_from(
        [HEARTBEAT[2:], BEAT[2:], BOOT[2:], '[3,"h",{}]', '[4,"h","X","",{}]', '[2,1,"\\ud800",{"a":"\\ud800"}]']
    ),
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=4)).map(str),
)
FRAMES = st.builds(
    Frame,
    id=st.just(0),
    session=st.just(1),
    at=st.integers(0, 2**62),
    side=st.sampled_from(Side),
    opcode=st.sampled_from([*Opcode, 3, 11]),
    payload=TEXTS,
    fin=st.booleans(),
    rsv=st.integers(0, 7),
)


@given(frames=st.lists(FRAMES, max_size=12), version=st.sampled_from(["1.6", "2.0", "2.0.1", "2.1", "?"]))
def test_no_traffic_makes_the_judge_raise_or_a_rule_crash(frames: list[Frame], version: str) -> None:
    pen = Pen()
    opened, closed = pen.session([], offered=(f"ocpp{version}",), chosen=f"ocpp{version}")

    judge = judged([opened, *frames, closed])

    assert judge.crashes == []
    assert judge.board.view().sessions_open == 0


@given(frames=st.lists(FRAMES, max_size=12))
def test_judging_twice_gives_the_same_findings(frames: list[Frame]) -> None:
    traffic: list[Traffic] = [draw()[0], *frames]

    once, again = judged(traffic), judged(traffic)

    assert once.findings == again.findings
    assert once.board.view().pairs == again.board.view().pairs


def values_replaced(node: Any, value: Any) -> Iterator[Any]:
    """Yield the node with each of its values replaced, one at a time, at any depth."""
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from ({**node, name: other} for other in (value, *values_replaced(inner, value)))
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            for other in (value, *values_replaced(inner, value)):
                yield [*node[:number], other, *node[number + 1 :]]


@pytest.mark.parametrize(
    "value", [[["x"]], {"x": {}}, 1e308, -1, "9" * 400, ""], ids=lambda value: type(value).__name__
)
@pytest.mark.parametrize("code", sorted(rule_cases()))
def test_no_value_in_a_payload_makes_a_rule_crash(code: str, value: Any) -> None:
    case = rule_cases()[code]
    for traffic in (case.broken, case.kept):
        for number, item in enumerate(traffic):
            for text in mutations(item, value):
                judge = judged([*traffic[:number], msgspec.structs.replace(item, payload=text), *traffic[number + 1 :]])

                assert judge.crashes == []


def watching_all(rule: Rule) -> Rule:
    return dataclasses.replace(rule, watches=tuple(dataclasses.replace(watch, odd=False) for watch in rule.watches))


@pytest.mark.nightly
@pytest.mark.parametrize("code", sorted(rule_cases()))
def test_rules_that_watch_odd_messages_alone_find_as_much_as_if_they_watched_all(code: str) -> None:
    rules, case = [watching_all(rule) for rule in all_rules()], rule_cases()[code]
    for traffic in (case.broken, case.kept):
        changed = [[*traffic[:at], *traffic[at + 1 :]] for at in range(1, len(traffic))]
        for each in (traffic, *changed, *([*traffic[:at], *traffic[at - 1 :]] for at in range(2, len(traffic)))):
            assert verdicts(judged(each)) == verdicts(judged(each, rules=rules))


def mutations(item: Traffic, value: Any) -> Iterator[str]:
    if isinstance(item, Frame) and isinstance(item.payload, str) and item.payload.startswith("[") and item.fin:
        try:
            message = json.loads(item.payload)
        except ValueError:
            return
        yield from (json.dumps([*message[:-1], other]) for other in values_replaced(message[-1], value))


def test_interleaved_sessions_are_judged_as_each_alone() -> None:
    first = Pen().session(
        [BOOT, BOOTED, HEARTBEAT, '< [3,"h",{}]'], identity="A", offered=("ocpp1.6",), chosen="ocpp1.6"
    )
    pen = Pen()
    pen.session([])
    second = pen.session([HEARTBEAT, BEAT, '> [2,"x","Nope",{}]'], identity="B", offered=("ocpp1.6",), chosen="ocpp1.6")
    mixed = [item for pair in zip(first, second, strict=False) for item in pair]
    mixed += [*first[len(second) :], *second[len(first) :]]

    together, alone = judged(mixed), judged(first, second)

    assert sorted(codes(together)) == sorted(codes(alone))
    assert [pair.rows for pair in together.board.view().pairs] == [pair.rows for pair in alone.board.view().pairs]
