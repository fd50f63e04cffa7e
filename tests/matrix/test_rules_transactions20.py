from typing import Any, Final

import pytest
from drawing import codes, judged
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
    UPDATED,
    asked,
    call,
    event,
    on_2x,
    on_two,
    register,
    result,
    told,
)

from matrix.trace import Ending, Side

START: Final = asked("RequestStartTransaction", remoteStartId=7, idToken=TOKEN)
STOP: Final = asked("RequestStopTransaction", transactionId="t1")
REMOTE: Final = event("Started", 0, "RemoteStart", info={"remoteStartId": 7}, idToken=TOKEN)
STATUS: Final = call("<", "g", "GetTransactionStatus", transactionId="t1")
OFFLINE: Final = event("Updated", 1, timestamp="$NOW-60s", offline=True)
INTERVAL: Final = {
    "component": {"name": "OCPPCommCtrlr"},
    "variable": {"name": "MessageAttemptInterval", "instance": "TransactionEvent"},
}
ATTEMPTS: Final = (
    call("<", "v", "GetVariables", getVariableData=[INTERVAL]),
    result(">", "v", getVariableResult=[{**INTERVAL, "attributeStatus": "Accepted", "attributeValue": "60"}]),
)
FAILED: Final = (UPDATED[0].replace("$NOW", "2026-11-01T10:00:10Z"), '< [4,"t1-1-Updated","InternalError","",{}]')
RESUMED: Final = call(
    ">", "b2", "BootNotification", reason="Watchdog", chargingStation={"vendorName": "V", "model": "M"}
)
WELCOMED: Final = result("<", "b2", status="Accepted", currentTime="$NOW", interval=86400)
PROFILE: Final = {"id": 1, "stackLevel": 0, "chargingProfileKind": "Relative", "chargingSchedule": []}


def started_by(profile: dict[str, Any]) -> tuple[str, str]:
    return asked("RequestStartTransaction", remoteStartId=7, idToken=TOKEN, chargingProfile=profile)


CASES: Final = {
    "TX20-01": Case(
        on_2x(*STARTED, *ENDED, *event("Updated", 2)),
        on_2x(*STARTED, *event("Ended", 2), *UPDATED),
        by=Side.STATION,
    ),
    "TX20-02": Case(
        on_2x(*STARTED, *event("Updated", 2), *LATER),
        on_2x(*STARTED, *event("Updated", 2), *UPDATED, *LATER),
        by=Side.STATION,
    ),
    "TX20-03": Case(
        on_2x(*STARTED, *ENDED, "+5s", *event("Started", 2, evse=PLACE)),
        on_2x(*STARTED, *ENDED, "+5s", *event("Started", 2, transaction="t2", evse=PLACE)),
        by=Side.STATION,
    ),
    "TX20-04": Case(
        on_2x(*STARTED, *event("Started", 0, transaction="t2", evse=PLACE), *LATER),
        on_2x(*STARTED, *event("Started", 0, transaction="t2", evse=PLACE), *ENDED, *LATER),
        by=Side.STATION,
    ),
    "TX20-05": Case(
        on_two(STARTED, ("+5s", *event("Updated", 1, timestamp="$NOW-60s"))),
        on_two(STARTED, ("+5s", *OFFLINE)),
        by=Side.STATION,
    ),
    "TX20-06": Case(
        on_2x(AUTHORIZED[0], AUTHORIZED[1].replace('"idTokenInfo": {"status": "Accepted"}', "")),
        on_2x(*AUTHORIZED),
        by=Side.CSMS,
    ),
    "TX20-07": Case(
        on_2x(*STARTED, *event("Ended", 1, "RemoteStop")),
        on_2x(*STARTED, *event("Ended", 1, "StopAuthorized")),
        by=Side.STATION,
    ),
    "TX20-08": Case(
        on_2x(*event("Started", 0), *event("Updated", 1, info={"chargingState": "Charging"})),
        on_2x(*event("Started", 0), *event("Updated", 1, info={"chargingState": "Charging"}, evse=PLACE)),
        by=Side.STATION,
    ),
    "TX20-09": Case(
        on_2x(*STARTED, *event("Updated", 1, "Authorized")),
        on_2x(*STARTED, *event("Updated", 1, "Authorized", idToken=TOKEN)),
        by=Side.STATION,
    ),
    "TX20-10": Case(
        on_2x(*START, *event("Started", 0, info={"remoteStartId": 7}, idToken=TOKEN)),
        on_2x(*START, *REMOTE),
        by=Side.STATION,
    ),
    "TX20-11": Case(
        on_2x(*STARTED, *STOP, *LATER),
        on_2x(*STARTED, *STOP, *event("Ended", 1, "RemoteStop", info={"stoppedReason": "Remote"}), *LATER),
        by=Side.STATION,
    ),
    "TX20-12": Case(
        on_2x(*started_by({**PROFILE, "chargingProfilePurpose": "TxDefaultProfile"})),
        on_2x(*started_by({**PROFILE, "chargingProfilePurpose": "TxProfile"})),
        by=Side.CSMS,
    ),
    "TX20-13": Case(
        on_2x(STATUS.replace('"transactionId": "t1"', ""), result(">", "g", ongoingIndicator=False)),
        on_2x(STATUS.replace('"transactionId": "t1"', ""), result(">", "g", messagesInQueue=False)),
        by=Side.STATION,
    ),
    "TX20-14": Case(
        on_2x(*STARTED, *event("Updated", 1, meterValue=register(9)), *event("Ended", 2, meterValue=register(8.9))),
        on_2x(*STARTED, *event("Updated", 1, meterValue=register(9)), *event("Ended", 2, meterValue=register(9))),
        by=Side.STATION,
    ),
    "TX20-16": Case(
        on_2x(*ATTEMPTS, *STARTED, *FAILED, "+30s", *FAILED),
        on_2x(*ATTEMPTS, *STARTED, *FAILED, "+60s", *FAILED, "+120s", *FAILED),
        by=Side.STATION,
    ),
    "TX20-17": Case(on_2x(*STARTED, UPDATED[0], *LATER, *MUCH_LATER), on_2x(*STARTED, *UPDATED, *LATER), by=Side.CSMS),
    "TX21-01": Case(
        on_2x(*STARTED, RESUMED, WELCOMED, "+5s", *UPDATED, version="2.1"),
        on_2x(*STARTED, RESUMED, WELCOMED, "+5s", *event("Updated", 1, "TxResumed"), version="2.1"),
        by=Side.STATION,
    ),
}


