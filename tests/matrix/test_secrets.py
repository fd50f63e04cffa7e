"""What may not be seen of a message, and that all the rest may."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.secrets import HIDDEN, LONGEST, is_secret, masked, masked_frame, masked_words
from matrix.trace import Frame, Opcode, Side

S = "hunter2"


def frame(payload: str | bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> Frame:
    return Frame(id=1, session=1, at=0, side=Side.STATION, opcode=opcode, payload=payload, fin=fin)


@pytest.mark.parametrize(
    "payload",
    [
        {"key": "AuthorizationKey", "value": S},
        {"value": S, "key": "AuthorizationKey"},
        {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": S}]},
        {"KEY": "authorizationkey", "Value": S},
        {"location": f"ftp://user:{S}@host/firmware"},
        {"location": f"ftp://{S}@host/firmware"},
        {"log": {"remoteLocation": f"https://host/log?X-Amz-Signature={S}"}},
        {"setVariableData": [{"attributeValue": S, "component": {"name": "SecurityCtrlr"},
                              "variable": {"name": "BasicAuthPassword"}}]},
        {"getVariableResult": [{"variable": {"name": "BasicAuthPassword"}, "attributeValue": S}]},
        {"reportData": [{"variable": {"name": "BasicAuthPassword"}, "variableAttribute": [{"value": S}]}]},
        {"eventData": [{"variable": {"name": "BasicAuthPassword"}, "actualValue": S}]},
        {"connectionData": {"basicAuthPassword": S, "vpn": {"server": "s", "user": "u", "password": S, "key": S}}},
        {"connectionData": {"apn": {"apn": "a", "apnPassword": S, "simPin": 12345678}}},
        {"idToken": {"idToken": S, "type": "KeyCode"}},
        {"idToken": {"type": "keycode", "idToken": S}},
        {"idToken": {"idToken": "x", "type": "Central", "additionalInfo": [{"additionalIdToken": S, "type": "PIN"}]}},
        {"data": json.dumps({"password": S})},
        {"data": json.dumps({"data": json.dumps({"password": S})})},
        {"data": f"wifi password={S}"},
        {"description": f"the value '{S}' is too short for AuthorizationKey"},
        {"password": [S, {"x": S}]},
        {"certificate": f"-----BEGIN EC PRIVATE KEY-----{S}"},
    ],
)  # fmt: skip
def test_no_secret_is_seen_whatever_the_message(payload: dict[str, Any]) -> None:
    for text in (json.dumps([2, "1", "Any", payload]), json.dumps([3, "1", payload]).replace("/", "\\/")):
        shown = masked(text)

        assert S not in shown
        assert "12345678" not in shown
        assert HIDDEN in shown
        json.loads(shown)


@pytest.mark.parametrize(
    "payload",
    [
        {"key": "HeartbeatInterval", "value": "300"},
        {"key": ["AuthorizationKey"]},
        {"idToken": {"idToken": "04E1", "type": "ISO14443"}},
        {"location": "ftp://host/firmware@1.2"},
        {"setVariableData": [{"attributeValue": "1", "variable": {"name": "HeartbeatInterval"}}]},
        {"errorDescription": "the pinned certificate is secret-free"},
        {"meterValue": [{"sampledValue": [{"value": "1.0", "context": "Sample.Clock"}]}]},
        {"mapping": "x", "shopping": 1, "keyword": "pin"},
    ],
)
def test_everything_else_is_seen_as_it_was_spoken(payload: dict[str, Any]) -> None:
    text = json.dumps([2, "1", "Any", payload], indent=1)

    assert masked(text) == text


def test_what_stands_around_a_secret_stays_byte_for_byte() -> None:
    text = '[2, "1",\n"SetNetworkProfile", {"a": 1.0, "basicAuthPassword" : "x", "a": 1e3}]'

    assert masked(text) == text.replace('"x"', '"***"')


def test_a_name_that_is_written_with_escapes_is_a_name() -> None:
    assert masked('{"p\\u0061ssword":"hunter2"}') == '{"p\\u0061ssword":"***"}'


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1","Authorize",{"idToken":{"idToken":"hunter2","ty',
        '[2,"1","Authorize",{"idToken":{"idToken":"hunter2","type":"KeyCo',
        '[2,"1","SetVariables",{"setVariableData":[{"attributeValue":"hunter2","compo',
        '[2,"1","ChangeConfiguration",{"value":"hunter2","ke',
        '[2,"1","X",{"password":"hunter2',
    ],
)
def test_what_may_be_a_secret_is_hidden_where_the_rest_is_cut_off(text: str) -> None:
    assert S not in masked(text, cut=True)


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey",,%"value":"hunter2"}]',
        "AuthorizationKey; hunter2",
        "{'password': 'hunter2'}",
    ],
)
def test_text_that_is_no_json_and_names_a_secret_is_hidden_as_a_whole(text: str) -> None:
    assert masked(text) == f"*** ({len(text)} characters that are not JSON, hidden because they name a secret)"


def test_text_that_is_no_json_and_names_none_is_shown() -> None:
    assert masked("{'status': 'Accepted'}@") == "{'status': 'Accepted'}@"


def test_text_that_is_too_long_to_look_through_is_hidden_if_it_names_a_secret() -> None:
    text = json.dumps(["password", "x" * LONGEST])

    assert masked(text).startswith("*** (")


def test_no_depth_of_nesting_stops_it() -> None:
    deep = "[" * 100_000 + '{"password":"hunter2"}'

    assert S not in masked(deep)


@given(st.text(alphabet='{}[]",:\\ apsword:/@.1\n') | st.text())
def test_no_text_makes_hiding_what_is_in_it_raise(text: str) -> None:
    masked(text)
    masked(text, cut=True)
    masked_words(text)


def test_of_fragments_nothing_is_shown() -> None:
    first, last = frame('{"value":"hun', fin=False), frame('ter2"}', Opcode.CONTINUATION)

    assert masked_frame(first).payload == "*** (13 of a message in fragments)"
    assert masked_frame(last).payload == "*** (6 of a message in fragments)"


def test_bytes_that_name_a_secret_are_hidden() -> None:
    assert S.encode().hex() not in str(masked_frame(frame(b'\xff"password":"hunter2"')).payload)
    assert masked_frame(frame(b"\xff\x00")).payload == b"\xff\x00"


def test_a_close_frame_keeps_its_code() -> None:
    shown = masked_frame(frame(b"\x03\xf0password: hunter2", Opcode.CLOSE))

    assert shown.payload == b"\x03\xf0password: ***"


@pytest.mark.parametrize(
    ("pointer", "secret"),
    [("/idToken/idToken", True), ("/idToken/type", False), ("/idToken", True), ("", True), ("/nowhere", False)],
)
def test_a_pointer_leads_to_a_secret_or_does_not(pointer: str, secret: bool) -> None:
    payload = {"idToken": {"idToken": S, "type": "KeyCode"}}

    assert is_secret(payload, pointer) is secret
