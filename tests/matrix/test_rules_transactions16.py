"""TX16: one session that keeps the rule and one that breaks it, each; what is subtle about ids, order and reasons."""

from collections.abc import Sequence
from typing import Final

import pytest
from drawing import Pen, codes, draw, judged
from rule_cases import Case
from said16 import (
    ask,
    authorize,
    beat,
    boot,
    exchange,
    meter,
    report,
    start,
    stop,
    told,
)  # fmt: skip

from matrix.judge import Judge
from matrix.trace import Ending, Side, Traffic, mark_of

HUGE: Final = 2**63 - 1
PROFILE: Final = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfileKind": "Relative",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]},
}
WHOLE: Final = draw(
    *boot(), *report(0, "Available"), *report(1, "Preparing"), *start(7), *report(1, "Charging"), "+60s",
    *meter(7), *stop(7), *report(1, "Finishing"),
)  # fmt: skip


def session(*lines: str) -> list[Traffic]:
    """Draw a session of a station with one connector, from its boot on."""
    return draw(*boot(), *report(1, "Available"), *lines)


def remote_start(tag: str, status: str = "Accepted") -> list[str]:
    return ask("RemoteStartTransaction", status, idTag=tag, connectorId=1)


def remote_stop(transaction_id: int, status: str = "Accepted") -> list[str]:
    return ask("RemoteStopTransaction", status, transactionId=transaction_id)


def profiled(**profile: object) -> list[str]:
    return ask("RemoteStartTransaction", idTag="A1B2C3", connectorId=1, chargingProfile=PROFILE | profile)


STOP_TWICE: Final = exchange(
    ">", "StopTransaction", {"transactionId": 7, "meterStop": 200, "timestamp": "2026-11-01T10:00:05Z"}, "InternalError"
)

UNKNOWN_STOP: Final = {"transactionId": 5, "meterStop": 1, "timestamp": "$NOW"}

CASES: Final = {
    "TX16-01": Case(
        session(*exchange(">", "StartTransaction", {"connectorId": 1}, {"status": "Accepted"})), WHOLE, by=Side.CSMS
    ),
    "TX16-02": Case(
        session(*start(1), *stop(1), "+1m", *start(1), *stop(1)),
        session(*start(1), *stop(1), "+1m", *start(2), *stop(2)),
        by=Side.CSMS,
    ),
    "TX16-03": Case(session(*start(7), "+1m", *stop(0)), WHOLE, by=Side.STATION),
    "TX16-04": Case(session(*start(7), "+1m", *meter(HUGE)), WHOLE, by=Side.STATION),
    "TX16-05": Case(
        session(*start(7), "+1m", *start(8)), session(*start(7), "+1m", *stop(7), *start(8)), by=Side.STATION
    ),
    "TX16-06": Case(
        session(*exchange(">", "StopTransaction", UNKNOWN_STOP, "NotSupported")),
        WHOLE,
        by=Side.CSMS,
    ),
    "TX16-08": Case(session(*start(7), "+1m", *meter(7), *meter(7, at="$NOW-30s")), WHOLE, by=Side.STATION),
    "TX16-09": Case(
        session(*told(TransactionMessageRetryInterval="60"), *start(7), *STOP_TWICE, "+1s", *STOP_TWICE),
        session(*told(TransactionMessageRetryInterval="60"), *start(7), *STOP_TWICE, "+61s", *STOP_TWICE),
        by=Side.STATION,
    ),
    "TX16-10": Case(session(*start(7), *stop(7, meterStop=40)), WHOLE, by=Side.STATION),
    "TX16-11": Case(
        session(*start(7), *remote_stop(7), *stop(7)),
        session(*start(7), *remote_stop(7), *stop(7, reason="Remote")),
        by=Side.STATION,
    ),
    "TX16-12": Case(
        session(*start(7), "+1m", *authorize(), *stop(7, idTag="A1B2C3")),
        session(*authorize(), *start(7), "+1m", *stop(7, idTag="A1B2C3")),
        by=Side.STATION,
    ),
    "TX16-13": Case(
        session(*remote_start("BA86I250X5G6MOD5"), *start(7, tag="BA86I250X5G6MOD5\x10\x0e")),
        session(*remote_start("BA86I250X5G6MOD5"), *start(7, tag="BA86I250X5G6MOD5")),
        by=Side.STATION,
    ),
    "TX16-14": Case(
        session(*start(7), *remote_stop(7), "+30s", *beat(), "+31s", *beat()),
        session(*start(7), *remote_stop(7), "+30s", *stop(7, reason="Remote"), "+31s", *beat()),
        by=Side.STATION,
    ),
    "TX16-15": Case(
        session(*start(7), *stop(7), "+1m", *remote_stop(7)),
        session(*start(7), *stop(7), "+1m", *remote_stop(7, "Rejected")),
        by=Side.STATION,
    ),
    "TX16-16": Case(
        session(*profiled(chargingProfilePurpose="TxDefaultProfile")),
        session(*profiled(chargingProfilePurpose="TxProfile")),
        by=Side.CSMS,
    ),
}  # fmt: skip


