"""CF16 and SP16: one session that keeps the rule and one that breaks it, each; what stations may write otherwise."""

from typing import Any, Final

import pytest
from drawing import codes, draw, judged
from rule_cases import Case
from said16 import ask, beat, boot, exchange, told

from matrix.judge import Judge
from matrix.trace import Side


def get(*keys: str, **answer: Any) -> list[str]:
    return exchange("<", "GetConfiguration", {"key": list(keys)}, answer)


def change(key: str, value: Any, status: str = "Accepted") -> list[str]:
    return ask("ChangeConfiguration", status, key=key, value=value)


def entry(key: str, value: Any, *, readonly: Any = False) -> dict[str, Any]:
    return {"key": key, "readonly": readonly, "value": value}


KEPT: Final = draw(
    *get("heartbeatinterval", "Foo", configurationKey=[entry("HeartbeatInterval", "300")], unknownKey=["Foo"]),
    *change("HeartbeatInterval", "60"),
    *told(HeartbeatInterval="60", NumberOfConnectors="2!", SecurityProfile="1"),
    *change("NumberOfConnectors", "3", "Rejected"),
    *change("Foo", "1", "NotSupported"),
    *change("SecurityProfile", "0", "Rejected"),
)

CASES: Final = {
    "CF16-01": Case(draw(*get("A", "B", configurationKey=[entry("A", "1")])), KEPT, by=Side.STATION),
    "CF16-02": Case(draw(*told(NumberOfConnectors="2!"), *change("NumberOfConnectors", "3")), KEPT, by=Side.STATION),
    "CF16-03": Case(draw(*change("A", "60"), *told(A="300")), KEPT, by=Side.STATION),
    "CF16-04": Case(draw(*get("A", configurationKey=[entry("A", 60, readonly=0)])), KEPT, by=Side.STATION),
    "CF16-05": Case(draw(*told(NumberOfConnectors="2")), KEPT, by=Side.STATION),
    "SP16-01": Case(draw(*told(SecurityProfile="2"), *change("SecurityProfile", "1")), KEPT, by=Side.STATION),
}


def found(judge: Judge, rule: str) -> list[tuple[str, str]]:
    return [(finding.severity, finding.side) for finding in judge.findings if finding.rule == rule]


@pytest.mark.parametrize("rule", CASES)
def test_configuration_that_is_right_breaks_no_rule(rule: str) -> None:
    assert rule not in codes(judged(KEPT))


def test_many_keys_at_once_may_be_too_many() -> None:
    many = [f"Key{number}" for number in range(30)]
    short = get(*many, configurationKey=[entry("Key0", "1")])

    assert found(judged(draw(*short)), "CF16-01") == [("warning", "station")]
    assert found(judged(draw(*told(GetConfigurationMaxKeys="50"), *short)), "CF16-01") == [("violation", "station")]


def test_secret_key_need_not_be_told() -> None:
    judge = judged(draw(*get("AuthorizationKey", configurationKey=[]), *change("AuthorizationKey", "x")))

    assert {"CF16-01", "CF16-02"}.isdisjoint(codes(judge))


@pytest.mark.parametrize("status", ["Accepted", "Rejected"])
def test_key_that_was_called_unknown_is_not_supported(status: str) -> None:
    judge = judged(draw(*get("Foo", unknownKey=["Foo"]), *change("foo", "1", status)))

    assert found(judge, "CF16-02") == [("violation", "station")]


def test_secret_that_was_called_unknown_may_be_write_only() -> None:
    judge = judged(draw(*get("WifiPassword", unknownKey=["WifiPassword"]), *change("WifiPassword", "x")))

    assert found(judge, "CF16-02") == [("warning", "station")]


def test_boot_may_bring_other_keys() -> None:
    judge = judged(draw(*get("Foo", unknownKey=["Foo"]), *boot(), *change("Foo", "1")))

    assert "CF16-02" not in codes(judge)


@pytest.mark.parametrize(
    ("value", "shown"), [("TRUE", "true"), ("60", "060"), ("60", " 60.0"), ("A,B", "A, B"), ("1e3", "1000")]
)
def test_value_may_be_written_otherwise(value: str, shown: str) -> None:
    judge = judged(draw(*change("A", value), *told(A=shown)))

    assert "CF16-03" not in codes(judge)


