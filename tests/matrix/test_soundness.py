"""Nobody is blamed for what the other side's mistake leads to. Each case was found by mutation: docs/mutation.md."""

from collections.abc import Iterator
from typing import Final

import pytest
from drawing import draw, judged
from said2x import exchange
from transactions20 import STARTED, UPDATED, WELCOME, event

from matrix.finding import Severity
from matrix.trace import Side, Traffic

BOOT: Final = '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'
REJECTED: Final = '< [3,"b",{"status":"Rejected","currentTime":"$NOW","interval":60}]'
NOTED: Final = '{"connectorId":1,"errorCode":"NoError","status":"Available"}'
FINE: Final = '{"timestamp":"2026-11-01T10:00:00.1234567Z","connectorStatus":"Available","evseId":1,"connectorId":1}'
BEAT: Final = b'[2,"a","Heartbeat",{}]'
ACCEPTED: Final = {"status": "Accepted"}
WHOLE: Final = {"connectorId": 0, "errorCode": "NoError", "status": "Available"}
LONG: Final = "x" * 51
ALARMED: Final = (
    '{"requestId":1,"seqNo":0,"generatedAt":"$NOW","monitor":[{"component":{"name":"C"},"variable":{"name":"V"},'
    '"variableMonitoring":[{"id":1,"transaction":false,"value":1,"type":"Delta","severity":1,'
    '"eventNotificationType":"CustomMonitor"}]}]}'
)


def accused(traffic: list[Traffic]) -> set[tuple[str, str]]:
    """Return who is accused by which rule."""
    return {(each.rule, str(each.side)) for each in judged(traffic).findings if each.severity is not Severity.INFO}


def unagreed(*lines: str) -> list[Traffic]:
    """Return a session without a subprotocol that shows by its BootNotification that it is one of 2.x."""
    return draw(*WELCOME, *lines, offered=(), chosen=None)


CASES: Final[dict[str, tuple[list[Traffic], set[str]]]] = {
    "a CALL that breaks a rule of its own may be called malformed": (
        draw(*WELCOME, f'> [2,"a","StatusNotification",{FINE}]', '< [4,"a","FormatViolation","",{}]', version="2.0.1"),
        {"TM-02"},
    ),
    "a message in a binary frame need not be answered": (
        draw(f"> binary {BEAT.hex()}", "+31s", "> ping x", "< pong x"),
        {"HS-10"},
    ),
    "a CALL whose form is wrong need not be answered": (
        draw('> [2,"a","Heartbeat",{},1]', "+31s", "> ping x", "< pong x"),
        {"RPC-05"},
    ),
    "the id of a CALL is echoed, however wrong": (
        draw('> [2,"","Heartbeat",{}]', '< [3,"",{"currentTime":"$NOW"}]'),
        {"RPC-06"},
    ),
    "a station that was rejected may be refused what belongs to a transaction": (
        draw(
            BOOT, REJECTED, "+5s", '> [2,"m","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"$NOW",'
            '"sampledValue":[{"value":"1"}]}]}]', '< [4,"m","SecurityError","",{}]',
        ),
        {"BT-02"},
    ),
    "a station that was rejected may be refused a status of its firmware": (
        draw(
            BOOT, REJECTED, "+5s", '> [2,"f","FirmwareStatusNotification",{"status":"Installed"}]',
            '< [4,"f","SecurityError","",{}]',
        ),
        {"BT-02"},
    ),
    "a key that is too long to be one need not be told": (
        draw(*exchange("<", "GetConfiguration", {"key": [LONG]}, {"configurationKey": []})),
        {"RPC-19", "RPC-20"},
    ),
    "a variable that was asked for twice need not be told twice": (
        draw(
            *exchange(
                "<", "SetVariables",
                {"setVariableData": [
                    {"attributeValue": "1", "component": {"name": "C"}, "variable": {"name": "V"}}] * 2},
                {"setVariableResult": [
                    {"attributeStatus": "Accepted", "component": {"name": "C"}, "variable": {"name": "V"}}]},
            ),
            version="2.0.1",
        ),
        {"VA20-02"},
    ),
    "a station goes by its own clock where that of the CSMS is wrong": (
        draw(
            '> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW-1h"}]',
            '> [2,"s","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available",'
            '"timestamp":"$NOW"}]', '< [3,"s",{}]',
        ),
        {"TM-04"},
    ),
    "a trigger that does not fit is none to follow": (
        draw(
            *exchange("<", "TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": "1"}, ACCEPTED),
            "+31s", "> ping x", "< pong x",
        ),
        {"RPC-19", "RPC-20"},
    ),
    "an idTag that does not fit is none to be kept to": (
        draw(
            *exchange("<", "RemoteStartTransaction", {"idTag": "A1B2C3" + 15 * "0"}, ACCEPTED),
            *exchange(">", "StartTransaction", {"connectorId": 1, "idTag": "A1B2C3", "meterStart": 1,
                                                "timestamp": "$NOW"}, {"transactionId": 5, "idTagInfo": ACCEPTED}),
        ),
        {"RPC-19", "RPC-20"},
    ),
    "a value that does not fit is none to be told": (
        draw(
            *exchange("<", "ChangeConfiguration", {"key": "A", "value": 501 * "1"}, ACCEPTED),
            *exchange("<", "GetConfiguration", {"key": ["A"]},
                      {"configurationKey": [{"key": "A", "readonly": False, "value": "1"}]}),
        ),
        {"RPC-19", "RPC-20"},
    ),
    "a transaction that is named in a field that does not exist may be told of": (
        draw(
            *exchange("<", "GetTransactionStatus", {"TransactionId": "t1"},
                      {"ongoingIndicator": False, "messagesInQueue": False}),
            version="2.0.1",
        ),
        {"RPC-19", "RPC-20"},
    ),
    "a log that was asked for without a requestId has any": (
        draw(
            *exchange("<", "GetLog", {"logType": "SecurityLog", "log": {"remoteLocation": "https://x.example"}},
                      ACCEPTED),
            "+5s", *exchange(">", "LogStatusNotification", {"status": "Uploading", "requestId": 1}, {}),
            "+5s", *exchange(">", "LogStatusNotification", {"status": "Uploaded", "requestId": 1}, {}),
        ),
        {"RPC-19", "RPC-20"},
    ),
    "an interval that does not fit its schema is none to keep": (
        draw(
            BOOT, '< [3,"b",{"status":"Accepted","currentTime":"$NOW","interval":1.5}]',
            *exchange(">", "StatusNotification", WHOLE, {}), "+5m",
            '> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW"}]',
        ),
        {"RPC-19"},
    ),
    "an answer to a BootNotification that the hub cannot read may have been understood": (
        draw(BOOT, '< [3,"b",{"status":"Accepted"', f'> [2,"s","StatusNotification",{NOTED}]', '< [3,"s",{}]'),
        {"RPC-01"},
    ),
    "an action of 2.1 is none that does not exist where no version was agreed upon": (
        unagreed(*exchange("<", "ClearDERControl", {"isDefault": True}, {"status": "Accepted"})),
        {"HS-01"},
    ),
    "a field of 2.1 is none that does not exist where no version was agreed upon": (
        unagreed(f'> [2,"n","NotifyMonitoringReport",{ALARMED}]', '< [3,"n",{}]'),
        {"HS-01"},
    ),
    "a SEND is one where no version was agreed upon": (
        unagreed('> [6,"s","NotifyPeriodicEventStream",{}]'),
        {"HS-01"},
    ),
}  # fmt: skip


