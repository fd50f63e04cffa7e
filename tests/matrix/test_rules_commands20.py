from typing import Any, Final

import pytest
from drawing import draw, judged
from rule_cases import Case
from transactions20 import (
    AUTHORIZED,
    BEAT,
    ENDED,
    LATER,
    MUCH_LATER,
    PLACE,
    STARTED,
    TOKEN,
    WELCOME,
    asked,
    call,
    event,
    on_2x,
    on_two,
    register,
    result,
    told,
)

from matrix.trace import Side

FAMILIES: Final = ("TR20", "RS20", "AV20", "UL20", "LL20", "RV20", "VA20")
AVAILABLE: Final = (
    call(">", "s", "StatusNotification", timestamp="$NOW", connectorStatus="Available", evseId=1, connectorId=1),
    '< [3,"s",{}]',
)
UNAVAILABLE: Final = tuple(line.replace("Available", "Unavailable").replace('"s"', '"s2"') for line in AVAILABLE)
CLOSE: Final[dict[str, Any]] = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
UNLOCK: Final[dict[str, Any]] = {"evseId": 1, "connectorId": 1}
RESERVE: Final[dict[str, Any]] = {"id": 5, "idToken": TOKEN, "evseId": 1}
RESERVED: Final = asked("ReserveNow", **RESERVE, expiryDateTime="$NOW+1h")
CANCEL: Final = asked("CancelReservation", reservationId=5)
INTERVAL: Final = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
PASSWORD: Final = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}


def got(*entries: dict[str, Any], results: tuple[dict[str, Any], ...], status: str = "Accepted") -> tuple[str, str]:
    told_of = [{**each, "attributeStatus": status, "attributeValue": "1"} for each in results]
    return call("<", "v", "GetVariables", getVariableData=[*entries]), result(">", "v", getVariableResult=told_of)


def set_to(*values: str) -> str:
    return call("<", "v", "SetVariables", setVariableData=[{**INTERVAL, "attributeValue": each} for each in values])


CASES: Final = {
    "TR20-01": Case(
        on_2x(*asked("TriggerMessage", requestedMessage="LogStatusNotification"), *LATER),
        on_2x(*asked("TriggerMessage", requestedMessage="Heartbeat"), *LATER[1:]),
        by=Side.STATION,
    ),
    "TR20-02": Case(
        on_2x(call("<", "q", "TriggerMessage", requestedMessage="StatusNotification", evse={"id": 1})),
        on_2x(call("<", "q", "TriggerMessage", requestedMessage="StatusNotification", evse=PLACE)),
        by=Side.CSMS,
    ),
    "TR20-03": Case(
        on_2x(*asked("TriggerMessage", requestedMessage="BootNotification")),
        on_2x(*asked("TriggerMessage", "Rejected", requestedMessage="BootNotification")),
        by=Side.STATION,
    ),
    "RS20-01": Case(
        on_2x(*STARTED, "+5s", *asked("Reset", type="OnIdle"), *LATER),
        on_2x(*STARTED, "+5s", *asked("Reset", "Scheduled", type="OnIdle"), *LATER),
        by=Side.STATION,
    ),
    "AV20-01": Case(
        on_2x(*STARTED, "+5s", *asked("ChangeAvailability", **CLOSE), *LATER),
        on_2x(*STARTED, "+5s", *asked("ChangeAvailability", "Scheduled", **CLOSE), *ENDED, *LATER),
        by=Side.STATION,
    ),
    "UL20-01": Case(
        on_2x(*AUTHORIZED, "+5s", *asked("UnlockConnector", "Unlocked", **UNLOCK), *LATER),
        on_2x(*AUTHORIZED, "+5s", *asked("UnlockConnector", "OngoingAuthorizedTransaction", **UNLOCK), *LATER),
        by=Side.STATION,
    ),
    "LL20-01": Case(
        on_2x(call("<", "l", "SendLocalList", versionNumber=0, updateType="Full")),
        on_2x(call("<", "l", "SendLocalList", versionNumber=1, updateType="Full")),
        by=Side.CSMS,
    ),
    "RV20-01": Case(
        on_2x(*RESERVED, *CANCEL, *asked("CancelReservation", message_id="q2", reservationId=5)),
        on_2x(*RESERVED, *CANCEL, *asked("CancelReservation", "Rejected", "q2", reservationId=5)),
        by=Side.STATION,
    ),
    "VA20-01": Case(
        on_2x(*got(INTERVAL, PASSWORD, results=(INTERVAL,))),
        on_2x(*got(INTERVAL, results=({**INTERVAL, "attributeType": "Actual"},))),
        by=Side.STATION,
    ),
    "VA20-02": Case(on_2x(set_to("60", "300")), on_2x(set_to("60")), by=Side.CSMS),
    "VA20-03": Case(
        on_2x(*got(PASSWORD, results=(PASSWORD,))),
        on_2x(*got(PASSWORD, results=(PASSWORD,), status="Rejected")),
        by=Side.STATION,
    ),
}


