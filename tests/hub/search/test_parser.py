"""The language of filters: what a text means, and where one stops being a filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.search.parser import DEEPEST, parse
from hub.search.query import (
    EVERYTHING,
    All,
    Either,
    Fact,
    Inside,
    Not,
    Op,
    Quantity,
    Query,
    QueryError,
    When,
    Words,
    terms,
)

MINUTE_NS = 60 * 10**9
PIECES = st.sampled_from(
    [
        "(",
        ")",
        '"',
        "\\",
        "not",
        "or",
        "and",
        "NOT",
        ":",
        "=",
        ">",
        "<",
        ">=",
        "*",
        "/",
        "~1",
        "action",
        "at",
        "size",
        "latency",
        "14:02",
        "2026-11-23",
        "2s",
        "99:99",
        "session",
        "side",
        "station",
        "idTag",
        "^",
        "-",
        "+",
        "NEAR",
        "{",
        "}",
        "'",
        ";",
        "--",
        "\0",
        "\ud800",
        "\u202e",
        "é",
        "ß",
        "İ",
        "\uff19",
        "²",
        " ",
        "\n",
        "1e999",
        "9" * 30,
    ]
)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", EVERYTHING),
        ("  ", EVERYTHING),
        ("Meter", Words("meter")),
        ('"in two words"', Words("in two words")),
        (r'"a \"quoted\" word"', Words('a "quoted" word')),
        ("one two", All((Words("one"), Words("two")))),
        ("one and two", All((Words("one"), Words("two")))),
        ("a b or c", Either((All((Words("a"), Words("b"))), Words("c")))),
        ("a (b or c)", All((Words("a"), Either((Words("b"), Words("c")))))),
        ("not a b", All((Not(Words("a")), Words("b")))),
        ('"not" "or"', All((Words("not"), Words("or")))),
        ("action:MeterValues", Fact("action", Op.HAS, "metervalues")),
        ("ACTION=Reset", Fact("action", Op.IS, "reset")),
        ('vendor:"Big Corp"', Fact("vendor", Op.HAS, "big corp")),
        ('vendor=""', Fact("vendor", Op.IS, "")),
        ("side:CSMS", Fact("side", Op.IS, "csms")),
        ("version:2.0", Fact("version", Op.IS, "2.0")),
        ("outcome:failed", Fact("outcome", Op.IS, "failed")),
        ("rule:RPC-04", Fact("rule", Op.HAS, "rpc-04")),
        ("session:4", Quantity("session", Op.IS, 4)),
        ("size>1000", Quantity("size", Op.ABOVE, 1000)),
        ("size<=1.5KiB", Quantity("size", Op.AT_MOST, 1536)),
        ("latency>=300ms", Quantity("latency", Op.AT_LEAST, 300_000_000)),
        ("latency>1.5min", Quantity("latency", Op.ABOVE, 90 * 10**9)),
        ("at>14:02", When(Op.ABOVE, 842 * MINUTE_NS, 843 * MINUTE_NS, daily=True)),
        ("at<1970-01-02", When(Op.BELOW, 1440 * MINUTE_NS, 2880 * MINUTE_NS, daily=False)),
        ("at:1970-01-01T00:01:02.5", When(Op.HAS, 62_500_000_000, 62_600_000_000, daily=False)),
        ("at=1970-01-01T02:01+02:00", When(Op.IS, MINUTE_NS, 2 * MINUTE_NS, daily=False)),
        ("idTag=ABC", Inside(("idTag",), True, Op.IS, "ABC")),
        ("idTag=*", Inside(("idTag",), True, Op.IS, None)),
        ('idTag="*"', Inside(("idTag",), True, Op.IS, "*")),
        ("value>600.5", Inside(("value",), True, Op.ABOVE, "600.5")),
        ("/a/0/b~1c=x", Inside(("a", "0", "b/c"), False, Op.IS, "x")),
        ("/timestamp>2026-11-23T14:02:00Z", Inside(("timestamp",), False, Op.ABOVE, "2026-11-23T14:02:00Z")),
        ('"idTag":"ABC"', Inside(("idTag",), True, Op.HAS, "ABC")),
        ('"action":"x"', Inside(("action",), True, Op.HAS, "x")),
        ("urn:x", Either((Words("urn:x"), Inside(("urn",), True, Op.HAS, "x")))),
        ("/ocpp/CS1", Words("/ocpp/cs1")),
        ("CP-0012", Words("cp-0012")),
        ("<b>", Words("<b>")),
    ],
)
def test_a_text_is_read_as_what_it_means(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "position", "wanted"),
    [
        ("action:", 7, "a value is expected after action:"),
        ("side:", 5, "station, csms"),
        ("side:hub", 5, "side is one of station, csms, not 'hub'"),
        ("a side>station", 2, "side is no number"),
        ("size>much", 5, "a size is expected, such as 1000"),
        ("latency>2 days", 8, "such as 300ms, 2s"),
        ("session:x", 8, "a whole number is expected"),
        ("at>noon", 3, "a time is expected, such as 14:02"),
        ("at>25:00", 3, "there is no time of day '25:00'"),
        ("at>2026-02-30", 3, "there is no day '2026-02-30'"),
        ("at>2026-02-20Tnoon", 14, "a time such as 14:02"),
        ("value>high", 6, "a number or a time"),
        ("acton:Reset", 0, "there is no field 'acton'; is it action?"),
        ('one "two', 4, "this quote is not closed"),
        ("(a or b", 0, "this parenthesis is not closed"),
        ("a)", 1, "this parenthesis closes nothing"),
        ("not", 3, "something to look for is expected after `not`"),
        ("a or", 4, "something to look for is expected after `or`"),
        ("()", 1, "something to look for is expected after `(`"),
        ("or a", 0, "something to look for is expected"),
        ("not " * (DEEPEST + 1) + "a", 4 * DEEPEST, "within each other"),
        ("a " * 201, 400, "at most 200 words"),
        ("a" * 2001, 2000, "at most 2,000 characters"),
    ],
)
def test_what_is_no_filter_is_said_with_its_place(text: str, position: int, wanted: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(text)

    assert raised.value.position == position
    assert wanted in raised.value.wanted
    assert f"at character {position + 1} of the filter: " in str(raised.value)


@given(st.text() | st.lists(PIECES, max_size=30).map("".join) | st.lists(PIECES, max_size=30).map(" ".join))
def test_any_text_is_a_filter_or_says_where_it_is_none(text: str) -> None:
    try:
        found = [*terms(parse(text))]
    except QueryError as exc:
        found, place = [], exc.position
    else:
        place = 0

    assert len(found) <= 400
    assert 0 <= place <= len(text)
