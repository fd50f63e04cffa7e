"""What was said in a session, and what answered what."""

from drawing import draw

from matrix.replay.said import Said, answers_in, said_in
from matrix.trace import Frame, Opcode, Opened
from matrix.wire import Call


def said(*lines: str) -> list[Said]:
    traffic = draw(*lines)
    (session,) = (item.session for item in traffic if isinstance(item, Opened))
    return said_in(session, [item for item in traffic if isinstance(item, Frame)])[1]


def test_answer_belongs_to_the_call_of_the_other_side_with_its_id() -> None:
    both = said(
        '> [2,"a","Heartbeat",{}]', '< [2,"a","ClearCache",{}]', '< [3,"a",{}]', '> [4,"a","InternalError","",{}]'
    )

    answers = answers_in(both)

    assert answers == {both[0].frame: both[2], both[1].frame: both[3]}


def test_second_answer_answers_nothing() -> None:
    both = said('> [2,"a","Heartbeat",{}]', '< [3,"a",{}]', '< [3,"a",{}]')

    assert answers_in(both) == {both[0].frame: both[1]}


def test_ping_is_no_message() -> None:
    (ping, call) = said("> ping x", '> [2,"a","Heartbeat",{}]')

    assert (ping.opcode, ping.message, ping.text, ping.bytes) == (Opcode.PING, None, "x", b"x")
    assert isinstance(call.message, Call)
