"""Answers: one session that keeps a rule and one that breaks it, each."""

from typing import Final

import pytest
from drawing import Pen, codes, draw, judged
from rule_cases import Case

from matrix.finding import Severity
from matrix.judge import Judge
from matrix.trace import Side

NOW = "2026-11-01T10:00:00Z"
HEARTBEAT = '> [2,"h","Heartbeat",{}]'
BEAT = f'< [3,"h",{{"currentTime":"{NOW}"}}]'
STREAM = '{"id":1,"pending":0,"basetime":"2026-11-01T10:00:00Z","data":[{"t":0,"v":"1"}]}'
WRONG = '> [2,"h","Heartbeat",{"x":1}]'
BEATEN = draw(HEARTBEAT, BEAT)
STREAMED = draw(f'> [6,"s","NotifyPeriodicEventStream",{STREAM}]', version="2.1")

CASES: Final = {
    "RPC-08": Case(draw(HEARTBEAT, '< [3,"other",{}]'), BEATEN, by=Side.CSMS),
    "RPC-11": Case(draw(HEARTBEAT, "+31s", BEAT), BEATEN, by=Side.CSMS),
    "RPC-12": Case(
        draw(HEARTBEAT, '< [4,"h","NotFound","",{}]'), draw(HEARTBEAT, '< [4,"h","GenericError","",{}]'), by=Side.CSMS
    ),
    "RPC-13": Case(
        draw(HEARTBEAT, '< [4,"h","NotFound","",{}]', version="2.0.1"),
        draw(HEARTBEAT, '< [4,"h","GenericError","",{}]', version="2.0.1"),
        by=Side.CSMS,
    ),
    "RPC-20": Case(
        draw(
            '> [2,"b","BootNotification",{}]', f'< [3,"b",{{"status":"Accepted","currentTime":"{NOW}","interval":1}}]'
        ),
        draw(WRONG, '< [4,"h","FormationViolation","",{}]'),
        by=Side.CSMS,
    ),
    "RPC-22": Case(
        draw(HEARTBEAT, BEAT, '> [5,"h","TypeConstraintViolation","",{}]', version="2.1"), STREAMED, by=Side.STATION
    ),
    "RPC-23": Case(
        draw('> [2,"a","Frobnicate",{}]', '< [4,"a","GenericError","",{}]'),
        draw('> [2,"a","Frobnicate",{}]', '< [4,"a","NotImplemented","",{}]'),
        by=Side.CSMS,
    ),
}


def severities(judge: Judge) -> list[str]:
    return [finding.severity for finding in judge.findings]


def test_answer_to_no_call_breaks_rpc_08() -> None:
    judge = judged(draw(HEARTBEAT, '< [3,"other",{}]', BEAT))

    assert codes(judge) == ["RPC-08"]
    assert judge.findings[0].side is Side.CSMS


def test_second_answer_to_one_call_breaks_rpc_08() -> None:
    judge = judged(draw(HEARTBEAT, BEAT, BEAT))

    assert codes(judge) == ["RPC-08"]
    assert "answered already, in frame 3" in judge.findings[0].text


def test_error_after_garbage_and_the_placeholder_id_are_legal_answers() -> None:
    garbage = judged(draw('> [2,"a",', '< [4,"a","ProtocolError","",{}]'))
    placeholder = judged(draw('< [4,"-1","RpcFrameworkError","",{}]', version="2.0.1"))

    assert codes(garbage) == ["RPC-01"]
    assert codes(placeholder) == []


def test_answer_after_a_gap_in_what_the_asker_said_is_not_blamed() -> None:
    judge = judged(draw("> unread not recorded: disk full", '< [3,"lost",{}]'))

    assert codes(judge) == []


def test_signed_message_that_is_turned_down_is_not_called_unknown() -> None:
    judge = judged(draw('> [2,"a","Heartbeat-Signed",{}]', '< [4,"a","SecurityError","",{}]', version="2.0.1"))

    assert codes(judge) == []


def test_silence_of_more_than_30_seconds_is_remarked_once() -> None:
    late = judged(draw(HEARTBEAT, "+31s", BEAT))
    never = judged(draw(HEARTBEAT, "+31s", "> ping x"))
    quick = judged(draw(HEARTBEAT, "+29s", BEAT))

    assert codes(late) == codes(never) == ["RPC-11"]
    assert late.findings[0].side is Side.CSMS
    assert late.board.view().pairs[0].row("Heartbeat").counts == {"remarked": 1}
    assert never.board.view().pairs[0].row("Heartbeat").counts == {"unanswered": 1}
    assert codes(quick) == []


@pytest.mark.parametrize(
    ("version", "code", "rule", "severity"),
    [
        ("1.6", "FormatViolation", "RPC-12", "warning"),
        ("1.6", "NotFound", "RPC-12", "warning"),
        ("2.0.1", "FormationViolation", "RPC-13", "warning"),
        ("2.0.1", "NotFound", "RPC-13", "violation"),
    ],
)
def test_error_code_that_the_version_does_not_have(version: str, code: str, rule: str, severity: str) -> None:
    judge = judged(draw('> [2,"h","Heartbeat",{"x":1}]', f'< [4,"h","{code}","",{{}}]', version=version))

    found = [(finding.rule, finding.severity) for finding in judge.findings if finding.side is Side.CSMS]

    assert found == [(rule, Severity(severity))]