def findings(*lines: str, version: str = "2.0.1") -> list[tuple[str, str, str]]:
    return told(judged(on_2x(*lines, version=version)), "TX20", "TX21")


def test_transaction_from_before_the_recording_is_not_judged_by_what_was_not_seen() -> None:
    seen = findings(*event("Updated", 7), *event("Ended", 8), *LATER)

    assert seen == []


def test_first_event_that_is_not_started_is_wrong_with_seq_no_0() -> None:
    seen = findings(*event("Updated", 0))

    assert seen == [("TX20-01", "violation", "station")]


def test_second_start_under_another_seq_no_is_wrong() -> None:
    seen = findings(*STARTED, *event("Started", 1, evse=PLACE))

    assert seen == [("TX20-01", "violation", "station")]


def test_event_that_is_sent_again_is_no_second_event() -> None:
    again = UPDATED[0].replace("$NOW", "2026-11-01T10:00:06Z")
    marked = again.replace('"seqNo": 1', '"seqNo": 1, "offline": true').replace("t1-1-Updated", "again")

    seen = findings(*STARTED, again, UPDATED[1], marked, '< [3,"again",{}]', *event("Ended", 2), *LATER)

    assert seen == []


def test_seq_no_of_an_answered_event_cannot_be_that_of_another_one() -> None:
    seen = findings(*STARTED, *UPDATED, *event("Ended", 1))

    assert seen == [("TX20-02", "violation", "station")]


def test_counter_of_the_evse_is_an_info_once() -> None:
    first, second = event("Started", 5, evse=PLACE), event("Started", 7, transaction="t2", evse=PLACE)

    seen = findings(*first, *event("Ended", 6), *second, *LATER)

    assert seen == [("TX20-02", "info", "station")]


def test_gap_beside_another_transaction_is_a_warning() -> None:
    other = event("Started", 1, transaction="t2", evse={"id": 2, "connectorId": 1})

    seen = findings(*STARTED, *other, *event("Updated", 2), *LATER)

    assert ("TX20-02", "warning", "station") in seen
    assert ("TX20-02", "violation", "station") not in seen


def test_gap_after_being_offline_is_a_warning() -> None:
    judge = judged(on_two(STARTED, ("+5s", *event("Ended", 3, timestamp="$NOW-60s", offline=True), *LATER)))

    assert told(judge, "TX20") == [("TX20-02", "warning", "station")]


