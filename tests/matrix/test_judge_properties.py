"""What must hold of the judge whatever is said: no error of ours, the same verdict however it is read, each on its own.

Payloads are made of the JSON schemas, then spoiled: what a rule reads is there, and of any type.
"""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
import pytest
from drawing import START_NS, drawn_lines, judged
from goldens import SESSIONS, drawings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from payloads import example

from hub.mirror import keep
from hub.recording import Recording
from hub.recording_file import open_for_writing
from matrix.dialect import SUBPROTOCOLS, V16, V20, V21, V201, dialect
from matrix.finding import Finding
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.schemas import Part, schema
from matrix.trace import Closed, Disturbed, Ending, Frame, Headers, Opcode, Opened, Session, Side, Traffic, mark_of

NAMES: Final = {version: name for name, version in SUBPROTOCOLS.items()}
SECOND_NS: Final = 1_000_000_000
TIMES: Final = ("2026-11-01T10:00:00Z", "2026-11-01T10:00:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "")
SPOILED: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 0.5, -0.0, 1e308, "", "0", "-1", "1" * 400, *TIMES]),
    st.sampled_from(["Accepted", "Rejected", "Pending", "Started", "Ended", "\u202e\x00\ud7ff", "a" * 3_000]),
    st.sampled_from([[], {}, [[]], [None], [{}], {"": {}}, [[[[[]]]]], {"id": None}, [1, "1", None]]),
)
SLOW: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def spoil(payload: Any, draw: st.DrawFn) -> Any:
    """Put something else at a place of a payload, leave a field out, or add one; a few times, anywhere."""
    payload = copy.deepcopy(payload)
    for _ in range(draw(st.integers(0, 3))):
        places = [*_places(payload)]
        if not places:
            break
        parent, key = draw(st.sampled_from(places))
        if isinstance(parent, dict) and draw(st.integers(0, 4)) == 0:
            del parent[key]
        else:
            parent[key] = copy.deepcopy(draw(SPOILED))
    return payload


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield value, key
        yield from _places(each)


def _example(version: str, action: str, part: Part, *, full: bool) -> dict[str, Any]:
    version = V201 if version == V20 else version
    return example(version, action, part, full=full) if schema(version, action, part) else {}


@st.composite
def exchanges(draw: st.DrawFn, version: str) -> list[tuple[Side, Any]]:
    """Draw a CALL with its answer: of a right action, rarely by the right side, spoiled here and there."""
    actions = sorted(dialect(version).actions)
    action = draw(st.sampled_from(actions) | st.just("Nonsense"))
    caller = draw(st.sampled_from(Side))
    message_id = draw(st.sampled_from(["1", "2", "3", "", 7, None, "x" * 40]))
    full = draw(st.booleans())
    known = action in actions
    request = spoil(_example(version, action, Part.REQUEST, full=full) if known else {}, draw)
    response = spoil(_example(version, action, Part.RESPONSE, full=full) if known else {}, draw)
    answer = draw(st.sampled_from([
        [3, message_id, response], [3, message_id, response], [3, message_id, response], None, [3, "9", response],
        [4, message_id, "SecurityError", "", {}], [4, message_id], [5, message_id, "GenericError", "", {}],
    ]))  # fmt: skip
    call = (caller, [draw(st.sampled_from([2, 2, 2, 6])), message_id, action, request])
    return [call] if answer is None else [call, (caller.other, answer)]


@st.composite
def frames(draw: st.DrawFn, version: str, session: int = 1) -> list[Frame]:
    """Draw what is said in a session: exchanges mostly, and in between anything that a WebSocket lets through."""
    made: list[Frame] = []
    for _ in range(draw(st.integers(1, 8))):
        if draw(st.integers(0, 5)):
            said = draw(exchanges(version))
            made += [Frame(0, session, 0, side, Opcode.TEXT, json.dumps(array)) for side, array in said]
        else:
            made.append(draw(odd_frames(session)))
    waits = draw(st.lists(st.sampled_from([0, 1, 10, 10, 31, 61, 301, 10_000]), min_size=len(made), max_size=len(made)))
    at, timed = START_NS, list[Frame]()
    for frame, wait in zip(made, waits, strict=True):
        at += wait * SECOND_NS + 10_000_000
        timed.append(msgspec.structs.replace(frame, at=at, payload=_now(frame.payload, at)))
    return timed


def _now(payload: str | bytes, at: int) -> str | bytes:
    second = (at // SECOND_NS) % 60
    return payload.replace("$NOW", f"2026-11-01T10:00:{second:02}Z") if isinstance(payload, str) else payload


def odd_frames(session: int) -> st.SearchStrategy[Frame]:
    return st.builds(
        Frame,
        id=st.just(0),
        session=st.just(session),
        at=st.just(0),
        side=st.sampled_from(Side),
        opcode=st.sampled_from([-1, 0, 1, 1, 1, 2, 3, 8, 9, 10, 11, 15]),
        payload=st.one_of(st.binary(max_size=40), st.text(max_size=40), st.just("[" * 3_000), JSON_TEXTS),
        fin=st.booleans(),
        rsv=st.sampled_from([0, 0, 1, 2, 4, 7]),
        unread=st.sampled_from([None, None, None, "not recorded: disk full"]),
    )


JSON_TEXTS: Final = st.recursive(
    SPOILED, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
).map(lambda value: json.dumps([2, "a", value]))


@st.composite
def sessions(draw: st.DrawFn, number: int = 1) -> list[Traffic]:
    """Draw a session, upgraded or not, whose marks begin with 1."""
    version = draw(st.sampled_from([V16, V20, V201, V21]))
    chosen = draw(st.sampled_from([NAMES[version], NAMES[version], NAMES[version], None, "ocpp9"]))
    headers: Headers = (("Upgrade", draw(st.sampled_from(["websocket", "h2c"]))),)
    opened = Session(
        id=number, opened_at=START_NS, answered_at=START_NS, identity=f"CS{number}", csms=f"acme{number}",
        path=f"/acme{number}/CS{number}", offered=(NAMES[version],), chosen=chosen, status=101, request=headers,
    )  # fmt: skip
    said = draw(frames(version, number))
    end = said[-1].at if said else START_NS
    closed = msgspec.structs.replace(
        opened, closed_at=end, closed_by=draw(st.sampled_from([*Side, None])), ending=draw(st.sampled_from(Ending))
    )
    return numbered([Opened(0, opened), *said, Closed(0, closed)])


def numbered(items: list[Traffic]) -> list[Traffic]:
    """Give traffic its marks, in order."""
    marked: list[Traffic] = []
    for mark, item in enumerate(items, start=1):
        marked.append(
            msgspec.structs.replace(item, id=mark)
            if isinstance(item, Frame)
            else msgspec.structs.replace(item, mark=mark)
        )
    return marked


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
