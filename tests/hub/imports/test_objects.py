"""One JSON object a line: trace records and what loggers write."""

import orjson
import pytest

from hub.imports.entries import LineError, Said, Way
from hub.imports.objects import logged_object, trace_record
from hub.imports.stamps import Stamp
from matrix.trace import Side

TEN = Stamp(1_767_261_600_000_000_000, has_zone=True)
BEAT = '[2,"a","Heartbeat",{}]'
RECORD: dict[str, object] = {
    "schemaVersion": "1.1", "timestamp": "2026-01-01T10:00:00Z", "transport": "json", "direction": "cp-to-csms",
    "messageType": "CALL", "messageId": "a", "action": "Heartbeat", "payload": {}, "chargePointId": "CS1",
}  # fmt: skip


def line(**changes: object) -> str:
    return orjson.dumps({name: value for name, value in (RECORD | changes).items() if value is not ...}).decode()


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.9"])
def test_record_of_major_version_one_is_a_message(version: str) -> None:
    said = trace_record(line(schemaVersion=version, ocppVersion="1.6", unheard="of", meta={"x": 1}))

    assert said == Said(text=BEAT, at=TEN, side=Side.STATION, identity="CS1", version="1.6")


def test_numbers_of_a_payload_stay_as_they_are_written() -> None:
    text = line().replace('"payload":{}', '"payload":{"x":21.40,"y":1e2,"z":123456789012345678901234567890}')

    said = trace_record(text)

    assert isinstance(said, Said)
    assert said.text == '[2,"a","Heartbeat",{"x":21.40,"y":1e2,"z":123456789012345678901234567890}]'


def test_results_and_errors_are_put_together_of_their_parts() -> None:
    result = trace_record(line(messageType="CALLRESULT", payload={"x": 1}, direction="csms-to-cp"))
    error = trace_record(line(messageType="CALLERROR", error={"code": "GenericError", "details": {"y": 2}}))

    assert isinstance(result, Said)
    assert (result.text, result.side) == ('[3,"a",{"x":1}]', Side.CSMS)
    assert isinstance(error, Said)
    assert error.text == '[4,"a","GenericError","",{"y":2}]'


def test_raw_text_is_what_was_on_the_wire() -> None:
    raw = '[2, "a", "Heartbeat", {}]'

    said = trace_record(line(raw=raw, payload=...))

    assert isinstance(said, Said)
    assert said.text == raw


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not JSON"),
        ("[]", "no record"),
        pytest.param(line(payload="HERE").replace('"HERE"', "[" * 50_000), "not JSON", id="deep"),
        (line(timestamp="yesterday"), "no moment"),
        (line(timestamp="2026-01-01T10:00:00"), "no moment"),
        (line(direction="up"), "no record"),
        (line(messageType="SEND"), "no record"),
        (line(action=...), "without an action"),
        (line(messageId=...), "neither messageId nor raw"),
        (line(messageId=7), "no record"),
        (line(error={}), "has an error"),
        (line(messageType="CALLERROR"), "has an error"),
        (line(transport="soap"), "SOAP"),
        (line(schemaVersion="2.0"), "version '2.0'"),
        (line(raw="[2,"), "not JSON"),
        (line(raw='[2,"b","Heartbeat",{}]'), "another message"),
        (line(raw='[3,"a",{}]'), "another message"),
        (line(raw='[2,"a","Reset",{}]'), "another message"),
    ],
)
def test_record_that_cannot_be_read_says_why(text: str, why: str) -> None:
    with pytest.raises(LineError, match=why):
        trace_record(text)


@pytest.mark.parametrize(
    "fields",
    [
        {"ts": 1_767_261_600_000, "dir": "recv", "cp": "CS1", "msg": [2, "a", "Heartbeat", {}]},
        {"timestamp": "2026-01-01T10:00:00Z", "direction": "incoming", "chargeBoxId": "CS1", "message": BEAT},
        {"time": "2026-01-01T10:00:00Z", "stream": "stderr", "log": f"INFO:ocpp:CS1: receive message {BEAT}\n"},
        {"time": "2026-01-01T10:00:00Z", "log": f"x - [chargeBoxId=CS1, sessionId=1] Received: {BEAT}\n"},
    ],
)
def test_object_of_a_logger_is_read_under_whatever_names(fields: dict[str, object]) -> None:
    said = logged_object(orjson.dumps(fields).decode())

    assert isinstance(said, Said)
    assert (said.text.replace(" ", ""), said.at, said.way, said.identity) == (BEAT, TEN, Way.IN, "CS1")


def test_object_that_names_the_sender_needs_no_way() -> None:
    said = logged_object(orjson.dumps({"side": "csms", "message": '[3,"a",{}]', "at": "x"}).decode())

    assert said == Said(text='[3,"a",{}]', side=Side.CSMS)


@pytest.mark.parametrize(
    "text", ['{"message":"hello"}', '{"data":[1,2,3]}', "{}", '{"message":null}', line(action=...)]
)
def test_object_without_a_message_is_about_something_else(text: str) -> None:
    assert logged_object(text) is None