def findings(*lines: str, version: str = "2.0.1") -> list[tuple[str, str, str]]:
    return told(judged(on_2x(*lines, version=version)), *FAMILIES)


def test_meter_values_that_say_they_were_triggered_come_after_the_answer() -> None:
    trigger, accepted = asked("TriggerMessage", requestedMessage="MeterValues")
    triggered = call(">", "m", "MeterValues", evseId=1, meterValue=register(1, context="Trigger")), '< [3,"m",{}]'
    due = tuple(line.replace("Trigger", "Sample.Clock") for line in triggered)

    assert findings(trigger, triggered[0], accepted, triggered[1], *LATER) == [("TR20-01", "violation", "station")]
    assert findings(trigger, due[0], accepted, due[1], *LATER) == []
    assert findings(trigger, accepted, *triggered, *LATER) == []


def test_transaction_event_is_triggered_only_where_a_transaction_runs() -> None:
    trigger = asked("TriggerMessage", requestedMessage="TransactionEvent")

    assert findings(*trigger, *LATER) == []
    assert findings(*STARTED, "+5s", *trigger, *LATER) == [("TR20-01", "violation", "station")]
    assert findings(*STARTED, "+5s", *trigger, *ENDED, *LATER) == []


def test_station_that_has_gone_owes_no_triggered_message() -> None:
    trigger = asked("TriggerMessage", requestedMessage="LogStatusNotification")

    judge = judged(on_two(trigger, (*WELCOME, *LATER)))

    assert told(judge, "TR20") == []


def test_boot_that_was_accepted_before_the_recording_may_be_triggered() -> None:
    judge = judged(draw(*asked("TriggerMessage", requestedMessage="BootNotification"), version="2.0.1"))

    assert told(judge, "TR20") == []


def test_end_that_crosses_the_answer_excuses_it() -> None:
    assert findings(*STARTED, "+5s", *asked("Reset", type="OnIdle"), *ENDED, *LATER) == []


def test_station_that_is_about_to_reset_at_once_may_accept_another_reset() -> None:
    at_once = asked("Reset", message_id="first", type="Immediate")

    assert findings(*STARTED, "+5s", *at_once, "+1s", *asked("Reset", type="OnIdle"), *LATER) == []


def test_station_that_waits_for_an_answer_may_have_an_end_in_its_queue() -> None:
    open_call = call(">", "d", "DataTransfer", vendorId="x")
    held_up = (open_call, *asked("Reset", type="OnIdle"), "+3s", result("<", "d", status="Accepted"))

    assert findings(*STARTED, "+5s", *held_up, *LATER) == []
    assert findings(*STARTED, "+5s", *asked("ChangeAvailability", **CLOSE), *ENDED, *LATER) == []
    assert findings(*AUTHORIZED, "+5s", *asked("UnlockConnector", "Unlocked", **UNLOCK), *ENDED, *LATER) == []


