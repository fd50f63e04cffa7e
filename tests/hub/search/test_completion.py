import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.search.completion import LONGEST, complete
from hub.search.parser import parse
from hub.search.query import Fact, Op, fold

VOCABULARY = {"action": ["Authorize", "MeterValues", "NotifyReport"], "vendor": ["Big Corp", 'Q"uote', ""]}


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("ac", ["action:"]),
        ("se", ["session:", "severity:"]),
        ("a or (not rul", ["a or (not rule:"]),
        ("action:", ["action:Authorize", "action:MeterValues", "action:NotifyReport"]),
        ("ACTION=M", ["ACTION=MeterValues"]),
        ("action:re", ["action:NotifyReport"]),
        ("action:MeterValues", []),
        ("x vendor:big", ['x vendor:"Big Corp"']),
        ('vendor:"big c', ['vendor:"Big Corp"']),
        ("vendor:q", [r'vendor:"Q\"uote"']),
        ("side:", ["side:station", "side:csms"]),
        ("identity:", []),
        ("zz", []),
        ("idTag:a", []),
        ("size>1", []),
    ],
)
def test_the_last_word_is_completed(text: str, completed: list[str]) -> None:
    assert complete(text, VOCABULARY) == completed


def test_all_that_there_is_may_be_asked_for_also_the_word_that_is_typed() -> None:
    many = [f"CS-{number}" for number in range(20)]

    assert complete("type:callresult", {}, every=True) == ["type:callresult", "type:callresulterror"]
    assert complete("identity:", {"identity": many}, every=True) == [f"identity:{each}" for each in many]
    assert len(complete("identity:", {"identity": many})) == 12


def test_an_empty_filter_may_begin_with_any_field() -> None:
    assert complete("", {})[:3] == ["action:", "type:", "side:"]


@given(st.text(min_size=1, max_size=LONGEST))
@example("=x")
@example('a "b" \\')
def test_a_value_that_is_offered_is_read_as_that_value(value: str) -> None:
    offered = complete("vendor:", {"vendor": [value]})

    assert [parse(each) for each in offered] == [Fact("vendor", Op.HAS, fold(value))]
