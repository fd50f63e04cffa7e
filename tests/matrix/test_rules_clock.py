"""TM: one session that keeps the rule and one that breaks it, each."""

from typing import Final

import pytest
from drawing import Pen, codes, draw, judged
from rule_cases import Case

from matrix.judge import Judge
from matrix.trace import Side, Traffic

HEARTBEAT: Final = '> [2,"h","Heartbeat",{}]'


def beaten(time: str, version: str = "1.6") -> list[Traffic]:
    return draw(HEARTBEAT, f'< [3,"h",{{"currentTime":"{time}"}}]', version=version)


def metered(*times: str, wait: str = "+1s") -> list[str]:
    value = '"sampledValue":[{"value":"1"}]'
    lines = ['< [3,"h",{"currentTime":"$NOW"}]']
    for number, time in enumerate(times):
        meter = f'{{"connectorId":1,"meterValue":[{{"timestamp":"{time}",{value}}}]}}'
        lines += [wait, f'> [2,"m{number}","MeterValues",{meter}]', f'< [3,"m{number}",{{}}]']
    return [HEARTBEAT, *lines]


def told(judge: Judge) -> list[tuple[str, str, str]]:
    return [(each.rule, each.severity, each.side) for each in judge.findings if each.rule.startswith("TM")]


CASES: Final = {
    "TM-01": Case(beaten("01.11.2026 10:00"), beaten("$NOW"), by=Side.CSMS),
    "TM-02": Case(
        beaten("2026-11-01T10:00:00.1234567Z", "2.0.1"), beaten("2026-11-01T10:00:00.123Z", "2.0.1"), by=Side.CSMS
    ),
    "TM-03": Case(draw(*metered("$NOW+10m")), draw(*metered("$NOW-1s")), by=Side.STATION),
    "TM-04": Case(beaten("$NOW-1h"), beaten("$NOW-20s"), by=Side.CSMS),
}


def test_time_without_an_offset_is_explained_beside_the_schemas_breach() -> None:
    judge = judged(draw(*metered("2026-11-01T10:00:00")))

    assert codes(judge) == ["RPC-19", "TM-01", "RPC-20"]
    assert told(judge) == [("TM-01", "warning", "station")]
    assert judge.findings[1].pointer == "/meterValue/0/timestamp"
    assert "it has no offset from UTC" in judge.findings[1].text


@pytest.mark.parametrize("time", ["2026-11-01T11:00:00.2973429+01:00", "2026-11-01T10:00:00.000000Z"])
def test_fine_fractions_and_offsets_are_legal_in_16(time: str) -> None:
    assert codes(judged(beaten(time))) == []


def test_time_that_is_not_utc_is_told_once_a_side_in_2x() -> None:
    local = '< [3,"%s",{"currentTime":"2026-11-01T11:00:00+01:00"}]'
    lines = [line for each in "abc" for line in (HEARTBEAT.replace('"h"', f'"{each}"'), local % each)]

    judge = judged(draw(*lines, version="2.1"))

    assert told(judge) == [("TM-02", "info", "csms")]


def test_every_timestamp_of_a_message_is_looked_at() -> None:
    entry = '{"timestamp":"2026-11-01T10:00:00.%sZ","sampledValue":[{"value":1}]}'
    call = f'> [2,"m","MeterValues",{{"evseId":1,"meterValue":[{entry % "1"},{entry % "1234"},{entry % "12345"}]}}]'

    judge = judged(draw(call, version="2.0.1"))

    assert [finding.pointer for finding in judge.findings] == ["/meterValue/1/timestamp", "/meterValue/2/timestamp"]


def test_clock_that_was_never_set_is_a_warning_once_the_time_was_told() -> None:
    times = "1970-01-01T00:00:00.740Z"

    assert told(judged(draw(*metered(times)))) == [("TM-03", "warning", "station")]
    assert told(judged(draw(*metered(times)[3:]))) == []


def test_what_waited_to_be_sent_is_not_taken_for_a_slow_clock() -> None:
    waited = judged(draw(*metered("$NOW-1h", "$NOW-50m", "$NOW-40m", wait="+61s")))
    slow = judged(draw(*metered("$NOW-1h", "$NOW-1h", "$NOW-1h", wait="+61s")))
    at_once = judged(draw(*metered("$NOW-1h", "$NOW-1h", "$NOW-1h", wait="+1s")))

    assert told(waited) == told(at_once) == []
    assert told(slow) == [("TM-03", "warning", "station")] * 2


def test_station_that_took_over_a_wrong_time_is_not_to_blame() -> None:
    lines = metered("$NOW+2h")
    lines[1] = '< [3,"h",{"currentTime":"$NOW+2h"}]'

    assert told(judged(draw(*lines))) == [("TM-04", "warning", "csms")]


def test_time_that_was_told_in_an_answer_that_is_late_is_that_of_telling() -> None:
    late = [HEARTBEAT, "+90s", '< [3,"h",{"currentTime":"$NOW-89s"}]']

    assert told(judged(draw(*late))) == []
    assert told(judged(draw(*late[:2], late[2].replace("89s", "151s")))) == [("TM-04", "warning", "csms")]


def test_event_of_a_time_offline_may_be_of_any_time() -> None:
    event = (
        '> [2,"e","TransactionEvent",{"eventType":"Started","timestamp":"$NOW+1h","triggerReason":"Authorized",'
        '"seqNo":0,"offline":true,"transactionInfo":{"transactionId":"t"}}]'
    )

    assert told(judged(draw(*metered()[:2], event, version="2.0.1"))) == []


def test_time_told_by_one_csms_says_nothing_about_another() -> None:
    pen, fields = Pen(), {"offered": ("ocpp1.6",), "chosen": "ocpp1.6"}
    here = pen.session(metered(), csms="acme", **fields)  # type: ignore[arg-type]  # one dict for both
    there = pen.session(metered("$NOW+1h")[2:], csms="volt", **fields)  # type: ignore[arg-type]  # one dict for both

    assert told(judged(here, there)) == []