@pytest.mark.parametrize(
    ("version", "code"), [("1.6", "OccurenceConstraintViolation"), ("2.0.1", "OccurrenceConstraintViolation")]
)
def test_each_version_keeps_its_own_spelling(version: str, code: str) -> None:
    judge = judged(draw('> [2,"h","Heartbeat",{"x":1}]', f'< [4,"h","{code}","",{{}}]', version=version))

    assert [finding for finding in judge.findings if finding.side is Side.CSMS] == []


def test_invalid_call_that_is_accepted_is_both_sides_breach() -> None:
    answer = f'< [3,"b",{{"status":"Accepted","currentTime":"{NOW}","interval":300}}]'
    judge = judged(draw('> [2,"b","BootNotification",{"chargePointVendor":"V"}]', answer))

    assert codes(judge) == ["RPC-19", "RPC-20"]
    assert [finding.side for finding in judge.findings] == [Side.STATION, Side.CSMS]
    assert judge.board.view().pairs[0].row("BootNotification").outcome == "deviated"


def test_unknown_field_that_is_let_through_is_a_remark_for_the_answerer() -> None:
    judge = judged(draw('> [2,"h","Heartbeat",{"extra":1}]', BEAT))

    assert codes(judge) == ["RPC-19", "RPC-20"]
    assert severities(judge) == ["violation", "warning"]


@pytest.mark.parametrize(
    ("code", "severity"),
    [("FormationViolation", ["violation"]), ("PropertyConstraintViolation", ["warning"]), ("SecurityError", [])],
)
def test_valid_call_turned_down_for_its_form_is_the_answerers_breach(code: str, severity: list[str]) -> None:
    judge = judged(draw(HEARTBEAT, f'< [4,"h","{code}","",{{}}]'))

    assert severities(judge) == severity
    assert judge.board.view().pairs[0].row("Heartbeat").outcome == "failed"


def test_result_error_is_told_and_fails_its_exchange() -> None:
    judge = judged(draw(HEARTBEAT, BEAT, '> [5,"h","TypeConstraintViolation","",{}]', version="2.1"))

    assert codes(judge) == ["RPC-22"]
    assert "fits its schema" in judge.findings[0].text
    assert judge.board.view().pairs[0].row("Heartbeat").counts == {"failed": 1}


def test_unknown_action_answered_with_another_code_is_remarked() -> None:
    judge = judged(draw('> [2,"a","Frobnicate",{}]', '< [4,"a","GenericError","",{}]'))

    assert codes(judge) == ["RPC-17", "RPC-23"]


@pytest.mark.parametrize("connector", ["9223372036854775807", "-2147483649"])
def test_integer_beyond_32_bits_may_be_turned_down_or_not(connector: str) -> None:
    call = f'> [2,"s","StatusNotification",{{"connectorId":{connector},"errorCode":"NoError","status":"Available"}}]'

    assert "RPC-20" not in codes(judged(draw(call, '< [4,"s","FormationViolation","",{}]')))
    assert "RPC-20" not in codes(judged(draw(call, '< [3,"s",{}]')))


def test_empty_array_that_the_schema_of_16_allows_may_be_turned_down() -> None:
    call = '< [2,"g","GetConfiguration",{"key":[]}]'

    assert codes(judged(draw(call, '> [4,"g","FormationViolation","",{}]'))) == []


def test_each_of_three_sendings_may_be_answered_though_one_answer_came_in_between() -> None:
    judge = judged(draw(HEARTBEAT, "+11s", HEARTBEAT, BEAT, "+10s", HEARTBEAT, BEAT, BEAT))

    assert "RPC-08" not in codes(judge)
    assert "RPC-08" in codes(judged(draw(HEARTBEAT, "+11s", HEARTBEAT, BEAT, "+10s", HEARTBEAT, BEAT, BEAT, BEAT)))


def test_late_answer_in_the_next_session_is_a_warning_that_names_its_call() -> None:
    pen, offered = Pen(), ("ocpp1.6",)
    traffic = pen.session(['< [2,"g","ClearCache",{}]'], offered=offered, chosen=offered[0])
    traffic += pen.session(['> [3,"g",{"status":"Accepted"}]'], offered=offered, chosen=offered[0])

    judge = judged(traffic)

    late = [each for each in judge.findings if each.rule == "RPC-08"]
    assert [(each.severity, each.side) for each in late] == [("warning", Side.STATION)]
    assert "is in frame 2 of session 1" in late[0].text


def test_result_to_an_invalid_call_is_not_called_acceptance() -> None:
    judge = judged(
        draw('> [2,"d","BootNotification",{}]', '< [3,"d",{"status":"Rejected","currentTime":"$NOW","interval":9}]')
    )

    told = next(each.text for each in judge.findings if each.rule == "RPC-20")
    assert told.startswith(
        "a CALLRESULT, not a CALLERROR, to a BootNotification that does not fit its schema (frame 2)"
    )
