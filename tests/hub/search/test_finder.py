"""What the index finds is what is found by reading everything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from drawing import draw
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import record
from searched import OpinionOf, found_in, read_through, spoken_in

from hub.recording.reading import Recording
from hub.search.fields import FIELDS, Of
from hub.search.finder import find
from hub.search.indexing import following
from hub.search.parser import parse
from hub.search.query import All, Either, Fact, Inside, Not, Op, Quantity, Query, QueryError, When, Words

BOOT = '[2,"b-1","BootNotification",{"chargePointVendor":"Big Corp","chargePointModel":"One"}]'
SECRET = '[2,"s","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2hunter2"}]'
METER = (
    '[2,"m-1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T12:00:00Z",'
    '"sampledValue":[{"value":604.213}]}]}]'
)
HOSTILE = '[2,"\\u0000","A\\" OR NEAR(x) * ^",{"x":"\' OR 1=1 --","ü":"Z\\u00fcrich ß İ","n":null,"t":true,"e":1e3}]'


def _fact(fact: tuple[str, str], op: Op) -> Fact:
    return Fact(fact[0], op if FIELDS[fact[0]].of is Of.TEXT else Op.IS, fact[1])


WORDS = st.sampled_from(
    [
        "corp",
        "metervalues",
        "hunter2",
        "authorizationkey",
        "604",
        "zürich",
        "ß",
        "ss",
        "i̇",
        "1",
        "",
        "xy",
        '"',
        "*",
        "near(x)",
        "' or",
        "rpc-",
        "ocpp",
        "cs001",
        "acme",
        "value",
        "never sent",
        "close",
        "1001",
        "fragment",
        "[2,",
    ]
)
NAMES = st.sampled_from(["connectorId", "value", "timestamp", "ü", "x", "key", "n", "t", "e", "chargePointVendor"])
VALUES = st.sampled_from([None, "1", "1.0", "604.213", "600", "null", "true", "1000", "hunter2", "Big Corp", "z", "\0"])
FACTS = st.sampled_from(
    [
        ("action", "meter"),
        ("action", "metervalues"),
        ("action", ""),
        ("id", "m-1"),
        ("id", "-1"),
        ("id", "\0"),
        ("side", "csms"),
        ("type", "call"),
        ("type", "handshake"),
        ("outcome", "failed"),
        ("outcome", "passed"),
        ("rule", "rpc"),
        ("severity", "violation"),
        ("vendor", "corp"),
        ("vendor", ""),
        ("identity", "cs001"),
        ("version", "1.6"),
        ("csms", "acme"),
    ]
)
NOON = 1_793_527_200_000_000_000
OPS = st.sampled_from(list(Op))
TERMS = st.one_of(
    WORDS.map(Words),
    st.builds(_fact, FACTS, st.sampled_from([Op.HAS, Op.IS])),
    st.builds(Quantity, st.sampled_from(["session", "frame", "size"]), OPS, st.integers(0, 30)),
    st.builds(Quantity, st.just("latency"), OPS, st.sampled_from([0, 10_000_000, 20_000_000])),
    st.builds(
        lambda op, ms: When(op, NOON + ms * 10**6, NOON + (ms + 50) * 10**6, daily=False), OPS, st.integers(0, 300)
    ),
    st.builds(lambda op, s: When(op, s * 10**9, (s + 60) * 10**9, daily=True), OPS, st.integers(35_990, 36_010)),
    st.builds(lambda name, op, value: Inside((name,), True, op, value), NAMES, OPS, VALUES),
    st.builds(lambda name, value: Inside(("meterValue", "*", name), False, Op.HAS, value), NAMES, VALUES),
)
QUERIES = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(lambda some: All(tuple(some))),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: Either(tuple(some))),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    half = len(SECRET) // 2
    first = draw(
        f"> {BOOT}",
        '< [3,"b-1",{"currentTime":"$NOW","interval":300,"status":"Accepted"}]',
        f"> {METER}",
        '< [3,"m-1",{}]',
        f"< {SECRET}",
        '> [3,"s",{"status":"Accepted"}]',
        f"> {HOSTILE}",
        '< [4,"\\u0000","NotImplemented","no",{}]',
        f"> part {SECRET[:half]}",
        "> ping hunter2 here",
        f"> last {SECRET[half:]}",
        "> next stray",
        "> binary 00ff41",
        "> {garbage",
        "> unread torn",
        "> close 1001",
    )
    second = draw('> [2,"h","Heartbeat",{}]', "+5s", '< [3,"h",{}]', version="2.0.1", identity="CS-2")
    refused = draw(status=403, reason="Forbidden", fault="never sent to the CSMS", identity="ACME\0", csms="ghost")
    return record(tmp_path_factory.mktemp("search") / "some.recording", first, second, refused)


@pytest.fixture(scope="module")
def search(recording: Path) -> Iterator[tuple[Path, object]]:
    with following(recording) as (opened, index):
        index.extend(opened)
        opinion = OpinionOf(opened)
        yield recording, lambda query: [mark for some in find(index, opened, query, opinion) for mark in some]


@settings(max_examples=300)
@given(query=QUERIES)
def test_the_index_finds_what_is_found_by_reading_everything(search: tuple[Path, object], query: Query) -> None:
    path, by_index = search

    assert [by_index(query)] == read_through(path, [query])  # type: ignore[operator]  # the function of the fixture


@pytest.mark.parametrize("text", ["hunter2", '"hunter2hunter2"', "value=hunter2hunter2", "value:hunt", "/value:h"])
def test_a_secret_is_found_by_nothing(recording: Path, text: str) -> None:
    assert found_in(recording, f"{text} not type:ping") == []


def test_no_piece_of_a_secret_is_in_the_full_text(recording: Path) -> None:
    with following(recording) as (opened, index):
        index.extend(opened)

        held = {piece: spoken_in(index, piece) for piece in ("hun", "2hu", "r2h", "aut")}

    assert held == {"hun": [11], "2hu": [], "r2h": [], "aut": [6, 12]}


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "* OR",
        "NEAR(a b)",
        "x'; DROP TABLE entry; --",
        "\0\0\0",
        "\ud800\udc00x",
        "^abc",
        "{a b}: c",
        "-abc",
        '"""',
        "a" * 400,
    ],
)
def test_text_reaches_no_syntax_of_the_index(recording: Path, text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    for query in (quoted, f"action:{quoted}", f"id={quoted}", f"{quoted}={quoted}"):
        assert found_in(recording, query) in ([], *read_through(recording, [parse(query)]))
    assert len(found_in(recording, "")) == 21


@pytest.mark.parametrize(
    "text",
    [
        "at<9999-12-31",
        "at>0001-01-01",
        "at:9999-12-31T23:59+00:00",
        "/" + "a/" * 900 + "b=x",
        "session<999999999999999999",
        "size<999999999999999GB or size<999999999999999mb",
        "latency<999999999999999h",
        "(" * 39 + "not x" + ")" * 39,
        " or ".join(["ab"] * 100),
        " ".join(["x=yyyy"] * 200),
    ],
    ids=range(10),
)
def test_extremes_are_found_as_by_reading_everything(recording: Path, text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        query, text = parse("x"), "x"

    assert [found_in(recording, text)] == read_through(recording, [query])


def test_only_what_is_newer_is_found_the_next_time(recording: Path) -> None:
    with Recording.open(recording) as opened, following(recording) as (_, index):
        index.extend(opened)
        opinion = OpinionOf(opened)

        later = [mark for some in find(index, opened, parse("type:call"), opinion, after=6) for mark in some]
        none = [*find(index, opened, parse("cs001"), opinion, is_stopped=lambda: True)]

    assert later == [8, 12, 20]
    assert none == []
