"""SC20: one session that keeps the rule and one that breaks it, each; what runs, and what may run."""

from typing import Any, Final

import pytest
from drawing import codes, judged
from rule_cases import Case
from said2x import ask, drawn, exchange, tell

from matrix.judge import Judge
from matrix.trace import Side

WHEN: Final = "2026-11-01T12:00:00Z"


def event(kind: str, transaction_id: Any = "t1", evse_id: Any = 1, **more: Any) -> list[str]:
    reasons = {"Started": "CablePluggedIn", "Updated": "ChargingStateChanged", "Ended": "EVDeparted"}
    told = {
        "eventType": kind, "timestamp": "$NOW", "triggerReason": reasons.get(kind), "seqNo": 0,
        "transactionInfo": {"transactionId": transaction_id}, "evse": {"id": evse_id},
    }  # fmt: skip
    return tell("TransactionEvent", **(told | more))


def schedule(*starts: Any, **more: Any) -> dict[str, Any]:
    periods = [{"startPeriod": start, "limit": 16} for start in starts or (0,)]
    return {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods} | more


def profile(purpose: Any = "TxProfile", kind: Any = "Relative", *schedules: Any, **more: Any) -> dict[str, Any]:
    told = {
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": kind,
        "chargingSchedule": schedules or [schedule()],
    }  # fmt: skip
    return told | ({"transactionId": "t1"} if purpose == "TxProfile" else {}) | more


def set_profile(told: Any, evse_id: Any = 1, status: Any = "Accepted") -> list[str]:
    return ask("SetChargingProfile", status, evseId=evse_id, chargingProfile=told)


KEPT: Final = drawn(
    *event("Started"), "+10s", *set_profile(profile()), *set_profile(profile("TxDefaultProfile"), 0),
    *set_profile(profile("TxDefaultProfile", "Absolute", schedule(0, 60, 120, startSchedule=WHEN))),
    *event("Ended"), "+10s", *set_profile(profile(), status="Rejected"),
)  # fmt: skip
LATE: Final = drawn(*event("Started"), *event("Ended"), "+10s", *set_profile(profile()))

CASES: Final = {
    "SC20-01": Case(drawn(*set_profile(profile(), 0)), KEPT, by=Side.CSMS),
    "SC20-02": Case(LATE, KEPT, by=Side.STATION),
}


def found(judge: Judge, rule: str) -> list[str]:
    return [each.severity for each in judge.findings if each.rule == rule]


@pytest.mark.parametrize("rule", CASES)
def test_profiles_that_fit_break_no_rule(rule: str) -> None:
    assert rule not in codes(judged(KEPT))


@pytest.mark.parametrize(
    ("told", "severities"),
    [
        (profile("ChargingStationExternalConstraints"), ["violation"]),
        ({key: value for key, value in profile().items() if key != "transactionId"}, ["violation"]),
        (profile("TxProfile", "Relative", schedule(60)), ["violation"]),
        (profile("TxProfile", "Relative", schedule(0, 120, 60)), ["violation"]),
        (profile("TxProfile", "Relative", schedule(0, 60, 60)), ["warning"]),
        (profile("TxProfile", "Relative", schedule(startSchedule=WHEN)), ["violation"]),
        (profile("TxProfile", "Absolute"), ["violation"]),
        (profile("TxProfile", "Recurring", schedule(startSchedule=WHEN), schedule()), ["violation"]),
        (profile("TxProfile", "Dynamic"), []),
    ],
)
def test_profile_fits_its_purpose_and_kind(told: dict[str, Any], severities: list[str]) -> None:
    assert found(judged(drawn(*set_profile(told), version="2.1")), "SC20-01") == severities


def test_profile_of_a_transaction_to_come_has_no_transaction_id() -> None:
    told = {key: value for key, value in profile().items() if key != "transactionId"}
    remote: dict[str, Any] = {"remoteStartId": 1, "idToken": {"idToken": "A1", "type": "Central"}, "evseId": 1}

    assert found(judged(drawn(*ask("RequestStartTransaction", **remote, chargingProfile=told))), "SC20-01") == []
    told["chargingSchedule"] = [schedule(60)]
    judge = judged(drawn(*ask("RequestStartTransaction", **remote, chargingProfile=told)))
    assert found(judge, "SC20-01") == ["violation"]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ([], 0),
        ([*event("Updated"), "+10s"], 0),
        ([*event("Ended")], 0),
        ([*event("Ended"), "+10s"], 1),
        ([*event("Ended"), "> unread too long", "+10s"], 0),
        ([*event("Ended"), *event("Started"), "+10s"], 0),
        ([*event("Ended"), *event("Started", offline=True), "+10s"], 1),
        ([*event("Started", "t2"), "+10s"], 1),
        ([*event("Started", "t2"), *event("Ended", "t2"), "+10s"], 0),
        ([*event("Started", "t2", 2), "+10s"], 0),
    ],
)
def test_profile_is_accepted_only_where_its_transaction_may_run(before: list[str], expected: int) -> None:
    assert len(found(judged(drawn(*before, *set_profile(profile()))), "SC20-02")) == expected


@pytest.mark.parametrize("wrong", [None, "x", True, [], {}, 1.5, 10**40])
def test_wrong_types_crash_no_rule(wrong: Any) -> None:
    odd = [profile(wrong, wrong, schedule(wrong, wrong)), profile("TxProfile", "Relative", wrong), wrong]
    asked = [line for told in odd for line in set_profile(told, wrong, wrong)]
    told = [*event("Started", wrong, wrong), *event("Ended", "t1", wrong, transactionInfo=wrong, evse=wrong)]

    judge = judged(drawn(*asked, *told, *set_profile(profile(transactionId=wrong)), *exchange("<", "X", {}, {})))

    assert judge.crashes == []