def found(judge: Judge, rule: str) -> list[str]:
    return [finding.severity for finding in judge.findings if finding.rule == rule]


@pytest.mark.parametrize("rule", CASES)
def test_whole_charging_session_breaks_no_rule(rule: str) -> None:
    assert rule not in codes(judged(WHOLE))


def test_id_from_before_the_recording_is_an_info_at_most() -> None:
    judge = judged(draw(*stop(41), *meter(42), *remote_stop(43)))

    assert [(each.rule, each.severity) for each in judge.findings] == [("TX16-03", "info")]


def test_id_of_a_second_connector_that_the_recording_has_not_seen_at_work_is_an_info() -> None:
    judge = judged(session(*report(2, "Charging"), *start(7), "+1m", *stop(3)))

    assert found(judge, "TX16-03") == ["info"]


def test_queued_stop_of_a_transaction_before_the_recording_is_no_violation() -> None:
    judge = judged(session(*start(7), "+1m", *stop(3, timestamp="2026-11-01T09:00:00Z")))

    assert found(judge, "TX16-03") == ["info"]


def test_gap_makes_unknown_ids_a_matter_of_doubt() -> None:
    judge = judged(session(*start(7), "< unread it was too long", "+1m", *stop(0), *meter(HUGE)))

    assert found(judge, "TX16-03") == ["info"]
    assert found(judge, "TX16-04") == ["warning"]


def test_minus_one_is_right_where_the_start_was_not_answered() -> None:
    told_start = {"connectorId": 1, "idTag": "A1B2C3", "meterStart": 1, "timestamp": "$NOW"}
    unanswered = exchange(">", "StartTransaction", told_start, None)
    judge = judged(session(*unanswered, "+31s", *meter(-1), *stop(-1)))

    assert {"TX16-03", "TX16-04"}.isdisjoint(codes(judge))


def test_minus_one_is_wrong_where_the_station_has_its_id() -> None:
    judge = judged(session(*start(7), "+1m", *stop(-1)))

    assert found(judge, "TX16-03") == ["violation"]


def test_meter_values_of_another_connector_break_tx16_04() -> None:
    judge = judged(session(*start(7), *start(8, connector=2), "+1m", *meter(8, connector=1)))

    assert found(judge, "TX16-04") == ["violation"]


def test_meter_values_after_the_end_are_a_warning_and_0_on_an_idle_connector_too() -> None:
    judge = judged(session(*start(7), *stop(7), "+1m", *meter(7), *meter(0)))

    assert found(judge, "TX16-04") == ["warning", "warning"]


def test_ids_that_a_csms_gives_twice_are_held_against_no_station() -> None:
    judge = judged(session(*start(1), *start(1, connector=2), "+1m", *meter(1), *stop(1), *meter(1, connector=2)))

    assert found(judge, "TX16-02") == ["warning"]
    assert found(judge, "TX16-04") == []


def test_start_that_is_sent_again_is_no_second_transaction() -> None:
    at = "2026-11-01T10:00:00Z"
    judge = judged(session(*start(7, timestamp=at), *start(7, timestamp=at), "+1m", *stop(7)))

    assert {"TX16-02", "TX16-05"}.isdisjoint(codes(judge))


def test_start_that_is_sent_again_and_given_another_id_is_held_against_nobody() -> None:
    at = "2026-11-01T10:00:00Z"
    judge = judged(session(*start(7, timestamp=at), *start(8, timestamp=at), "+1m", *meter(7), *stop(7)))

    assert [code for code in codes(judge) if code.startswith("TX16")] == []


def test_transaction_that_an_earlier_session_left_open_is_an_info() -> None:
    pen = Pen()
    first = pen.session([*boot(), *report(1, "Available"), *start(7)], offered=("ocpp1.6",), chosen="ocpp1.6")
    second = pen.session([*boot(), *start(8)], offered=("ocpp1.6",), chosen="ocpp1.6")

    assert found(judged(first, second), "TX16-05") == ["info"]