def test_gap_in_the_recording_is_nobodys_gap() -> None:
    seen = findings(*STARTED, "> unread lost", *event("Ended", 2), *LATER)

    assert seen == []


def test_ended_that_comes_late_makes_no_two_transactions() -> None:
    other = event("Started", 0, transaction="t2", evse=PLACE)

    seen = findings(*STARTED, *other, "+20s", *event("Ended", 1, timestamp="$NOW-21s"), *LATER)

    assert seen == []


def test_start_that_comes_after_its_end_is_no_new_transaction() -> None:
    seen = findings(*event("Ended", 1), *event("Started", 0, timestamp="$NOW-5s", evse=PLACE), *LATER)

    assert seen == []


def test_hub_that_was_stopped_leaves_no_time_to_be_offline_in() -> None:
    judge = judged(on_two(STARTED, ("+5s", *event("Updated", 1, timestamp="$NOW-60s")), Ending.HUB))

    assert told(judge, "TX20") == []


@pytest.mark.parametrize(
    ("ending", "by", "severity"),
    [
        (Ending.DROPPED, Side.STATION, "violation"),
        (Ending.DROPPED, Side.CSMS, "warning"),
        (Ending.RESET, Side.STATION, "warning"),
    ],
)
def test_station_that_was_cut_off_may_not_have_noticed_at_once(ending: Ending, by: Side, severity: str) -> None:
    judge = judged(on_two(STARTED, ("+5s", *event("Updated", 1, timestamp="$NOW-60s")), ending, by))

    assert told(judge, "TX20") == [("TX20-05", severity, "station")]


def test_clock_that_is_wrong_says_nothing_of_being_offline() -> None:
    first = event("Started", 0, timestamp="$NOW-60s", evse=PLACE)

    judge = judged(on_two(first, ("+5s", *event("Updated", 1, timestamp="$NOW-60s"))))

    assert told(judge, "TX20") == []


def test_evse_that_is_repeated_is_an_info_once() -> None:
    charging = {"chargingState": "Charging"}
    again = (*event("Updated", 1, info=charging, evse=PLACE), *event("Updated", 2, evse=PLACE))

    seen = findings(*event("Started", 0, info=charging, evse=PLACE), *again)

    assert seen == [("TX20-08", "info", "station")]


def test_evse_may_have_come_in_an_event_that_was_not_seen() -> None:
    seen = findings(*event("Updated", 3, info={"chargingState": "Charging"}))

    assert seen == []


def test_start_that_nobody_plugged_in_for_is_an_info() -> None:
    seen = findings(*START, *LATER)

    assert seen == [("TX20-10", "info", "station")]


def test_remote_start_id_is_an_integer_however_it_is_written() -> None:
    start = asked("RequestStartTransaction", remoteStartId=1, idToken=TOKEN)

    def seen(start_id: Any) -> set[str]:
        plugged_in = event("Started", 0, info={"remoteStartId": start_id})
        return {rule for rule, _, _ in findings(*start, *plugged_in)}

    assert "TX20-10" in seen(1.0)
    assert "TX20-10" not in seen(True)


def test_idtoken_of_a_remote_start_may_be_written_in_another_case_and_be_no_other() -> None:
    info = {"remoteStartId": 7}
    same = event("Started", 0, "RemoteStart", info=info, idToken={**TOKEN, "idToken": "c0ffee01"})
    other = event("Started", 0, "RemoteStart", info=info, idToken={**TOKEN, "idToken": "BAD"})

    assert findings(*START, *same) == []
    assert findings(*START, *other) == [("TX20-10", "violation", "station")]


def test_stop_of_what_has_ended_is_not_accepted_and_that_of_what_goes_on_not_rejected() -> None:
    refused = asked("RequestStopTransaction", "Rejected", transactionId="t1")

    assert findings(*STARTED, *ENDED, "+5s", *STOP) == [("TX20-11", "violation", "station")]
    assert findings(*STARTED, *refused, "+5s", *UPDATED) == [("TX20-11", "violation", "station")]
    assert findings(*ENDED, "+5s", *refused, *LATER) == []


def test_transaction_that_runs_is_ongoing_unless_its_end_crosses_the_answer() -> None:
    denied = result(">", "g", ongoingIndicator=False, messagesInQueue=False)

    assert findings(*STARTED, "+5s", STATUS, denied, *LATER) == [("TX20-13", "violation", "station")]
    assert findings(*STARTED, "+5s", STATUS, denied, *ENDED, *LATER) == []


