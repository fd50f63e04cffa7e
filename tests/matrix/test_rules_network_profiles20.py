"""NP20: one session that keeps the rule and one that breaks it, each; what is known of the station, and since when."""

from typing import Any, Final

import pytest
from drawing import Pen, codes, judged
from rule_cases import Case
from said2x import ask, drawn, exchange, tell

from matrix.judge import Judge
from matrix.trace import Side

OFFER: Final[dict[str, Any]] = {"offered": ("ocpp2.0.1",), "chosen": "ocpp2.0.1"}


def entry(variable: Any, component: Any = "SecurityCtrlr") -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": variable}}


def read(variable: str, value: Any, component: str = "SecurityCtrlr") -> list[str]:
    asked = entry(variable, component)
    result = asked | {"attributeStatus": "Accepted", "attributeValue": value}
    return exchange("<", "GetVariables", {"getVariableData": [asked]}, {"getVariableResult": [result]})


def report(slots: Any = "0, 1", profile: Any = "2") -> list[str]:
    priority = entry("NetworkConfigurationPriority", "OCPPCommCtrlr") | {
        "variableAttribute": [{"value": "0"}],
        "variableCharacteristics": {"dataType": "SequenceList", "supportsMonitoring": False, "valuesList": slots},
    }
    security = entry("SecurityProfile") | {"variableAttribute": [{"type": "Actual", "value": profile}]}
    return tell("NotifyReport", requestId=1, generatedAt="$NOW", seqNo=0, reportData=[priority, security])


def set_profile(profile: Any, slot: Any = 1, status: Any = "Accepted") -> list[str]:
    data = {
        "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "wss://csms.example", "messageTimeout": 30,
        "securityProfile": profile, "ocppInterface": "Wired0",
    }  # fmt: skip
    return ask("SetNetworkProfile", status, configurationSlot=slot, connectionData=data)


DOWNGRADE: Final = "AllowSecurityProfileDowngrade"
KEPT: Final = drawn(*report(), *set_profile(2), *set_profile(3, 0), *set_profile(1, status="Rejected"))

CASES: Final = {"NP20-01": Case(drawn(*report(), *set_profile(1)), KEPT, by=Side.STATION)}


def found(judge: Judge) -> list[str]:
    return [each.severity for each in judge.findings if each.rule == "NP20-01"]


def test_profiles_that_fit_are_accepted_and_others_rejected() -> None:
    assert codes(judged(KEPT)) == []


@pytest.mark.parametrize(
    ("lines", "severities"),
    [
        ([*read("SecurityProfile", "3"), *set_profile(1)], ["violation"]),
        ([*read("SecurityProfile", "3"), *set_profile(2)], ["warning"]),
        ([*read("SecurityProfile", "3"), *read(DOWNGRADE, "false"), *set_profile(2)], ["violation"]),
        ([*read("SecurityProfile", "3"), *read(DOWNGRADE, "true"), *set_profile(2)], ["warning"]),
        ([*read("SecurityProfile", "3", "NetworkConfiguration"), *set_profile(1)], []),
        ([*read("SecurityProfile", "high"), *set_profile(1)], []),
        ([*read("SecurityProfile", "3"), "> unread too long", *set_profile(1)], []),
        (set_profile(0), []),
        ([*report(), *set_profile(2, 7)], ["violation"]),
        ([*report("a,b"), *set_profile(2, 7)], []),
        ([*report("0," * 100), *set_profile(2, 7)], []),
        ([*report(), *set_profile(2, 7, "Failed")], []),
    ],
)
def test_profile_is_judged_by_what_the_station_has_told(lines: list[str], severities: list[str]) -> None:
    assert found(judged(drawn(*lines, version="2.1"))) == severities


def test_security_profile_of_an_earlier_session_may_have_changed() -> None:
    pen = Pen()

    assert found(judged(pen.session(report(), **OFFER), pen.session(set_profile(1), **OFFER))) == []


@pytest.mark.parametrize("wrong", [None, "x", True, [], {}, 1.5, 10**40])
def test_wrong_types_crash_no_rule(wrong: Any) -> None:
    odd = tell("NotifyReport", requestId=1, reportData=[wrong, {"variable": wrong, "variableAttribute": wrong}])
    change = exchange("<", "SetVariables", {"setVariableData": [wrong]}, {"setVariableResult": wrong})
    lines = [*report(wrong, wrong), *odd, *change, *read("SecurityProfile", wrong), *read(DOWNGRADE, wrong)]

    assert judged(drawn(*lines, *set_profile(wrong, wrong, wrong), *set_profile(wrong, wrong))).crashes == []