def test_start_that_gets_an_error_is_a_warning_and_one_that_breaks_its_schema_is_nobodys() -> None:
    told_start = {"connectorId": 1, "idTag": "A1B2C3", "meterStart": 1, "timestamp": "$NOW"}
    right = exchange(">", "StartTransaction", told_start, "InternalError")
    wrong = exchange(">", "StartTransaction", {"connectorId": "x"}, "FormationViolation")

    assert found(judged(session(*right)), "TX16-06") == ["warning"]
    assert found(judged(session(*wrong)), "TX16-06") == []


def test_clock_that_a_boot_sets_back_is_no_disorder() -> None:
    late = meter(7, at="2036-01-01T00:00:00Z")

    assert found(judged(session(*start(7), *late, *meter(7))), "TX16-08") == ["warning"]
    assert found(judged(session(*start(7), *late, *boot(), *meter(7))), "TX16-08") == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([*start(7), *ask("Reset", type="Soft"), *stop(7)], ["warning"]),
        ([*start(7), *ask("Reset", type="Soft"), *stop(7, reason="SoftReset")], []),
        ([*start(7), *ask("Reset", type="Soft"), "+2m", *stop(7)], []),
        ([*start(7, status="Invalid"), *stop(7)], ["warning"]),
        ([*start(7, status="Invalid"), *stop(7, reason="DeAuthorized")], []),
        ([*start(7, status="Invalid"), "+1m", *stop(7)], []),
        ([*start(7), *remote_stop(7), *stop(7, reason="EVDisconnected")], []),
    ],
)
def test_reason_is_missed_where_the_station_was_told_to_stop(lines: Sequence[str], expected: list[str]) -> None:
    assert found(judged(session(*lines)), "TX16-11") == expected


def test_authorize_may_be_for_a_second_connector() -> None:
    judge = judged(session(*report(2, "Available"), *start(7), "+1m", *authorize(), *stop(7, idTag="A1B2C3")))

    assert "TX16-12" not in codes(judge)


def test_case_of_an_id_tag_is_a_warning_and_another_driver_is_nobodys_fault() -> None:
    assert found(judged(session(*remote_start("ABCDEF"), *start(7, tag="abcdef"))), "TX16-13") == ["warning"]
    assert found(judged(session(*remote_start("ABCDEF"), *start(7, tag="123456"))), "TX16-13") == []


def test_remote_start_without_a_driver_is_an_info() -> None:
    judge = judged(session(*remote_start("ABCDEF"), "+1m", *beat(), "+2m", *beat()))

    assert found(judge, "TX16-13") == ["info"]


def test_station_that_is_gone_is_not_asked_for_its_stop() -> None:
    gone = [*start(7), *remote_stop(7), "+90s", *beat()]

    assert "TX16-14" not in codes(judged(session(*gone)))


def test_accepted_stop_of_an_id_that_nobody_has_breaks_tx16_15_where_no_other_can_run() -> None:
    assert found(judged(session(*start(7), *remote_stop(99))), "TX16-15") == ["violation"]
    assert found(judged(session(*remote_stop(99))), "TX16-15") == []


def test_profile_of_a_remote_start_has_no_transaction() -> None:
    judge = judged(session(*profiled(chargingProfilePurpose="TxProfile", transactionId=7)))

    assert found(judge, "TX16-16") == ["violation"]


@pytest.mark.parametrize("wrong", [None, "x", 1.5, True, [], {}, [{"timestamp": 1}], -(2**62)])
def test_wrong_types_crash_no_rule(wrong: object) -> None:
    fields = "connectorId idTag meterStart meterStop timestamp transactionId reason meterValue key value status"
    payload = dict.fromkeys(fields.split(), wrong)
    answer = {"status": "Accepted", "transactionId": wrong, "idTagInfo": wrong, "configurationKey": wrong}
    from_station = ["StartTransaction", "StopTransaction", "MeterValues", "Authorize", "StatusNotification"]
    from_csms = ["RemoteStartTransaction", "RemoteStopTransaction", "GetConfiguration", "ChangeConfiguration"]
    lines = [line for action in from_station for line in exchange(">", action, payload, answer)]
    lines += [line for action in from_csms for line in exchange("<", action, payload, answer)]

    judge = judged(session(*lines, "+5m", *lines, *beat()))

    assert judge.crashes == []