def _cases() -> Iterator[object]:
    for name, case in CASES.items():
        yield pytest.param(*case, id=name)


@pytest.mark.parametrize(("traffic", "rules"), _cases())
def test_only_who_began_it_is_accused(traffic: list[Traffic], rules: set[str]) -> None:
    found = accused(traffic)

    assert {rule for rule, _ in found} == rules
    assert {side for rule, side in found if rule != "RPC-20"} <= {found_side(found, rules)}


def found_side(found: set[tuple[str, str]], rules: set[str]) -> str:
    """Return the side that the first of the rules accuses."""
    return next(side for rule, side in sorted(found) if rule in rules and rule != "RPC-20")


def test_id_token_that_does_not_fit_is_none_to_be_kept_to() -> None:
    asked = exchange(
        "<", "RequestStartTransaction",
        {"remoteStartId": 7, "idToken": {"idToken": "A" * 37, "type": "ISO14443"}}, {"status": "Accepted"},
    )  # fmt: skip
    started = event(
        "Started", 0, "RemoteStart", info={"remoteStartId": 7}, evse={"id": 1, "connectorId": 1},
        idToken={"idToken": "A" * 36, "type": "ISO14443"},
    )  # fmt: skip

    found = accused(draw(*WELCOME, *asked, *started, version="2.0.1"))

    assert found == {("RPC-19", Side.CSMS), ("RPC-20", Side.STATION)}


def test_gap_in_seq_no_shows_where_events_are_a_minute_apart() -> None:
    late = [line for seq in (2, 3, 4) for line in ("+60s", *event("Updated", seq))]

    found = accused(draw(*WELCOME, "+5s", *STARTED, *late, version="2.0.1"))

    assert ("TX20-02", Side.STATION) in found
    assert ("TX20-02", Side.STATION) not in accused(draw(*WELCOME, *STARTED, *UPDATED, *late, version="2.0.1"))
