"""RP20: one session that keeps the rule and one that breaks it, each; parts sent again, lost, or of long ago."""

from typing import Any, Final

import pytest
from drawing import Pen, codes, judged
from rule_cases import Case
from said2x import ask, beats, drawn, exchange, tell

from matrix.judge import Judge
from matrix.trace import Side

OFFER: Final[dict[str, Any]] = {"offered": ("ocpp2.0.1",), "chosen": "ocpp2.0.1"}
UPDATE: Final = {"location": "https://example.com/fw", "retrieveDateTime": "2026-11-01T10:00:00Z"}
RULES: Final = ("RP20-01", "RP20-02", "RP20-03")


def base(request_id: Any = 1, status: str = "Accepted", between: tuple[str, ...] = ()) -> list[str]:
    return ask("GetBaseReport", status, between, requestId=request_id, reportBase="FullInventory")


def part(seq_no: Any, request_id: Any = 1, action: str = "NotifyReport", **more: Any) -> list[str]:
    return tell(action, requestId=request_id, generatedAt="2026-11-01T10:00:00Z", seqNo=seq_no, **more)


def profiles(request_id: int = 2, status: str = "Accepted") -> list[str]:
    return ask("GetChargingProfiles", status, requestId=request_id, chargingProfile={"stackLevel": 0})


def some(evse_id: int, request_id: int = 2, **more: Any) -> list[str]:
    one = {
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}
        ],
    }  # fmt: skip
    told = {"requestId": request_id, "chargingLimitSource": "CSO", "evseId": evse_id, "chargingProfile": [one]}
    return tell("ReportChargingProfiles", **(told | more))


def customer(request_id: int = 3, *, report: bool = True) -> list[str]:
    return ask("CustomerInformation", requestId=request_id, report=report, clear=True, customerIdentifier="x")


def work(request_id: int = 4) -> list[str]:
    asked = ask("GetLog", requestId=request_id, logType="SecurityLog", log={"remoteLocation": "https://example.com"})
    return asked + ask("UpdateFirmware", requestId=request_id, firmware=UPDATE)


def goes(request_id: int = 4) -> list[str]:
    said = tell("LogStatusNotification", status="Uploading", requestId=request_id)
    return said + tell("FirmwareStatusNotification", status="Downloading", requestId=request_id)


KEPT: Final = drawn(
    *base(), *part(0, tbc=True), *part(1, tbc=True), *part(2), *profiles(), *some(0, tbc=True), *some(1),
    *customer(), *tell("NotifyCustomerInformation", data="x", seqNo=0, generatedAt="$NOW", requestId=3),
    *work(), *goes(), *beats(12),
)  # fmt: skip
EARLY: Final = drawn(*base(between=tuple(part(0))))

CASES: Final = {
    "RP20-01": Case(drawn(*base(), *part(1)), KEPT, by=Side.STATION),
    "RP20-02": Case(drawn(*profiles(), *some(0), *some(1)), KEPT, by=Side.STATION),
    "RP20-03": Case(EARLY, KEPT, by=Side.STATION),
}


def found(judge: Judge) -> list[tuple[str, str]]:
    return [(each.rule, each.severity) for each in judge.findings if each.rule in RULES]


def test_results_that_come_in_order_break_no_rule() -> None:
    assert codes(judged(KEPT)) == []


@pytest.mark.parametrize(
    ("asked", "rule", "severity"),
    [
        (base(), "RP20-01", "violation"),
        (ask("GetReport", requestId=1), "RP20-01", "violation"),
        (ask("GetMonitoringReport", requestId=1), "RP20-01", "violation"),
        (profiles(), "RP20-02", "violation"),
        (customer(), "RP20-03", "violation"),
        (work(), "RP20-03", "warning"),
    ],
)
def test_result_that_never_comes_is_missed_after_five_minutes(asked: list[str], rule: str, severity: str) -> None:
    assert found(judged(drawn(*asked, *beats(4)))) == []
    assert set(found(judged(drawn(*asked, *beats(7))))) == {(rule, severity)}


@pytest.mark.parametrize("status", ["Rejected", "EmptyResultSet", "NotSupported"])
def test_result_that_was_not_promised_is_not_missed(status: str) -> None:
    assert found(judged(drawn(*base(status=status), *customer(report=False), *beats(7)))) == []


def test_result_is_not_missed_of_a_station_that_is_gone_or_says_nothing() -> None:
    pen = Pen()
    gone = [*pen.session(base(), **OFFER), *pen.session(beats(7), **OFFER)]

    assert found(judged(gone)) == []
    assert found(judged(drawn(*base(), "+10m", "< ping x"))) == []


