"""CALLs and SENDs: one session that keeps a rule and one that breaks it, each."""

import json
from typing import Final

import pytest
from drawing import Pen, codes, draw, judged
from rule_cases import Case

from matrix.judge import Judge
from matrix.trace import Side

NOW = "2026-11-01T10:00:00Z"
HEARTBEAT = '> [2,"h","Heartbeat",{}]'
BEAT = f'< [3,"h",{{"currentTime":"{NOW}"}}]'
GET = '< [2,"g","GetConfiguration",{"key":[]}]'
GOT = '> [3,"g",{"configurationKey":[]}]'
DATA = '> [2,"d","DataTransfer",{"vendorId":"x"}]'
STREAM = '{"id":1,"pending":0,"basetime":"2026-11-01T10:00:00Z","data":[{"t":0,"v":"1"}]}'
BEATEN = draw(HEARTBEAT, BEAT)
STREAMED = draw(f'> [6,"s","NotifyPeriodicEventStream",{STREAM}]', version="2.1")

CASES: Final = {
    "RPC-07": Case(draw(HEARTBEAT, BEAT, DATA.replace('"d"', '"h"')), draw(HEARTBEAT, BEAT, DATA), by=Side.STATION),
    "RPC-09": Case(draw(HEARTBEAT, DATA, BEAT), draw(HEARTBEAT, BEAT, DATA), by=Side.STATION),
    "RPC-10": Case(
        draw(HEARTBEAT, DATA, BEAT, version="2.0.1"), draw(HEARTBEAT, BEAT, DATA, version="2.0.1"), by=Side.STATION
    ),
    "RPC-17": Case(draw('> [2,"h","heartbeat",{}]'), BEATEN, by=Side.STATION),
    "RPC-18": Case(draw('< [2,"h","Heartbeat",{}]'), BEATEN, by=Side.CSMS),
    "RPC-21": Case(draw('> [6,"h","Heartbeat",{}]', version="2.1"), STREAMED, by=Side.STATION),
}


def severities(judge: Judge) -> list[str]:
    return [finding.severity for finding in judge.findings]


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


def test_crossing_calls_are_legal() -> None:
    assert codes(judged(draw(HEARTBEAT, GET, GOT, BEAT))) == []


def test_call_after_the_caller_may_have_given_up_is_legal() -> None:
    judge = judged(draw(HEARTBEAT, "+11s", '> [2,"d","DataTransfer",{"vendorId":"x"}]'))

    assert codes(judge) == []


@pytest.mark.parametrize(("wait", "severity"), [("+1s", "violation"), ("+3s", "warning")])
def test_caller_may_have_given_up_after_two_seconds(wait: str, severity: str) -> None:
    judge = judged(draw(HEARTBEAT, wait, DATA, version="2.0.1"))

    assert [each.severity for each in judge.findings if each.rule == "RPC-10"] == [severity]


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


def test_a_secret_in_an_action_is_in_no_row_and_no_sentence() -> None:
    judge = judged(
        draw('> [2,"token=IDSECRET","x password=PAYSECRET9",{}]', '< [4,"token=IDSECRET","secret=CODESECRET","",{}]')
    )

    rows = [row.action for pair in judge.board.view().pairs for row in pair.rows]
    shown = repr((rows, judge.findings))

    assert "x password=***" in rows
    assert 'there is no action "x password=***" in OCPP 1.6' in [each.text for each in judge.findings]
    assert "SECRET" not in shown


def test_action_of_the_other_side_breaks_rpc_18() -> None:
    judge = judged(draw('< [2,"h","Heartbeat",{}]', '> [2,"r","Reset",{"type":"Hard"}]'))

    assert codes(judge) == ["RPC-18", "RPC-18"]
    assert [finding.side for finding in judge.findings] == [Side.CSMS, Side.STATION]


def test_send_that_is_answered_and_call_that_should_be_a_send_break_rpc_21() -> None:
    stream = '{"id":1,"pending":0,"basetime":"2026-11-01T10:00:00Z","data":[{"t":0,"v":"1"}]}'
    answered = judged(draw(f'> [6,"a","NotifyPeriodicEventStream",{stream}]', '< [3,"a",{}]', version="2.1"))
    called = judged(draw(f'> [2,"a","NotifyPeriodicEventStream",{stream}]', version="2.1"))
    wrong = judged(draw('> [6,"a","Heartbeat",{}]', version="2.1"))

    assert codes(answered) == codes(called) == codes(wrong) == ["RPC-21"]
    assert answered.findings[0].side is Side.CSMS


@pytest.mark.parametrize(("pause", "severity"), [("+9s", "warning"), ("+1s", "violation")])
def test_calls_that_come_at_once_after_a_pause_may_have_been_held_up(pause: str, severity: str) -> None:
    other = '> [2,"o","DataTransfer",{"vendorId":"o"}]'
    judge = judged(draw(other, '< [3,"o",{"status":"Accepted"}]', pause, HEARTBEAT, DATA, version="2.0.1"))

    assert [each.severity for each in judge.findings if each.rule == "RPC-10"] == [severity]


def test_more_calls_at_once_than_a_pause_has_timers_for_were_not_held_up() -> None:
    lines = [f'< [2,"{number}","ClearCache",{{}}]' for number in range(4)]
    judge = judged(draw("+12s", *lines, version="2.0.1"))

    assert [each.severity for each in judge.findings if each.rule == "RPC-10"] == ["warning", "warning", "violation"]


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
