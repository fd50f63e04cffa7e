"""A disturbance of the organizer's is nobody's failure; what a message proves by itself stands all the same."""

from typing import Any, Final

import pytest
from drawing import Pen, codes, draw, judged

from matrix.finding import Severity
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.report import verdicts
from matrix.trace import Ending, Side

NOW: Final = "2026-11-01T10:00:00Z"
HEARTBEAT: Final = '> [2,"h","Heartbeat",{}]'
BEAT: Final = f'< [3,"h",{{"currentTime":"{NOW}"}}]'
AUTHORIZE: Final = '> [2,"a","Authorize",{"idTag":"AB"}]'
AUTHORIZED: Final = '< [3,"a",{"idTagInfo":{"status":"Accepted"}}]'
STALLED: Final = "! begun stall 10s"
CS: Final[dict[str, Any]] = {"offered": ("ocpp1.6",), "chosen": "ocpp1.6"}


def outcome_of(judge: Judge, action: str) -> Outcome:
    return judge.board.view().pairs[0].row(action).outcome


def violations(judge: Judge) -> list[str]:
    return [finding.rule for finding in judge.findings if finding.severity is Severity.VIOLATION]


@pytest.mark.parametrize(
    "lines",
    [
        (STALLED, HEARTBEAT),
        (STALLED, HEARTBEAT, "+40s", "> ping x"),
        (HEARTBEAT, STALLED, "+40s", "> ping x"),
        (STALLED, HEARTBEAT, "< close 1002"),
        (STALLED, HEARTBEAT, BEAT, "> close 1007"),
        (STALLED, HEARTBEAT, '< [4,"h","InternalError","",{}]'),
        (STALLED, "+10s", "! ended", "+50s", HEARTBEAT, '< [4,"h","InternalError","",{}]'),
        ("! begun drop answer 1", "! touched", AUTHORIZED, "! ended", "+2m", HEARTBEAT, "< close 1011"),
    ],
)
def test_what_goes_wrong_while_a_disturbance_is_felt_is_inconclusive_and_nobodys(lines: tuple[str, ...]) -> None:
    judge = judged(draw(AUTHORIZE, *lines))

    assert outcome_of(judge, "Heartbeat") is Outcome.INCONCLUSIVE
    assert violations(judge) == []
    assert "disturbed on purpose (" in str(judge.board.view().pairs[0].row("Heartbeat").evidence)


@pytest.mark.parametrize(
    "lines",
    [
        (HEARTBEAT, '< [4,"h","InternalError","",{}]', STALLED),
        (STALLED, "+10s", "! ended", "+61s", HEARTBEAT, '< [4,"h","InternalError","",{}]'),
        ("! begun drop answer 9", HEARTBEAT, '< [4,"h","InternalError","",{}]', "! ended"),
    ],
    ids=["failed before it", "failed when it was felt no more", "it waited for an answer that never came"],
)
def test_what_no_disturbance_can_have_touched_is_judged_as_ever(lines: tuple[str, ...]) -> None:
    judge = judged(draw(*lines))

    assert outcome_of(judge, "Heartbeat") is Outcome.FAILED


def test_what_works_in_spite_of_a_disturbance_has_passed() -> None:
    judge = judged(draw(STALLED, HEARTBEAT, "+12s", BEAT))

    assert outcome_of(judge, "Heartbeat") is Outcome.PASSED


def test_a_payload_that_breaks_its_schema_is_its_senders_whatever_the_path_does() -> None:
    judge = judged(draw(STALLED, HEARTBEAT, '< [3,"h",{}]'))

    assert outcome_of(judge, "Heartbeat") is Outcome.DEVIATED
    assert violations(judge) == ["RPC-19"]


def test_haste_and_late_answers_are_observations_while_a_disturbance_is_felt() -> None:
    lines = (STALLED, HEARTBEAT, "+1s", AUTHORIZE, "+40s", BEAT, AUTHORIZED, AUTHORIZED)
    judge = judged(draw(*lines))

    assert set(codes(judge)) == {"RPC-08", "RPC-09", "RPC-11"}
    assert {finding.severity for finding in judge.findings} == {Severity.INFO}
    assert outcome_of(judge, "Heartbeat") is Outcome.PASSED


def test_the_handshake_and_the_first_minute_after_a_disturbed_session_are_felt_too() -> None:
    pen = Pen()
    first = pen.session([AUTHORIZE, "! begun reset"], ending=Ending.HUB, closed_by=None, fault="reset", **CS)
    refused = pen.session([], status=409, ending=Ending.REFUSED, closed_by=Side.CSMS, **CS)
    judge = judged(first, refused)

    assert outcome_of(judge, "Connect") is Outcome.INCONCLUSIVE

    judge = judged(first, refused, pen.session([HEARTBEAT, "+61s", AUTHORIZE], **CS))

    assert outcome_of(judge, "Heartbeat") is Outcome.INCONCLUSIVE
    assert outcome_of(judge, "Authorize") is Outcome.UNANSWERED


def test_a_disturbance_of_one_station_excuses_no_other() -> None:
    pen = Pen()
    disturbed = pen.session([STALLED, HEARTBEAT], identity="CS1", **CS)
    other = pen.session([HEARTBEAT], identity="CS2", **CS)
    judge = judged(disturbed, other)

    assert [pair.row("Heartbeat").outcome for pair in judge.board.view().pairs] == ["inconclusive", "unanswered"]


def test_a_handshake_that_the_organizer_refused_is_nobodys() -> None:
    pen = Pen()
    fault = "the organizer refuses this handshake"
    refused = pen.session([], refusal="refuse 503", status=503, fault=fault, ending=Ending.REFUSED, **CS)
    judge = judged(refused, pen.session([HEARTBEAT, BEAT], **CS))

    (pair,) = judge.board.view().pairs
    assert [step.outcome for step in pair.row("Connect").history] == ["inconclusive", "passed"]
    assert judge.disturbances[0].back_in == 2


def test_live_and_later_agree_on_a_disturbed_session() -> None:
    traffic = draw(STALLED, HEARTBEAT, "+40s", BEAT, "! ended")
    live, later = Judge(), judged(traffic)
    for item in traffic:
        live.feed(item)
        live.advance(live.now + 35_000_000_000)

    assert live.findings == later.findings
    assert live.board.view().pairs[0].rows == later.board.view().pairs[0].rows


def test_the_report_says_what_was_done_and_what_came_of_it() -> None:
    judge = judged(draw(STALLED, "+10s", "! ended", "+1s", HEARTBEAT, BEAT))

    assert verdicts(judge)["disturbances"] == [
        {
            "number": 2,
            "session": 1,
            "fault": "stall",
            "text": "stall 10s",
            "frames": [],
            "result": "Heartbeat was answered 1.0 s after it was over",
        }
    ]
