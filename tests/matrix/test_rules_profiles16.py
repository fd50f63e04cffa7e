"""SC16: one session that keeps the rule and one that breaks it, each; decimals as they are written."""

from typing import Any, Final

import pytest
from drawing import codes, draw, judged
from rule_cases import Case
from said16 import ask, beat, exchange, start, stop

from matrix.judge import Judge
from matrix.trace import Side


def schedule(limit: Any = 16, first: Any = 0) -> dict[str, Any]:
    return {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": first, "limit": limit}]}


def profile(connector: int = 1, purpose: str = "TxProfile", status: str = "Accepted", **of: Any) -> list[str]:
    told = {"chargingProfileId": 1, "stackLevel": 0, "chargingProfileKind": "Relative"}
    told |= {"chargingProfilePurpose": purpose, "chargingSchedule": schedule(**of)}
    return ask("SetChargingProfile", status, connectorId=connector, csChargingProfiles=told)


KEPT: Final = draw(
    *profile(0, "ChargePointMaxProfile", limit=21.4), *profile(1, "TxDefaultProfile"), *start(7), *profile(), *stop(7),
    "+3s", *profile(status="Rejected"), "+11s", *beat(),
)  # fmt: skip
IDLE: Final = [*start(7), *stop(7), "+3s"]

CASES: Final = {
    "SC16-01": Case(draw(*profile(0)), draw(*profile(0, "ChargePointMaxProfile"), *start(7), *profile()), by=Side.CSMS),
    "SC16-02": Case(draw(*IDLE, *profile(), "+11s", *beat()), KEPT, by=Side.STATION),
    "SC16-03": Case(draw(*profile(limit=16.25)), KEPT, by=Side.CSMS),
}


def found(judge: Judge, rule: str) -> list[tuple[str, str]]:
    return [(finding.severity, finding.side) for finding in judge.findings if finding.rule == rule]


def test_maximum_of_the_station_is_not_for_one_connector() -> None:
    judge = judged(draw(*profile(1, "ChargePointMaxProfile")))

    assert found(judge, "SC16-01") == [("violation", "csms")]


def test_profile_for_a_transaction_that_has_ended_is_a_warning_to_the_csms() -> None:
    assert found(judged(draw(*IDLE, *profile(status="Rejected"))), "SC16-01") == [("warning", "csms")]


def test_csms_that_has_not_answered_the_stop_may_not_know_of_it() -> None:
    waits = [*start(7), stop(7)[0], "+3s", *profile(status="Rejected")]

    assert found(judged(draw(*waits)), "SC16-01") == []


def test_transaction_from_before_the_recording_may_run() -> None:
    assert codes(judged(draw(*profile(), "+11s", *beat()))) == []


def test_transaction_that_turns_up_later_had_begun() -> None:
    judge = judged(draw(*IDLE, *profile(), "+2s", *start(8), "+11s", *beat()))

    assert "SC16-02" not in codes(judge)


def test_every_number_with_one_decimal_is_right() -> None:
    lines = [line for tenths in range(2000) for line in profile(0, "TxDefaultProfile", limit=tenths / 10)]

    assert "SC16-03" not in codes(judged(draw(*lines)))


@pytest.mark.parametrize(("limit", "first"), [(16.25, 0), (0.01, 0), (16.000000000000004, 0), (16, 60)])
def test_second_decimal_and_a_late_first_period_are_wrong(limit: float, first: int) -> None:
    judge = judged(draw(*profile(0, "TxDefaultProfile", limit=limit, first=first)))

    assert found(judge, "SC16-03") == [("violation", "csms")]


def test_schedule_of_the_station_is_its_own() -> None:
    told = {"status": "Accepted", "chargingSchedule": schedule(first=5)}
    judge = judged(draw(*exchange("<", "GetCompositeSchedule", {"connectorId": 1, "duration": 60}, told)))

    assert found(judge, "SC16-03") == [("violation", "station")]


def test_schedule_without_a_period_is_remarked_on() -> None:
    told = {"status": "Accepted", "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": []}}
    judge = judged(draw(*exchange("<", "GetCompositeSchedule", {"connectorId": 1, "duration": 60}, told)))

    assert found(judge, "SC16-03") == [("info", "station")]


@pytest.mark.parametrize("wrong", [None, "x", True, [], {}, 1e300, 5e-324, -1e-9, 2**63])
def test_wrong_values_crash_no_rule(wrong: Any) -> None:
    judge = judged(
        draw(*profile(limit=wrong, first=wrong), *profile(wrong), *ask("SetChargingProfile", csChargingProfiles=wrong))
    )

    assert judge.crashes == []