def test_registers_are_compared_by_their_own_time_and_phase() -> None:
    late = register(8)
    late[0]["timestamp"] = "2026-11-01T09:00:00Z"
    rising = event("Updated", 1, meterValue=register(9)), event("Updated", 2, meterValue=late)

    seen = findings(*STARTED, *rising[0], *rising[1], *event("Updated", 3, meterValue=register(8, phase="L1")))

    assert seen == []


def test_main_meter_must_not_fall_but_after_a_boot() -> None:
    high = call(">", "m1", "MeterValues", evseId=0, meterValue=register(9)), '< [3,"m1",{}]'
    low = call(">", "m2", "MeterValues", evseId=0, meterValue=register(8)), '< [3,"m2",{}]'

    assert findings(*high, *low) == [("TX20-14", "violation", "station")]
    assert findings(*high, RESUMED, WELCOMED, *low) == []


def test_late_answer_is_an_answer() -> None:
    seen = findings(*STARTED, UPDATED[0], "+40s", *BEAT, UPDATED[1], *LATER[2:], "+40s")

    assert seen == []


def test_callerror_to_a_sound_event_is_a_warning_and_to_another_one_none() -> None:
    refused = '< [4,"t1-0-Started","GenericError","",{}]'

    assert findings(STARTED[0], refused) == [("TX20-17", "warning", "csms")]
    assert findings(STARTED[0].replace('"Started", "timestamp"', '1, "timestamp"'), refused) == []


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
@pytest.mark.parametrize("junk", [None, 1, -1, 1e300, True, "x", [], {}, [[]], [{}], {"id": []}, "9" * 5000])
@pytest.mark.parametrize(
    "field", ["eventType", "timestamp", "triggerReason", "seqNo", "transactionInfo", "evse", "idToken", "meterValue"]
)
def test_anything_may_stand_in_any_field(field: str, junk: Any, version: str) -> None:
    odd = event("Updated", 1, **{field: junk})
    whole = call(">", "odd", "TransactionEvent", **{field: junk}), '< [3,"odd",{}]'

    judge = judged(on_2x(*START, *AUTHORIZED, *odd, *whole, *STOP, *UPDATED, *ENDED, *LATER, version=version))

    assert judge.crashes == []


def test_event_that_is_sent_again_with_its_time_cut_to_seconds_is_the_same() -> None:
    first = [line.replace("$NOW", "2026-11-01T10:00:05.900Z") for line in UPDATED]
    again = [line.replace("$NOW", "2026-11-01T10:00:05Z").replace("t1-1", "t1-2") for line in UPDATED]

    assert "TX20-02" not in {rule for rule, _, _ in findings(*STARTED, *first, *again)}


@pytest.mark.parametrize(
    ("later", "expected"), [(1234, []), (1234.0, []), (1234.5, []), (1233, ["TX20-14"]), (1234.4, ["TX20-14"])]
)
def test_register_may_be_told_with_fewer_digits(later: float, expected: list[str]) -> None:
    first = event("Updated", 1, meterValue=register(1234.567))
    second = event("Updated", 2, meterValue=register(later))

    assert [rule for rule, _, _ in findings(*STARTED, *first, *second) if rule == "TX20-14"] == expected


def test_csms_that_is_cut_off_has_not_left_an_event_unanswered() -> None:
    assert "TX20-17" not in {rule for rule, _, _ in findings(*STARTED, UPDATED[0], "+2m", BEAT[0], "+2m", "> ping")}


def test_readings_that_no_transaction_and_no_main_meter_has_accuse_nobody() -> None:
    falling = [*register(1200), register(900)[0] | {"timestamp": "2026-11-01T10:09:00Z"}]
    misdirected = [line.replace("> [2", "< [2") for line in event("Updated", 1, meterValue=falling)][:1]

    judge = judged(on_2x(*STARTED, *misdirected, '> [4,"t1-1-Updated","NotSupported","",{}]'))

    assert "TX20-14" not in codes(judge)


def test_message_that_may_not_have_reached_the_csms_is_a_warning() -> None:
    unheard = findings(*STARTED, UPDATED[0], "+50s", "< ping", *("+20s", "< ping") * 3)

    assert ("TX20-17", "warning", "csms") in unheard
