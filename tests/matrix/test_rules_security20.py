"""SE20, CE20: one session that keeps the rule and one that breaks it, each; what may be from before the recording."""

from typing import Any, Final

import pytest
from drawing import Pen, codes, judged
from rule_cases import Case
from said2x import ask, beats, drawn, exchange

from matrix.judge import Judge
from matrix.trace import Side

OFFER: Final[dict[str, Any]] = {"offered": ("ocpp2.0.1",), "chosen": "ocpp2.0.1"}
VARIABLE: Final = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
SECRET: Final = "a-password-of-16-characters"
CSR: Final = "-----BEGIN CERTIFICATE REQUEST-----"


def change(status: Any = "Accepted") -> list[str]:
    wanted = {"setVariableData": [VARIABLE | {"attributeValue": SECRET}]}
    return exchange("<", "SetVariables", wanted, {"setVariableResult": [VARIABLE | {"attributeStatus": status}]})


def sign(status: Any = "Accepted", **more: Any) -> list[str]:
    answer = status if str(status).endswith("Error") or status == "NotSupported" else {"status": status}
    return exchange(">", "SignCertificate", {"csr": CSR} | more, answer)


def signed(**more: Any) -> list[str]:
    return ask("CertificateSigned", certificateChain="-----BEGIN CERTIFICATE-----", **more)


V2G: Final = {"certificateType": "V2GCertificate"}
STATION: Final = {"certificateType": "ChargingStationCertificate"}
CERTIFIED: Final = drawn(*sign(), *signed(), *sign(**V2G), *signed(**V2G), *sign("Rejected"), *beats(12))

CASES: Final = {
    "SE20-01": Case(drawn(*change(), *beats(7)), drawn(*change(), *beats(3)), by=Side.STATION),
    "CE20-01": Case(drawn(*sign("InternalError")), CERTIFIED, by=Side.CSMS),
}


def found(judge: Judge, rule: str) -> list[str]:
    return [each.severity for each in judge.findings if each.rule == rule]


@pytest.mark.parametrize("status", ["Rejected", "RebootRequired"])
def test_password_that_was_not_taken_ends_no_session(status: str) -> None:
    assert found(judged(drawn(*change(status), *beats(7))), "SE20-01") == []


def test_session_after_the_change_may_last() -> None:
    pen = Pen()

    assert codes(judged(pen.session(change(), **OFFER), pen.session(beats(7), **OFFER))) == []


def test_no_finding_shows_the_password() -> None:
    judge = judged(drawn(*change(), *beats(7)))

    assert judge.findings
    assert all(SECRET not in each.text for each in judge.findings)


@pytest.mark.parametrize(
    ("lines", "severities"),
    [
        (sign("GenericError"), ["violation"]),
        (sign("NotSupported"), []),
        (sign("SecurityError"), []),
        (exchange(">", "SignCertificate", {"csr": 1}, "InternalError"), []),
        ([*sign(), *beats(9)], []),
        ([*sign(), *beats(12)], ["info"]),
        ([*sign("Rejected"), *signed()], ["info"]),
        ([*sign("Rejected"), *sign(), *signed()], []),
        ([*sign(), *sign("Rejected"), *signed()], []),
        ([*sign(**V2G), *signed(**STATION)], ["info"]),
        ([*sign(**V2G), *sign(**STATION), *signed(**STATION), *signed(**V2G)], []),
        ([*sign(**V2G), *signed()], []),
        (signed(), []),
        ([*sign("Rejected"), "< unread too long", *signed()], []),
    ],
)
def test_certificate_follows_what_was_accepted(lines: list[str], severities: list[str]) -> None:
    assert found(judged(drawn(*lines)), "CE20-01") == severities


@pytest.mark.parametrize("wrong", [None, "x", True, [], {}, 1.5])
def test_wrong_types_crash_no_rule(wrong: Any) -> None:
    odd = exchange("<", "SetVariables", {"setVariableData": wrong}, {"setVariableResult": [wrong, {"variable": wrong}]})
    lines = [*odd, *change(wrong), *sign(wrong), *sign(certificateType=wrong), *signed(certificateType=wrong)]

    assert judged(drawn(*lines, *beats(12))).crashes == []