def test_reset_of_the_whole_station_ends_in_a_boot_and_that_of_an_evse_does_not() -> None:
    whole, one = asked("Reset", type="Immediate"), asked("Reset", type="Immediate", evseId=1)

    assert findings(*whole, *MUCH_LATER) == [("RS20-01", "violation", "station")]
    assert findings(*one, *MUCH_LATER) == []


def test_immediate_reset_ends_the_transactions_unless_it_resumes_them() -> None:
    again = tuple(line.replace('"b"', '"b2"') for line in WELCOME)

    immediate = judged(on_two((*STARTED, "+5s", *asked("Reset", type="Immediate")), (*again, *MUCH_LATER)))
    ended = judged(on_two((*STARTED, "+5s", *asked("Reset", type="Immediate")), (*again, *ENDED, *MUCH_LATER)))
    resumed = judged(on_two((*STARTED, "+5s", *asked("Reset", type="ImmediateAndResume")), (*again, *MUCH_LATER)))

    assert told(immediate, "RS20") == [("RS20-01", "violation", "station")]
    assert told(ended, "RS20") == []
    assert told(resumed, "RS20") == []


def test_change_that_nobody_is_told_of() -> None:
    close = asked("ChangeAvailability", **CLOSE)

    assert findings(*AVAILABLE, *close, *LATER) == [("AV20-01", "violation", "station")]
    assert findings(*AVAILABLE, *close, *UNAVAILABLE, *LATER) == []
    assert findings(*UNAVAILABLE, *close, *LATER) == []
    assert findings(*close, *LATER) == []


def test_same_change_is_accepted_again() -> None:
    close = asked("ChangeAvailability", **CLOSE)
    refused = asked("ChangeAvailability", "Rejected", "q2", **CLOSE)

    assert findings(*close, *refused) == [("AV20-01", "violation", "station")]
    assert findings(*refused, *close) == []


def test_transaction_whose_authorization_has_ended_may_be_unlocked() -> None:
    unlock = asked("UnlockConnector", "Unlocked", **UNLOCK)

    assert findings(*AUTHORIZED, *event("Updated", 1, "StopAuthorized"), "+5s", *unlock, *LATER) == []
    assert findings(*STARTED, "+5s", *unlock, *LATER) == []


def test_reservation_that_holds_is_cancelled() -> None:
    refused = asked("CancelReservation", "Rejected", reservationId=5)

    assert findings(*RESERVED, *refused) == [("RV20-01", "violation", "station")]
    assert findings(*RESERVED, *AUTHORIZED, *refused) == []
    assert findings(*refused) == []


def test_reservation_that_expires_is_told_of() -> None:
    soon = asked("ReserveNow", **RESERVE, expiryDateTime="$NOW+10m")
    update = call(">", "u", "ReservationStatusUpdate", reservationId=5, reservationUpdateStatus="Expired")

    assert findings(*soon, "+10m", *MUCH_LATER) == [("RV20-01", "violation", "station")]
    assert findings(*soon, "+10m", update, '< [3,"u",{}]', *MUCH_LATER) == []
    assert findings(*soon, *AVAILABLE, "+10m", *MUCH_LATER) == []


def test_results_may_come_in_any_order_and_case() -> None:
    odd = {"component": {"name": "ocppcommctrlr"}, "variable": {"name": "HEARTBEATINTERVAL", "instance": ""}}
    target = {**INTERVAL, "attributeType": "Target"}

    assert findings(*got(INTERVAL, target, results=(target, odd))) == []
    assert findings(*got(INTERVAL, results=(target,))) == [("VA20-01", "violation", "station")] * 2


def test_what_the_station_reports_as_write_only_is_not_told() -> None:
    entry = {**INTERVAL, "variableAttribute": [{"mutability": "WriteOnly"}]}
    report = call(">", "n", "NotifyReport", requestId=1, generatedAt="$NOW", seqNo=0, reportData=[entry])

    seen = findings(report, '< [3,"n",{}]', *got(INTERVAL, results=(INTERVAL,)))

    assert seen == [("VA20-03", "violation", "station")]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