def test_id_tag_that_is_altered_at_the_end_is_a_warning() -> None:
    def stopped_with(tag: str) -> list[str]:
        return found(judged(session(*start(7, tag="X26WG00J1QIE"), "+1m", *stop(7, idTag=tag))), "TX16-13")

    assert stopped_with("X26WG00J1QIE-") == ["warning"]
    assert stopped_with("X26WG00J") == ["warning"]
    assert stopped_with("X26WG00") == []
    assert stopped_with("x26wg00j1qie") == []
    assert stopped_with("ANOTHER-CARD") == []


def test_transaction_0_of_the_main_meter_is_a_warning_where_no_other_can_run() -> None:
    assert found(judged(session(*start(7), *stop(7), "+1m", *meter(0, connector=0))), "TX16-04") == ["warning"]
    assert found(judged(draw(*meter(0, connector=0))), "TX16-04") == ["info"]


def test_transaction_id_that_32_bits_cannot_hold_may_be_turned_down() -> None:
    call, _ = meter(HUGE)
    message_id = call.split('"')[1]

    judge = judged(draw(call, f'< [4,"{message_id}","FormationViolation","",{{}}]'))

    assert codes(judge) == ["TX16-04"]


def test_station_may_have_given_up_on_a_start_that_is_answered_late() -> None:
    late = start(7)
    late.insert(1, "+40s")
    given_up = session(*late, *stop(-1), *start(8))

    assert {"TX16-03", "TX16-04", "TX16-05"}.isdisjoint(codes(judged(given_up)))


def test_failure_of_the_csms_is_a_warning_and_its_refusal_a_violation() -> None:
    def severities(code: str) -> list[str]:
        return found(judged(session(*exchange(">", "StopTransaction", UNKNOWN_STOP, code))), "TX16-06")

    assert severities("InternalError") == ["warning"]
    assert severities("NotSupported") == ["violation"]


def test_short_id_tags_that_begin_alike_may_be_two() -> None:
    assert found(judged(session(*remote_start("USER1"), *start(7, tag="USER12"))), "TX16-13") == ["warning"]


def test_transaction_id_that_is_written_as_a_decimal_is_the_same() -> None:
    begun = [line.replace('"transactionId":7', '"transactionId":7.0') for line in start(7)]

    assert "TX16-03" not in codes(judged(session(*begun, *stop(7))))


def test_start_that_is_answered_again_after_its_end_begins_nothing() -> None:
    first, again = start(7, timestamp="2026-11-01T10:00:00Z"), start(7, timestamp="2026-11-01T10:00:00Z")
    lines = [*first, again[0], "+1m", *stop(7), "+1s", again[1], "+1m", *start(8), "+1m", *beat()]

    assert found(judged(session(*lines)), "TX16-05") == []


def test_clock_that_is_put_right_in_a_transaction_makes_no_later_message_early() -> None:
    ahead, behind = start(7, timestamp="$NOW+2h"), meter(7, at="$NOW-2h")

    assert found(judged(session(*ahead, *beat(), "+1m", *stop(7))), "TX16-08") == []
    assert found(judged(session(*ahead, "+1m", *stop(7))), "TX16-08") == ["warning"]
    assert found(judged(session(*start(7), *beat(), "+1m", *behind)), "TX16-08") == ["warning"]


def test_clock_that_was_put_right_in_one_connection_is_right_in_the_next_and_judged_from_then_on() -> None:
    ahead, late = start(7, timestamp="$NOW+2h"), meter(7, at="$NOW-2h")
    pen = Pen()
    told = [*boot(), *ahead, *beat()]
    before = pen.session(told, offered=("ocpp1.6",), chosen="ocpp1.6", ending=Ending.DROPPED)
    after = pen.session(["+1m", *meter(7), "+1m", *late], offered=("ocpp1.6",), chosen="ocpp1.6")

    judge = judged([*before, *after])

    assert [each.frame for each in judge.findings if each.rule == "TX16-08"] == [mark_of(after[-3])]


def test_stop_that_was_in_the_queue_when_it_was_asked_for_may_be_local() -> None:
    for asked in (remote_stop(7), ask("Reset", type="Soft")):
        early = session(*start(7), "+1m", *asked, *stop(7, reason="Local", timestamp="$NOW-20s"))
        due = session(*start(7), "+1m", *asked, *stop(7, reason="Local"))

        assert found(judged(early), "TX16-11") == []
        assert found(judged(due), "TX16-11") == ["warning"]
