import pytest
from recordings import NOON

from matrix.finding import Finding, Severity
from matrix.outcome import Outcome
from matrix.trace import Frame, Opcode, Side
from tui.lines.line import width_of
from tui.lines.message_line import message_line, tell
from tui.reading.exchange_log import Joined

HEARTBEAT = Joined(1, 2, "Heartbeat", Side.STATION, Outcome.PASSED)


def frame(payload: str | bytes, opcode: int = Opcode.TEXT, *, fin: bool = True, unread: str | None = None) -> Frame:
    return Frame(2, 1, NOON, Side.STATION, opcode, payload, fin, unread=unread)


@pytest.mark.parametrize(
    ("spoken", "joined", "name", "summary"),
    [
        (frame('[2,"1","Heartbeat",{}]'), HEARTBEAT, "Heartbeat", "{}"),
        (frame('[3,"1",{"status":"Accepted"}]'), HEARTBEAT, "└ Heartbeat", '{status: "Accepted"}'),
        (frame('[3,"1",{}]'), None, "└ (no request)", "{}"),
        (frame('[3,"1","text"]'), HEARTBEAT, "└ Heartbeat", '"text"'),
        (frame('[4,"1","NotImplemented","no",{}]'), HEARTBEAT, "└ Heartbeat", 'NotImplemented "no", {}'),
        (frame('[6,"1","NotifyPeriodicEventStream",{}]'), None, "NotifyPeriodicEventStream", "{}"),
        (frame('[9,"1",{}]'), None, "malformed", '[9, "1", {}]'),
        (frame("hello"), None, "malformed", "hello"),
        (frame(""), None, "malformed", ""),
        (frame(b"\xff\x00", Opcode.BINARY), None, "not text", "ff 00"),
        (frame('[2,"1",', fin=False), None, "fragment", '[2,"1",'),
        (frame(b"\x03\xe8bye", Opcode.CLOSE), None, "close 1000", "bye"),
        (frame(b"", Opcode.CLOSE), None, "close 1005", ""),
        (frame(b"hi", Opcode.PING), None, "ping", "hi"),
        (frame(b"", 11), None, "opcode 11", ""),
        (frame(b"", Opcode.UNREAD, unread="the length is too large"), None, "not read", "the length is too large"),
    ],
)
def test_a_frame_is_told_as_what_it_says(spoken: Frame, joined: Joined | None, name: str, summary: str) -> None:
    told = tell(spoken, joined)

    assert (told.name, told.summary) == (name, summary)


@pytest.mark.parametrize("width", [40, 79, 120])
def test_a_line_shows_time_direction_latency_outcome_and_gravest_finding(width: int) -> None:
    finding = Finding("RPC-19", Severity.VIOLATION, Side.STATION, 1, 2, "Heartbeat", "", "x")

    line = message_line(frame('[3,"1",{}]'), HEARTBEAT, (finding,), 7_000_000, width)

    text = "".join(span.text for span in line)
    assert text.startswith("12:00:00.000 → └ Heartbeat")
    assert text.endswith(" 7.0 ms ▲ ✓ ")
    assert width_of(line) <= max(width, 52)


def test_control_characters_of_a_peer_are_escaped() -> None:
    line = message_line(frame('[2,"1","\x1b[2J",{"a":"\u202e\x9b"}]'), None, (), None, 100)

    text = "".join(span.text for span in line)
    assert r"\x1b[2J" in text
    assert r"\u202e\x9b" in text
