"""The form of messages: one session that keeps a rule and one that breaks it, each."""

from typing import Final

import pytest
from drawing import codes, draw, judged
from rule_cases import Case

from matrix.trace import Side

NOW = "2026-11-01T10:00:00Z"
HEARTBEAT = '> [2,"h","Heartbeat",{}]'
BEAT = f'< [3,"h",{{"currentTime":"{NOW}"}}]'
STREAM = '{"id":1,"pending":0,"basetime":"2026-11-01T10:00:00Z","data":[{"t":0,"v":"1"}]}'
BEATEN = draw(HEARTBEAT, BEAT)
STREAMED = draw(f'> [6,"s","NotifyPeriodicEventStream",{STREAM}]', version="2.1")

CASES: Final = {
    "RPC-01": Case(draw("> nonsense"), BEATEN, by=Side.STATION),
    "RPC-02": Case(draw('> [5,"h","InternalError","",{}]'), BEATEN, by=Side.STATION),
    "RPC-03": Case(draw('> [7,"h","Heartbeat",{}]', version="2.1"), STREAMED, by=Side.STATION),
    "RPC-05": Case(draw(HEARTBEAT, '< [3,"h"]'), BEATEN, by=Side.CSMS),
    "RPC-06": Case(draw('> [2,17,"Heartbeat",{}]'), BEATEN, by=Side.STATION),
    "RPC-14": Case(
        draw(HEARTBEAT, '< [4,"h","InternalError","",null]'),
        draw(HEARTBEAT, '< [4,"h","InternalError","",{}]'),
        by=Side.CSMS,
    ),
    "RPC-15": Case(draw('> [2,"h","Heartbeat",null]', BEAT), BEATEN, by=Side.STATION),
}


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
