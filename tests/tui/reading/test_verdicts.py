from judged_exchanges import Judged

from matrix.finding import Finding, Severity
from matrix.outcome import Outcome
from matrix.rulebook import Crash
from matrix.trace import Side
from tui.reading.exchange_log import Joined
from tui.reading.verdicts import Verdicts


def finding(frame: int | None) -> Finding:
    return Finding("RPC-19", Severity.VIOLATION, Side.STATION, 1, frame, "Heartbeat", "", "x")


def test_request_and_answer_lead_to_the_same_exchange() -> None:
    verdicts = Verdicts()

    verdicts.note_exchange(Judged(5))
    verdicts.note_exchange(Judged(5, 8, Outcome.PASSED))

    expected = Joined(5, 8, "Heartbeat", Side.STATION, Outcome.PASSED)
    assert verdicts.of(1).joined(5) == verdicts.of(1).joined(8) == expected
    assert verdicts.of(1).joined(6) is None


def test_an_exchange_without_an_answer_is_waiting_until_it_is_settled() -> None:
    verdicts = Verdicts()
    verdicts.note_exchange(Judged(5))
    before = verdicts.of(1).joined(5)

    verdicts.note_exchange(Judged(5, None, Outcome.UNANSWERED))

    assert before == Joined(5, None, "Heartbeat", Side.STATION, None)
    assert verdicts.of(1).joined(5) == Joined(5, None, "Heartbeat", Side.STATION, Outcome.UNANSWERED)


def test_answers_that_come_in_another_order_find_their_requests() -> None:
    verdicts = Verdicts()
    for call in (1, 2, 3):
        verdicts.note_exchange(Judged(call))

    for call, answer in ((3, 4), (1, 5), (2, 6)):
        verdicts.note_exchange(Judged(call, answer, Outcome.PASSED))

    joined = [verdicts.of(1).joined(answer) for answer in (4, 5, 6)]
    assert [each and each.call for each in joined] == [3, 1, 2]


def test_findings_are_found_by_frame_and_in_the_order_of_frames() -> None:
    verdicts = Verdicts()

    for frame in (9, 4, 9, None):
        verdicts.note_finding(finding(frame), at=0)

    assert len(verdicts.of(1).findings(9)) == 2
    assert verdicts.of(1).next_found(0) == 4
    assert verdicts.of(1).next_found(4) == 9
    assert verdicts.of(1).next_found(9) is None
    assert verdicts.of(1).next_found(9, -1) == 4
    assert len(verdicts.of(1).handshake) == 1


def test_the_last_request_of_an_action_is_found() -> None:
    verdicts = Verdicts()
    for frame, action in ((1, "Heartbeat"), (2, "Heartbeat"), (3, "Reset")):
        verdicts.note_exchange(Judged(frame, row=action))

    assert verdicts.of(1).last_call("Heartbeat") == 2
    assert verdicts.of(1).last_call("GetLog") is None


def test_crashes_are_those_of_the_moment_and_found_by_frame_and_handshake() -> None:
    verdicts = Verdicts()
    verdicts.all_crashes = [Crash("ZZ-1", 1, None, ""), Crash("ZZ-1", 1, 5, ""), Crash("ZZ-2", 1, 9, "")]

    verdicts.vantage.move(7)

    assert [crash.frame for crash in verdicts.crashes] == [None, 5]
    assert [crash.rule for crash in verdicts.crashes_at(1, 5)] == ["ZZ-1"]
    assert [crash.rule for crash in verdicts.crashes_at(1, None)] == ["ZZ-1"]
    assert verdicts.crashes_at(2, 5) == verdicts.crashes_at(1, 9) == []
