"""HB: one session that keeps the rule and one that breaks it, each."""

from typing import Final

import pytest
from drawing import Pen, codes, draw, judged
from rule_cases import Case

from matrix.trace import Side

BOOT: Final = (
    '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    '< [3,"b",{"status":"Accepted","currentTime":"$NOW","interval":60}]',
    '> [2,"s0","StatusNotification",{"connectorId":0,"errorCode":"NoError","status":"Available"}]',
    '< [3,"s0",{}]',
)
BOOT_2X: Final = (
    '> [2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]',
    BOOT[1],
    '> [2,"s","StatusNotification",{"timestamp":"$NOW","connectorStatus":"Available","evseId":1,"connectorId":1}]',
    '< [3,"s",{}]',
)
COMPONENT: Final = '"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}'


def beats(count: int, wait: str) -> list[str]:
    call, answer = '> [2,"h%d","Heartbeat",{}]', '< [3,"h%d",{"currentTime":"$NOW"}]'
    return [line for number in range(count) for line in (wait, call % number, answer % number)]


CASES: Final = {
    "HB-01": Case(draw(*BOOT, *beats(1, "+181s")), draw(*BOOT, *beats(3, "+170s")), by=Side.STATION),
    "HB-02": Case(
        draw(*BOOT_2X, *beats(1, "+125s"), version="2.0.1"),
        draw(*BOOT_2X, *beats(3, "+60s"), version="2.0.1"),
        by=Side.STATION,
    ),
}


@pytest.mark.parametrize("sign", ["> ping x", "> pong x", '> [2,"d","DataTransfer",{"vendorId":"x"}]'])
def test_anything_that_a_station_says_ends_a_silence(sign: str) -> None:
    judge = judged(draw(*BOOT_2X, "+100s", sign, *beats(1, "+100s"), version="2.1"))

    assert "HB-02" not in codes(judge)


def test_silence_is_no_more_than_a_warning_for_the_line_may_have_stalled() -> None:
    judge = judged(draw(*BOOT_2X, *beats(1, "+125s"), version="2.0.1"))

    assert [each.severity for each in judge.findings if each.rule == "HB-02"] == ["warning"]


def test_ping_of_the_csms_is_no_sign_of_the_station() -> None:
    judge = judged(draw(*BOOT_2X, "+100s", "< ping x", *beats(1, "+100s"), version="2.1"))

    assert "HB-02" in codes(judge)


def test_interval_outlasts_the_session_and_a_silence_between_sessions_is_none() -> None:
    pen, offered = Pen(), ("ocpp2.0.1",)
    first = pen.session(BOOT_2X, offered=offered, chosen=offered[0])
    again = pen.session(["+10m", *beats(1, "+1s"), *beats(1, "+10m")], offered=offered, chosen=offered[0])

    assert codes(judged(first, again)).count("HB-02") == 1


@pytest.mark.parametrize(("status", "found"), [("Accepted", 0), ("Rejected", 1)])
def test_change_of_the_interval_is_followed_where_it_was_accepted(status: str, found: int) -> None:
    change = (
        f'< [2,"v","SetVariables",{{"setVariableData":[{{"attributeValue":"300",{COMPONENT}}}]}}]',
        f'> [3,"v",{{"setVariableResult":[{{"attributeStatus":"{status}",{COMPONENT}}}]}}]',
    )

    judge = judged(draw(*BOOT_2X, *change, *beats(1, "+300s"), version="2.0.1"))

    assert codes(judge).count("HB-02") == found


def test_configuration_of_the_interval_is_followed_in_16() -> None:
    change = '< [2,"c","ChangeConfiguration",{"key":"HeartbeatInterval","value":"600"}]'

    judge = judged(draw(*BOOT, change, '> [3,"c",{"status":"Accepted"}]', *beats(1, "+600s")))

    assert codes(judge) == []


def test_silence_with_a_gap_in_the_recording_is_nobodys() -> None:
    judge = judged(draw(*BOOT_2X, "+60s", "> unread not recorded: disk full", *beats(1, "+65s"), version="2.0.1"))

    assert "HB-02" not in codes(judge)


@pytest.mark.parametrize(("wait", "found"), [("+10s", 1), ("+45s", 0)])
def test_five_hasty_heartbeats_in_a_row_are_a_warning_once(wait: str, found: int) -> None:
    judge = judged(draw(*BOOT_2X, *beats(9, wait), version="2.0.1"))

    assert [finding.severity for finding in judge.findings] == ["warning"] * found


def test_heartbeats_that_were_asked_for_are_not_hasty() -> None:
    trigger = ('< [2,"t","TriggerMessage",{"requestedMessage":"Heartbeat"}]', '> [3,"t",{"status":"Accepted"}]')

    assert codes(judged(draw(*BOOT_2X, *trigger, *beats(9, "+1s"), version="2.0.1"))) == []


def test_interval_that_is_not_known_is_not_judged() -> None:
    assert codes(judged(draw(*beats(2, "+10m"), version="2.0.1"))) == []


def test_interval_that_another_csms_has_told_since_is_the_one_that_counts() -> None:
    pen, offered, longer = Pen(), ("ocpp2.0.1",), [line.replace("60}", "3600}") for line in BOOT_2X]
    traffic = pen.session(BOOT_2X, offered=offered, chosen=offered[0])
    traffic += pen.session(longer, csms="other", offered=offered, chosen=offered[0])
    traffic += pen.session([*beats(1, "+1s"), *beats(1, "+10m")], offered=offered, chosen=offered[0])

    assert "HB-02" not in codes(judged(traffic))
