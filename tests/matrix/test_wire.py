"""OCPP-J text to messages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.wire import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Flaw,
    Garbled,
    Message,
    NotJsonError,
    Send,
    parse_json,
    read,
)

TYPES = {2, 3, 4, 5, 6}


def test_each_message_type_is_read_as_what_it_is() -> None:
    assert read('[2,"a","Heartbeat",{}]', TYPES) == Call("a", "Heartbeat", {})
    assert read('[3,"a",{"x":1}]', TYPES) == CallResult("a", {"x": 1})
    assert read('[4,"a","E","d",{}]', TYPES) == CallError("a", "E", "d", {})
    assert read('[5,"a","E","d",{}]', TYPES) == CallResultError("a", "E", "d", {})
    assert read('[6,"a","N",{}]', TYPES) == Send("a", "N", {})


@pytest.mark.parametrize(
    ("text", "flaws"),
    [
        ('[4,"a","E","d"]', [Flaw.LENGTH]),
        ('[2,"a","Heartbeat"]', [Flaw.LENGTH]),
        ('[2,"a","Heartbeat",null]', [Flaw.NULL]),
        ('[2,"a","Heartbeat","x"]', [Flaw.PAYLOAD]),
        ('[4,0,"E","d",null]', [Flaw.ID, Flaw.ERROR]),
        ('[2,"","Heartbeat",{}]', [Flaw.ID]),
    ],
)
def test_message_that_can_be_made_sense_of_carries_its_defects(text: str, flaws: list[Flaw]) -> None:
    message = read(text, TYPES)

    assert not isinstance(message, Garbled)
    assert [defect.flaw for defect in message.defects] == flaws


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", Flaw.JSON),
        ("{}", Flaw.JSON),
        ("[]", Flaw.JSON),
        ("[true]", Flaw.JSON),
        ("[2]", Flaw.LENGTH),
        ('[2,"a"]', Flaw.LENGTH),
        ('[9,"a",{}]', Flaw.TYPE),
        ('[2,"a",5,{}]', Flaw.ACTION),
        ("[" * 5000, Flaw.JSON),
        (b"\xff\xfe", Flaw.JSON),
    ],
)
def test_text_that_can_be_no_message_is_garbled(text: str | bytes, flaw: Flaw) -> None:
    message = read(text, TYPES)

    assert isinstance(message, Garbled)
    assert message.defects[0].flaw is flaw or message.defects[-1].flaw is flaw


def test_forty_levels_of_nesting_are_read() -> None:
    payload = "{" + '"a":{' * 40 + "}" * 40 + "}"

    assert isinstance(read(f'[3,"a",{payload}]', TYPES), CallResult)


@pytest.mark.parametrize("text", ['"\\ud800"', '{"a":1,"a":2}', "123456789012345678901234567890"])
def test_what_rfc_8259_allows_is_json(text: str) -> None:
    parse_json(text)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{'a':1}", "[1,]", '[,"a"]', "\ufeff[]"])
def test_what_rfc_8259_does_not_allow_is_not_json(text: str) -> None:
    with pytest.raises(NotJsonError):
        parse_json(text)


@given(st.text() | st.binary())
def test_no_text_makes_reading_it_raise(text: str | bytes) -> None:
    read(text, TYPES)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists))
def test_any_json_is_read_as_some_message(value: object) -> None:
    assert isinstance(read(json.dumps(value), TYPES), Message)
