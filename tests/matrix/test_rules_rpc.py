"""RPC: one session that keeps the rule and one that breaks it, each."""

import json
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
GET = '< [2,"g","GetConfiguration",{"key":[]}]'
GOT = '> [3,"g",{"configurationKey":[]}]'
DATA = '> [2,"d","DataTransfer",{"vendorId":"x"}]'
STREAM = '{"id":1,"pending":0,"basetime":"2026-11-01T10:00:00Z","data":[{"t":0,"v":"1"}]}'
WRONG = '> [2,"h","Heartbeat",{"x":1}]'
BEATEN = draw(HEARTBEAT, BEAT)
BEATEN_2X = draw(HEARTBEAT, BEAT, version="2.0.1")
STREAMED = draw(f'> [6,"s","NotifyPeriodicEventStream",{STREAM}]', version="2.1")

CASES: Final = {
    "RPC-01": Case(draw("> nonsense"), BEATEN, by=Side.STATION),
    "RPC-02": Case(draw('> [5,"h","InternalError","",{}]'), BEATEN, by=Side.STATION),
    "RPC-03": Case(draw('> [7,"h","Heartbeat",{}]', version="2.1"), STREAMED, by=Side.STATION),
    "RPC-05": Case(draw(HEARTBEAT, '< [3,"h"]'), BEATEN, by=Side.CSMS),
    "RPC-06": Case(draw('> [2,17,"Heartbeat",{}]'), BEATEN, by=Side.STATION),
    "RPC-07": Case(draw(HEARTBEAT, BEAT, DATA.replace('"d"', '"h"')), draw(HEARTBEAT, BEAT, DATA), by=Side.STATION),
    "RPC-08": Case(draw(HEARTBEAT, '< [3,"other",{}]'), BEATEN, by=Side.CSMS),
    "RPC-09": Case(draw(HEARTBEAT, DATA, BEAT), draw(HEARTBEAT, BEAT, DATA), by=Side.STATION),
    "RPC-10": Case(
        draw(HEARTBEAT, DATA, BEAT, version="2.0.1"), draw(HEARTBEAT, BEAT, DATA, version="2.0.1"), by=Side.STATION
    ),
    "RPC-11": Case(draw(HEARTBEAT, "+31s", BEAT), BEATEN, by=Side.CSMS),
    "RPC-12": Case(
        draw(HEARTBEAT, '< [4,"h","NotFound","",{}]'), draw(HEARTBEAT, '< [4,"h","GenericError","",{}]'), by=Side.CSMS
    ),
    "RPC-13": Case(
        draw(HEARTBEAT, '< [4,"h","NotFound","",{}]', version="2.0.1"),
        draw(HEARTBEAT, '< [4,"h","GenericError","",{}]', version="2.0.1"),
        by=Side.CSMS,
    ),
    "RPC-14": Case(
        draw(HEARTBEAT, '< [4,"h","InternalError","",null]'),
        draw(HEARTBEAT, '< [4,"h","InternalError","",{}]'),
        by=Side.CSMS,
    ),
    "RPC-15": Case(draw('> [2,"h","Heartbeat",null]', BEAT), BEATEN, by=Side.STATION),
    "RPC-16": Case(draw('> [2,"a","Authorize",{"idToken":null}]', version="2.0.1"), BEATEN_2X, by=Side.STATION),
    "RPC-17": Case(draw('> [2,"h","heartbeat",{}]'), BEATEN, by=Side.STATION),
    "RPC-18": Case(draw('< [2,"h","Heartbeat",{}]'), BEATEN, by=Side.CSMS),
    "RPC-19": Case(draw(WRONG), BEATEN, by=Side.STATION),
    "RPC-20": Case(
        draw(
            '> [2,"b","BootNotification",{}]', f'< [3,"b",{{"status":"Accepted","currentTime":"{NOW}","interval":1}}]'
        ),
        draw(WRONG, '< [4,"h","FormationViolation","",{}]'),
        by=Side.CSMS,
    ),
    "RPC-21": Case(draw('> [6,"h","Heartbeat",{}]', version="2.1"), STREAMED, by=Side.STATION),
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


@pytest.mark.parametrize(
    "text", ['[3,"a",{"key":[]', '{"a":1}', "", "[]", "nonsense", '["2","a","Heartbeat",{}]', "[2.5]"]
)
def test_text_that_is_no_message_breaks_rpc_01(text: str) -> None:
    judge = judged(draw(f"> {text}" if text else "> bytes "))

    assert "RPC-01" in codes(judge)
    assert judge.board.view().pairs[0].row("Framing").outcome == "failed"


@pytest.mark.parametrize(("version", "rule"), [("1.6", "RPC-02"), ("2.0.1", "RPC-02"), ("2.1", "RPC-03")])
def test_message_type_that_the_version_does_not_have_is_a_breach(version: str, rule: str) -> None:
    judge = judged(draw('> [7,"a","Heartbeat",{}]', version=version))

    assert codes(judge) == [rule]


def test_send_exists_in_21_only() -> None:
    data = '{"id":1,"pending":0,"basetime":"2026-11-01T10:00:00Z","data":[{"t":0,"v":"1"}]}'
    stream = f'> [6,"a","NotifyPeriodicEventStream",{data}]'

    assert codes(judged(draw(stream, version="2.0.1"))) == ["RPC-02"]
    assert codes(judged(draw(stream, version="2.1"))) == []


@pytest.mark.parametrize(
    "answer", ['< [4,"h","InternalError",""]', '< [4,"h","InternalError","",{},1]', '< [3,"h"]', '< [3,"h",[]]']
)
def test_message_with_the_wrong_elements_breaks_rpc_05(answer: str) -> None:
    judge = judged(draw(HEARTBEAT, answer))

    assert codes(judge)[0] == "RPC-05"
    assert judge.findings[0].side is Side.CSMS
    assert judge.board.view().pairs[0].row("Framing").outcome == "deviated"


def test_message_id_that_is_a_number_breaks_rpc_06_and_is_paired_all_the_same() -> None:
    judge = judged(draw('> [2,17,"Heartbeat",{}]', f'< [3,17,{{"currentTime":"{NOW}"}}]'))

    assert [(each.rule, each.side) for each in judge.findings] == [("RPC-06", Side.STATION)]
    assert judge.board.view().pairs[0].row("Heartbeat").outcome == "deviated"


def test_message_id_of_36_characters_is_the_longest() -> None:
    longest, too_long = "x" * 36, "x" * 37

    assert codes(judged(draw(f'> [2,"{longest}","Heartbeat",{{}}]'))) == []
    assert codes(judged(draw(f'> [2,"{too_long}","Heartbeat",{{}}]'))) == ["RPC-06"]


def test_same_id_with_another_message_breaks_rpc_07() -> None:
    judge = judged(draw(HEARTBEAT, BEAT, '> [2,"h","Authorize",{"idTag":"A"}]'))

    assert codes(judge) == ["RPC-07"]
    assert severities(judge) == ["violation"]
    assert judge.findings[0].action == "Authorize"


def test_retry_with_the_same_id_and_content_is_legal() -> None:
    judge = judged(draw(HEARTBEAT, "+20s", HEARTBEAT, BEAT, BEAT))

    assert codes(judge) == ["RPC-07"]
    assert severities(judge) == ["info"]
    assert judge.board.view().pairs[0].row("Heartbeat").counts == {"passed": 1}


@pytest.mark.parametrize(("version", "severity"), [("1.6", "warning"), ("2.0.1", "violation")])
def test_ids_that_start_again_after_a_reconnect_weigh_by_version(version: str, severity: str) -> None:
    pen, offered = Pen(), (f"ocpp{version}",)
    first = pen.session(['> [2,"1","Heartbeat",{}]'], offered=offered, chosen=offered[0])
    data = '{"vendorId":"x"}'
    again = pen.session([f'> [2,"1","DataTransfer",{data}]'], offered=offered, chosen=offered[0])

    judge = judged(first, again)

    assert codes(judge) == ["RPC-07"]
    assert severities(judge) == [severity]


def test_the_two_sides_may_use_the_same_id() -> None:
    assert codes(judged(draw(HEARTBEAT, '< [2,"h","GetConfiguration",{"key":[]}]', BEAT))) == []


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


@pytest.mark.parametrize(("version", "rule"), [("1.6", "RPC-09"), ("2.0.1", "RPC-10"), ("2.1", "RPC-10")])
def test_call_while_an_own_call_is_open_is_noticed(version: str, rule: str) -> None:
    judge = judged(draw(HEARTBEAT, '> [2,"d","DataTransfer",{"vendorId":"x"}]', version=version))

    assert codes(judge) == [rule]
    assert judge.findings[0].side is Side.STATION


def test_same_call_sent_again_early_is_a_warning_in_2x_too() -> None:
    judge = judged(draw(HEARTBEAT, "+3s", HEARTBEAT, BEAT, version="2.0.1"))

    assert [(finding.rule, finding.severity) for finding in judge.findings] == [
        ("RPC-07", "info"),
        ("RPC-10", "warning"),
    ]


@pytest.mark.parametrize("noise", ["< unread not recorded: disk full", "< nonsense"])
def test_caller_is_not_called_hasty_where_its_answer_may_have_been_lost(noise: str) -> None:
    judge = judged(draw(HEARTBEAT, noise, '> [2,"d","DataTransfer",{"vendorId":"x"}]', version="2.0.1"))

    assert "RPC-10" not in codes(judge)


def test_signed_message_that_is_turned_down_is_not_called_unknown() -> None:
    judge = judged(draw('> [2,"a","Heartbeat-Signed",{}]', '< [4,"a","SecurityError","",{}]', version="2.0.1"))

    assert codes(judge) == []


def test_crossing_calls_are_legal() -> None:
    assert codes(judged(draw(HEARTBEAT, GET, GOT, BEAT))) == []


def test_call_after_the_caller_may_have_given_up_is_legal() -> None:
    judge = judged(draw(HEARTBEAT, "+11s", '> [2,"d","DataTransfer",{"vendorId":"x"}]'))

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


def test_error_fields_of_the_wrong_type_or_length_break_rpc_14() -> None:
    typed = judged(draw(HEARTBEAT, '< [4,"h","InternalError",null,[]]'))
    long = judged(draw(HEARTBEAT, f'< [4,"h","InternalError","{"x" * 256}",{{}}]', version="2.1"))
    fine = judged(draw(HEARTBEAT, f'< [4,"h","InternalError","{"x" * 256}",{{}}]', version="1.6"))

    assert codes(typed) == ["RPC-14", "RPC-14"]
    assert codes(long) == ["RPC-14"]
    assert codes(fine) == []


def test_null_payload_is_remarked() -> None:
    judge = judged(draw('> [2,"h","Heartbeat",null]', BEAT))

    assert codes(judge) == ["RPC-15"]
    assert judge.board.view().pairs[0].row("Heartbeat").outcome == "remarked"


def test_null_in_a_field_breaks_rpc_16_in_2x_and_rpc_19_in_16() -> None:
    newer = judged(draw('> [2,"a","Authorize",{"idToken":null}]', version="2.0.1"))
    older = judged(draw('> [2,"a","Authorize",{"idTag":null}]', version="1.6"))

    assert codes(newer) == ["RPC-16"]
    assert codes(older) == ["RPC-19"]
    assert newer.findings[0].pointer == "/idToken"


@pytest.mark.parametrize(
    ("action", "hint"), [("heartbeat", "Heartbeat"), ("BootNotification.req", "BootNotification"), ("Frobnicate", "")]
)
def test_action_that_does_not_exist_breaks_rpc_17(action: str, hint: str) -> None:
    judge = judged(draw(f'> [2,"a","{action}",{{}}]', '< [4,"a","NotImplemented","",{}]'))

    assert codes(judge) == ["RPC-17"]
    assert hint in judge.findings[0].text
    assert judge.board.view().pairs[0].row(action).outcome == "refused"


def test_signed_messages_are_legal_in_2x() -> None:
    lines = ('> [2,"a","Heartbeat-Signed",{"payload":"x"}]', '< [3,"a",{"payload":"x"}]')

    assert codes(judged(draw(*lines, version="2.0.1"))) == []
    assert codes(judged(draw(*lines, version="1.6"))) == ["RPC-17"]


def test_action_of_the_other_side_breaks_rpc_18() -> None:
    judge = judged(draw('< [2,"h","Heartbeat",{}]', '> [2,"r","Reset",{"type":"Hard"}]'))

    assert codes(judge) == ["RPC-18", "RPC-18"]
    assert [finding.side for finding in judge.findings] == [Side.CSMS, Side.STATION]


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


def test_send_that_is_answered_and_call_that_should_be_a_send_break_rpc_21() -> None:
    stream = '{"id":1,"pending":0,"basetime":"2026-11-01T10:00:00Z","data":[{"t":0,"v":"1"}]}'
    answered = judged(draw(f'> [6,"a","NotifyPeriodicEventStream",{stream}]', '< [3,"a",{}]', version="2.1"))
    called = judged(draw(f'> [2,"a","NotifyPeriodicEventStream",{stream}]', version="2.1"))
    wrong = judged(draw('> [6,"a","Heartbeat",{}]', version="2.1"))

    assert codes(answered) == codes(called) == codes(wrong) == ["RPC-21"]
    assert answered.findings[0].side is Side.CSMS


def test_result_error_is_told_and_fails_its_exchange() -> None:
    judge = judged(draw(HEARTBEAT, BEAT, '> [5,"h","TypeConstraintViolation","",{}]', version="2.1"))

    assert codes(judge) == ["RPC-22"]
    assert "fits its schema" in judge.findings[0].text
    assert judge.board.view().pairs[0].row("Heartbeat").counts == {"failed": 1}


def test_unknown_action_answered_with_another_code_is_remarked() -> None:
    judge = judged(draw('> [2,"a","Frobnicate",{}]', '< [4,"a","GenericError","",{}]'))

    assert codes(judge) == ["RPC-17", "RPC-23"]


def test_findings_of_20_are_warnings_that_say_they_are_extrapolated() -> None:
    judge = judged(draw('> [2,"a","Frobnicate",{}]', version="2.0"))

    assert severities(judge) == ["warning"]
    assert "as in 2.0.1" in judge.findings[0].text


def test_a_secret_in_an_action_is_in_no_row_and_no_sentence() -> None:
    judge = judged(
        draw('> [2,"token=IDSECRET","x password=PAYSECRET9",{}]', '< [4,"token=IDSECRET","secret=CODESECRET","",{}]')
    )

    rows = [row.action for pair in judge.board.view().pairs for row in pair.rows]
    shown = repr((rows, judge.findings))

    assert "x password=***" in rows
    assert 'there is no action "x password=***" in OCPP 1.6' in [each.text for each in judge.findings]
    assert "SECRET" not in shown


@pytest.mark.parametrize("connector", ["9223372036854775807", "-2147483649"])
def test_integer_beyond_32_bits_may_be_turned_down_or_not(connector: str) -> None:
    call = f'> [2,"s","StatusNotification",{{"connectorId":{connector},"errorCode":"NoError","status":"Available"}}]'

    assert "RPC-20" not in codes(judged(draw(call, '< [4,"s","FormationViolation","",{}]')))
    assert "RPC-20" not in codes(judged(draw(call, '< [3,"s",{}]')))


def test_empty_array_that_the_schema_of_16_allows_may_be_turned_down() -> None:
    call = '< [2,"g","GetConfiguration",{"key":[]}]'

    assert codes(judged(draw(call, '> [4,"g","FormationViolation","",{}]'))) == []


def waited(message_id: str, **more: bool) -> list[str]:
    event = {
        "eventType": "Started", "timestamp": "2026-11-01T09:00:00Z", "triggerReason": "CablePluggedIn", "seqNo": 0,
        "transactionInfo": {"transactionId": "t1"},
    } | more  # fmt: skip
    return [f'> [2,"{message_id}","TransactionEvent",{json.dumps(event)}]', f'< [3,"{message_id}",{{}}]']


@pytest.mark.parametrize("first", [{}, {"offline": False}, {"offline": True}])
def test_event_that_waited_offline_says_so_under_its_old_id(first: dict[str, bool]) -> None:
    judge = judged(draw(*waited("e", **first)[:1], "+31s", *waited("e", offline=True), version="2.0.1"))

    assert [each.severity for each in judge.findings if each.rule == "RPC-07"] == ["info"]


def test_event_that_is_online_again_is_another_message() -> None:
    judge = judged(draw(*waited("e", offline=True), *waited("e"), version="2.0.1"))

    assert [each.severity for each in judge.findings if each.rule == "RPC-07"] == ["violation"]


@pytest.mark.parametrize(("wait", "severity"), [("+1s", "violation"), ("+3s", "warning")])
def test_caller_may_have_given_up_after_two_seconds(wait: str, severity: str) -> None:
    judge = judged(draw(HEARTBEAT, wait, DATA, version="2.0.1"))

    assert [each.severity for each in judge.findings if each.rule == "RPC-10"] == [severity]


@pytest.mark.parametrize(("pause", "severity"), [("+9s", "warning"), ("+1s", "violation")])
def test_calls_that_come_at_once_after_a_pause_may_have_been_held_up(pause: str, severity: str) -> None:
    other = '> [2,"o","DataTransfer",{"vendorId":"o"}]'
    judge = judged(draw(other, '< [3,"o",{"status":"Accepted"}]', pause, HEARTBEAT, DATA, version="2.0.1"))

    assert [each.severity for each in judge.findings if each.rule == "RPC-10"] == [severity]


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