def test_change_that_waits_for_a_reboot_may_not_show_yet() -> None:
    judge = judged(draw(*told(A="1"), *change("A", "2", "RebootRequired"), *told(A="1")))

    assert "CF16-03" not in codes(judge)


@pytest.mark.parametrize("key", ["AuthorizationKey", "WifiPassword"])
def test_secrets_are_not_compared(key: str) -> None:
    judge = judged(draw(*change(key, "first"), *told(**{key: "second"})))

    assert "CF16-03" not in codes(judge)


def test_number_that_the_csms_sets_is_the_fault_of_the_csms() -> None:
    judge = judged(draw(*change("A", 60, "Rejected")))

    assert found(judge, "CF16-04") == [("violation", "csms")]


def test_security_profile_that_is_not_known_may_be_set_to_anything() -> None:
    judge = judged(draw(*change("SecurityProfile", "1")))

    assert "SP16-01" not in codes(judge)


def test_station_reconnects_with_its_new_profile() -> None:
    raised = [*told(SecurityProfile="1"), *change("SecurityProfile", "2")]

    assert "SP16-01" not in codes(judged(draw(*raised, "+1m", *beat())))
    assert found(judged(draw(*raised, "+4m", *beat(), "+2m", *beat())), "SP16-01") == [("warning", "station")]


@pytest.mark.parametrize("wrong", [None, 1, [1], [None], [[]], {"key": 1}, [{"key": 1, "readonly": "no", "value": []}]])
def test_wrong_types_crash_no_rule(wrong: Any) -> None:
    asked = exchange("<", "GetConfiguration", {"key": wrong}, {"configurationKey": wrong, "unknownKey": wrong})
    changed = exchange("<", "ChangeConfiguration", {"key": wrong, "value": wrong}, {"status": wrong})

    assert judged(draw(*asked, *changed, *asked)).crashes == []


def test_required_key_that_is_called_unknown_is_a_warning_and_an_optional_one_is_nothing() -> None:
    def called_unknown(key: str) -> list[tuple[str, str]]:
        return found(judged(draw(*get(key, unknownKey=[key]))), "CF16-05")

    assert called_unknown("ResetRetries") == [("warning", "station")]
    assert called_unknown("resetretries") == [("warning", "station")]
    assert called_unknown("WebSocketPingInterval") == []
    assert called_unknown("ChargeProfileMaxStackLevel") == []


def test_key_whose_access_is_up_to_the_station_may_be_written_or_not() -> None:
    assert "CF16-05" not in codes(judged(draw(*told(AuthorizeRemoteTxRequests="true!", HeartbeatInterval="60!"))))


def test_change_whose_answer_is_lost_or_comes_after_that_to_a_later_one_may_have_been_made() -> None:
    lost, _ = change("HeartbeatInterval", "120")
    earlier, answer = change("HeartbeatInterval", "60")
    told_it = told(HeartbeatInterval="120")

    assert "CF16-03" not in codes(judged(draw(*change("HeartbeatInterval", "60"), lost, "+40s", *told_it)))
    assert "CF16-03" not in codes(judged(draw(earlier, *change("HeartbeatInterval", "120"), answer, *told_it)))


def test_change_that_was_refused_leaves_the_one_before_in_force() -> None:
    refused = change("HeartbeatInterval", "-1", "Rejected")

    judge = judged(draw(*change("HeartbeatInterval", "60"), *refused, *told(HeartbeatInterval="120")))

    assert found(judge, "CF16-03") == [("warning", "station")]


def test_change_that_was_refused_does_not_settle_one_whose_answer_is_lost() -> None:
    lost, _ = change("HeartbeatInterval", "120")
    refused = change("HeartbeatInterval", "-1", "Rejected")

    judge = judged(draw(*change("HeartbeatInterval", "60"), lost, "+40s", *refused, *told(HeartbeatInterval="120")))

    assert "CF16-03" not in codes(judge)