def test_report_that_breaks_off_is_a_warning() -> None:
    judge = judged(drawn(*base(), *part(0, tbc=True), *beats(7), *profiles(), *some(0, tbc=True), *beats(7)))

    assert found(judge) == [("RP20-01", "warning"), ("RP20-02", "warning")]


@pytest.mark.parametrize(
    "parts",
    [
        [*part(0, tbc=True), *part(2)],
        [*part(0), *part(1)],
        [*part(0, tbc=True), *part(1), *part(2)],
        [*part(0, tbc=True), *part(1, tbc=True), *part(0)],
    ],
)
def test_parts_are_counted_and_the_last_is_the_last(parts: list[str]) -> None:
    assert found(judged(drawn(*base(), *parts))) == [("RP20-01", "violation")]


def test_part_that_is_sent_again_is_let_be() -> None:
    parts = [*part(0, tbc=True), *part(0, tbc=True), *part(1), *part(1)]

    assert found(judged(drawn(*base(), *parts, *profiles(), *some(0), *some(0)))) == []


def test_part_that_was_lost_with_the_connection_is_not_missed() -> None:
    pen = Pen()
    before = pen.session([*base(), *part(0, tbc=True)], **OFFER)

    assert found(judged(before, pen.session(part(2), **OFFER))) == []


def test_gap_may_hold_a_part() -> None:
    assert found(judged(drawn(*base(), *part(0, tbc=True), "> unread too long", *part(2)))) == []


def test_report_of_before_the_recording_is_let_be() -> None:
    assert found(judged(drawn(*part(7, request_id=9), *some(1, request_id=9)))) == []


def test_same_request_id_for_the_next_report_is_let_be() -> None:
    assert found(judged(drawn(*base(), *part(0), *base(), *part(0), *base(), *part(0)))) == []


def test_report_for_a_request_that_is_not_done_with_may_belong_to_either() -> None:
    assert found(judged(drawn(*base(), *part(0, tbc=True), *base(between=tuple(part(1))), *part(0)))) == []


@pytest.mark.parametrize(("status", "severity"), [("NotSupported", "violation"), ("Rejected", "warning")])
def test_report_that_was_turned_down_does_not_come(status: str, severity: str) -> None:
    assert found(judged(drawn(*base(status=status), *part(0)))) == [("RP20-01", severity)]
    assert found(judged(drawn(*profiles(status="NoProfiles"), *some(0)))) == [("RP20-02", "warning")]


def test_another_request_id_is_a_warning_while_a_result_is_waited_for() -> None:
    judge = judged(drawn(*base(), *part(0, request_id=8), *profiles(), *some(0, request_id=8), *work(), *goes(8)))

    assert found(judge) == [("RP20-01", "warning"), ("RP20-02", "warning"), *[("RP20-03", "warning")] * 2]


def test_request_that_does_not_fit_its_schema_promises_nothing() -> None:
    assert found(judged(drawn(*ask("GetBaseReport", requestId=1, reportBase="Everything"), *beats(7)))) == []


def test_result_after_an_answer_that_is_garbled_or_lost_is_not_early() -> None:
    call, _ = exchange("<", "GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}, {})
    message_id = call.split('"')[1]

    assert found(judged(drawn(call, f'> [3,"{message_id}",{{', *part(0)))) == []
    assert found(judged(drawn(call, "> unread not recorded: disk full", *part(0)))) == []


@pytest.mark.parametrize("wrong", [None, "x", True, [], {}, 1.5, -1, 10**40])
def test_wrong_types_crash_no_rule(wrong: Any) -> None:
    said = [*part(wrong, wrong, tbc=wrong), *some(1, wrong, tbc=wrong), *goes(wrong)]
    asked = [*base(wrong), *base(1, wrong), *profiles(wrong), *customer(wrong), *work(wrong)]

    assert judged(drawn(*asked, *said, *part(wrong), *beats(7))).crashes == []


def test_result_of_a_request_that_does_not_fit_its_schema_is_that_of_a_request() -> None:
    log: dict[str, Any] = {"logType": "SecurityLog", "log": {"remoteLocation": "https://example.com"}}
    valid, odd = ask("GetLog", requestId=4, **log), ask("GetLog", requestId=5, **log, retries="three")
    uploading = tell("LogStatusNotification", status="Uploading", requestId=5)

    assert found(judged(drawn(*valid, *odd, *uploading))) == []
