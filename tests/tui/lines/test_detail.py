from dataclasses import replace

from recordings import NOON

from matrix.boards.pair import Evidence
from matrix.finding import Blame, Confidence, Finding, Ground, Severity
from matrix.outcome import Outcome
from matrix.trace import Ending, Frame, Opcode, Session, Side
from tui.lines.detail import Message, exchange_lines, handshake_lines
from tui.lines.line import PaneLine
from tui.reading.exchange_log import Joined

FINDING = Finding("RPC-19", Severity.VIOLATION, Side.STATION, 1, 7, "MeterValues", "/v", "v is the number 1")
JOINED = Joined(7, 9, "MeterValues", Side.STATION, Outcome.DEVIATED)


def message(number: int, text: str | bytes, *findings: Finding, opcode: int = Opcode.TEXT, frames: int = 1) -> Message:
    return Message(Frame(number, 1, NOON + number * 1_000_000, Side.STATION, opcode, text), text, frames, findings)


def text_of(lines: list[PaneLine]) -> list[str]:
    return [" " * line.indent + "".join(span.text for span in line.spans) for line in lines]


def test_a_message_stands_with_its_finding_the_rule_and_the_clause() -> None:
    lines = text_of(exchange_lines(message(7, '[2,"a","MeterValues",{"v":1}]', FINDING), None, JOINED))

    assert lines[0] == "→ MeterValues request  ≠ deviated"
    assert "▲ violation by the station  RPC-19" in lines
    assert "  v is the number 1" in lines
    assert any("schema" in line and "§" in line for line in lines)


def test_a_finding_says_how_sure_it_is_why_and_what_the_others_do() -> None:
    sure = Finding(
        "RPC-19", Severity.VIOLATION, Side.STATION, 1, 7, "MeterValues", "", "x",
        Ground(Confidence.CERTAIN, "it was sent"),
    )  # fmt: skip
    selected = replace(message(7, '[2,"a","MeterValues",{}]', sure), witnesses={sure: ("2 of 3 others do it too",)})

    lines = text_of(exchange_lines(selected, None, JOINED))

    assert "  certain: it was sent" in lines
    assert "  ◇ 2 of 3 others do it too" in lines


def test_an_outcome_without_a_finding_says_whose_doing_it_is() -> None:
    blame = Blame((Side.CSMS,), Ground(Confidence.LIKELY, "by its own words"))
    joined = replace(JOINED, outcome=Outcome.FAILED, evidence=Evidence(1, 9, "the CSMS answered InternalError", blame))

    lines = text_of(exchange_lines(message(7, '[2,"a","MeterValues",{}]'), None, joined))

    assert lines[2:4] == ["  the CSMS answered InternalError", "  blame: the CSMS, likely: by its own words"]


def test_what_a_finding_says_of_its_side_is_not_said_twice() -> None:
    evidence = Evidence(1, 7, FINDING.text, Blame((Side.STATION,), FINDING.ground))

    lines = text_of(exchange_lines(message(7, "[]", FINDING), None, replace(JOINED, evidence=evidence)))

    assert not [line for line in lines if "blame: " in line]


def test_the_value_that_a_finding_points_to_is_marked_in_the_payload() -> None:
    lines = exchange_lines(message(7, '[2,"a","MeterValues",{"v":1}]', FINDING), None, JOINED)

    assert [text_of([line]) for line in lines if line.marked] == [['  "v": 1']]


def test_a_pointer_counts_from_the_payload_of_each_message_type() -> None:
    for text in ('[3,"a",{"v":1}]', '[4,"a","Code","words",{"v":1}]', '[6,"a","X",{"v":1}]'):
        lines = exchange_lines(message(7, text, FINDING), None, None)

        assert [line for line in lines if line.marked], text


def test_the_answer_stands_below_its_request_with_the_time_it_took() -> None:
    request, answer = message(7, '[2,"a","MeterValues",{}]'), message(9, '[3,"a",{}]')

    lines = text_of(exchange_lines(request, answer, JOINED))

    assert "→ MeterValues answer  after 2.0 ms  ≠ deviated" in lines


def test_a_request_without_an_answer_says_so() -> None:
    joined = Joined(7, None, "Heartbeat", Side.STATION, None)

    lines = text_of(exchange_lines(message(7, '[2,"a","Heartbeat",{}]'), None, joined))

    assert lines[-1] == "no answer  waiting"


def test_bytes_are_shown_as_a_hex_dump_that_is_cut() -> None:
    lines = text_of(exchange_lines(message(7, b"\x1b[31m" * 1_000, opcode=Opcode.BINARY), None, None))

    assert lines[2].startswith("000000  1b 5b 33 31 6d")
    assert lines[-1] == "… 3,976 bytes more"
    assert not any("\x1b" in line for line in lines)


def test_a_refused_handshake_shows_both_sides_of_it_and_who_said_what() -> None:
    session = Session(
        id=1, opened_at=NOON, answered_at=NOON + 3_000_000, closed_at=NOON + 4_000_000, identity="C", csms="acme",
        path="/acme/C\x1b", offered=("ocpp1.6", "ocpp2.1"), status=404, reason="Not Found", body="who?\n",
        request=(("Host", "x"),), response=(("Server", "y\u202e"),), ending=Ending.REFUSED,
        fault="the hub knows no acme",
    )  # fmt: skip

    lines = text_of(handshake_lines(session, [FINDING]))

    for expected in (
        "hub: the hub knows no acme",
        "offered      ocpp1.6, ocpp2.1", "chosen       none", r"→ GET /acme/C\x1b",
        "  Host: x", "← 404 Not Found  after 3.0 ms", r"  Server: y\u202e", r"  who?\n",
        "ended        refused with 404",
        "▲ violation by the station  RPC-19",
    ):  # fmt: skip
        assert expected in lines


def test_an_answer_that_never_came_is_told() -> None:
    session = Session(id=1, opened_at=NOON, identity="C", csms="acme", ending=Ending.ABANDONED, closed_at=NOON)

    assert "← no answer" in text_of(handshake_lines(session, []))