@pytest.mark.parametrize("junk", [None, 1, -1, 1e300, True, "x", [], {}, [[]], [{}], {"id": []}, "9" * 5000])
@pytest.mark.parametrize(
    ("action", "field"),
    [
        ("TriggerMessage", "requestedMessage"), ("TriggerMessage", "evse"), ("Reset", "type"), ("Reset", "evseId"),
        ("ChangeAvailability", "evse"), ("ChangeAvailability", "operationalStatus"), ("UnlockConnector", "evseId"),
        ("UnlockConnector", "connectorId"), ("SendLocalList", "versionNumber"), ("ReserveNow", "id"),
        ("ReserveNow", "expiryDateTime"), ("CancelReservation", "reservationId"), ("GetVariables", "getVariableData"),
        ("SetVariables", "setVariableData"), ("RequestStartTransaction", "remoteStartId"),
        ("RequestStartTransaction", "chargingProfile"), ("GetTransactionStatus", "transactionId"),
    ],
)  # fmt: skip
def test_anything_may_stand_in_any_field(action: str, field: str, junk: Any, version: str) -> None:
    odd = call("<", "o", action, **{field: junk})
    answers = result(">", "o", status="Accepted"), result(">", "o", getVariableResult=junk, setVariableResult=[{}])

    judges = [judged(on_2x(*AUTHORIZED, "+5s", odd, answer, *MUCH_LATER, version=version)) for answer in answers]

    assert [judge.crashes for judge in judges] == [[], []]


@pytest.mark.parametrize(
    "command",
    [
        asked("Reset", type="OnIdle"),
        asked("ChangeAvailability", **CLOSE),
        asked("UnlockConnector", "Unlocked", **UNLOCK),
    ],
)
def test_end_may_wait_behind_an_answer_that_is_due(command: tuple[str, str]) -> None:
    waits = event("Updated", 1)
    judge = judged(on_2x(*AUTHORIZED, "+1m", *command, waits[0], "+5s", "> ping", waits[1], *event("Ended", 2)))

    assert not {"RS20-01", "AV20-01", "UL20-01"} & {finding.rule for finding in judge.findings}


def test_reservation_may_not_have_expired_by_the_time_that_the_csms_told() -> None:
    behind, beat = ([line.replace("$NOW", "$NOW-10m") for line in lines] for lines in (WELCOME, BEAT))
    beats = [line for minute in range(70) for line in ("+1m", *(each.replace("hb", f"h{minute}") for each in beat))]

    assert told(judged(draw(*behind, "+5s", *RESERVED, *beats, version="2.0.1")), "RV20") == []


def test_nothing_follows_a_trigger_that_does_not_fit_its_schema() -> None:
    odd = asked("TriggerMessage", requestedMessage="StatusNotification", evse={"id": -1, "connectorId": 1})

    assert told(judged(on_2x(*odd, *LATER, version="2.1")), "TR20") == []


def test_triggered_message_that_is_sent_again_is_not_what_the_next_trigger_asks_for() -> None:
    trigger, accepted = asked("TriggerMessage", requestedMessage="MeterValues")
    values = [{"timestamp": "2026-11-01T10:00:00Z", "sampledValue": [{"value": 1, "context": "Trigger"}]}]
    first = call(">", "m", "MeterValues", evseId=1, meterValue=values), '< [3,"m",{}]'
    again = [line.replace('"m"', '"again"') for line in first]
    later = [line.replace('"q"', '"q2"') for line in (trigger, accepted)]
    new = call(">", "n", "MeterValues", evseId=1, meterValue=register(1, context="Trigger")), '< [3,"n",{}]'

    lines = (trigger, accepted, *first, "+6m", later[0], *again, later[1], *new, *LATER)
    assert findings(*lines) == []
