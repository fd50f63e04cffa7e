"""Payloads against their schemas: one session that keeps a rule and one that breaks it, each."""

from typing import Final

import pytest
from drawing import codes, draw, judged
from rule_cases import Case

from matrix.judge import Judge
from matrix.trace import Side

NOW = "2026-11-01T10:00:00Z"
HEARTBEAT = '> [2,"h","Heartbeat",{}]'
BEAT = f'< [3,"h",{{"currentTime":"{NOW}"}}]'
WRONG = '> [2,"h","Heartbeat",{"x":1}]'
BEATEN = draw(HEARTBEAT, BEAT)
BEATEN_2X = draw(HEARTBEAT, BEAT, version="2.0.1")

CASES: Final = {
    "RPC-16": Case(draw('> [2,"a","Authorize",{"idToken":null}]', version="2.0.1"), BEATEN_2X, by=Side.STATION),
    "RPC-19": Case(draw(WRONG), BEATEN, by=Side.STATION),
}


def severities(judge: Judge) -> list[str]:
    return [finding.severity for finding in judge.findings]


def test_null_in_a_field_breaks_rpc_16_in_2x_and_rpc_19_in_16() -> None:
    newer = judged(draw('> [2,"a","Authorize",{"idToken":null}]', version="2.0.1"))
    older = judged(draw('> [2,"a","Authorize",{"idTag":null}]', version="1.6"))

    assert codes(newer) == ["RPC-16"]
    assert codes(older) == ["RPC-19"]
    assert newer.findings[0].pointer == "/idToken"


def test_payload_that_does_not_fit_is_the_senders_breach_with_its_place() -> None:
    meter = f'{{"connectorId":1,"meterValue":[{{"timestamp":"{NOW}","sampledValue":[{{"value":604.213}}]}}]}}'
    judge = judged(draw(f'> [2,"m","MeterValues",{meter}]', '< [4,"m","TypeConstraintViolation","",{}]'))

    assert codes(judge) == ["RPC-19"]
    assert judge.findings[0].pointer == "/meterValue/0/sampledValue/0/value"
    assert judge.findings[0].side is Side.STATION
    assert judge.board.view().pairs[0].row("MeterValues").outcome == "failed"


@pytest.mark.parametrize("limit", [21.4, 0.1, 199.9, 16, 0.3, 69.7])
def test_one_decimal_is_a_multiple_of_a_tenth(limit: float) -> None:
    schedule = f'{{"chargingRateUnit":"A","chargingSchedulePeriod":[{{"startPeriod":0,"limit":{limit}}}]}}'
    profile = (
        '{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile",'
        f'"chargingProfileKind":"Absolute","chargingSchedule":{schedule}}}'
    )
    call = f'< [2,"p","SetChargingProfile",{{"connectorId":1,"csChargingProfiles":{profile}}}]'

    assert codes(judged(draw(call))) == []


def test_empty_sampled_value_is_a_remark_because_the_official_schema_allows_it() -> None:
    meter = f'{{"connectorId":1,"meterValue":[{{"timestamp":"{NOW}","sampledValue":[]}}]}}'
    judge = judged(draw(f'> [2,"m","MeterValues",{meter}]', '< [3,"m",{}]'))

    assert codes(judge) == ["RPC-19"]
    assert severities(judge) == ["warning"]
    assert judge.board.view().pairs[0].row("MeterValues").outcome == "remarked"


def test_findings_of_20_are_warnings_that_say_they_are_extrapolated() -> None:
    judge = judged(draw('> [2,"a","Frobnicate",{}]', version="2.0"))

    assert severities(judge) == ["warning"]
    assert "as in 2.0.1" in judge.findings[0].text
