"""Whose doing it is: who is blamed, how sure that is, and why."""

from typing import Any

import pytest
from drawing import draw, judged
from plugfest_floor import ACCEPTED, BROKEN, GOOD, NUMBER, REFUSED

from matrix.boards.pair import Evidence, Row
from matrix.finding import Blame, Confidence, Finding, Severity
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.policy import read_policy
from matrix.trace import Side

BOTH = {Side.STATION, Side.CSMS}
STATION, CSMS, NOBODY = {Side.STATION}, {Side.CSMS}, set[Side]()


def row(judge: Judge, action: str) -> Row:
    return judge.board.view().pairs[0].row(action)


def blame(judge: Judge, action: str = "StatusNotification") -> Blame:
    evidence = row(judge, action).evidence
    assert evidence is not None
    assert evidence.blame is not None
    return evidence.blame


def of_rule(judge: Judge, rule: str) -> Finding:
    return next(each for each in judge.findings if each.rule == rule)


@pytest.mark.parametrize(
    ("lines", "sides", "confidence", "why"),
    [
        ((NUMBER, REFUSED), STATION, Confidence.CERTAIN, "a CALLERROR is the right answer"),
        ((NUMBER, BROKEN), STATION, Confidence.LIKELY, "the code does not say that this is why"),
        ((NUMBER, ACCEPTED), BOTH, Confidence.CERTAIN, "one side sent what does not fit its schema, the other"),
        ((GOOD, REFUSED), CSMS, Confidence.CERTAIN, "the CALL fits its schema, and the code says that it does not"),
        ((GOOD, '< [4,"m","FormationViolation","",{}]'), CSMS, Confidence.CERTAIN, "fits its schema"),
        ((GOOD, '< [4,"m","PropertyConstraintViolation","",{}]'), CSMS, Confidence.LIKELY, "may mean a constraint"),
        ((GOOD, '< [4,"m","OccurenceConstraintViolation","",{}]'), CSMS, Confidence.LIKELY, "may mean a constraint"),
        ((GOOD, '< [4,"m","ProtocolError","",{}]'), CSMS, Confidence.LIKELY, "may mean a constraint"),
        ((GOOD.replace(":1,", ":99999999999,"), REFUSED), NOBODY, Confidence.OPEN, "many receivers turn down"),
        ((GOOD, BROKEN), CSMS, Confidence.LIKELY, "the fault is inside who answered"),
        ((GOOD, '< [4,"m","GenericError","",{}]'), NOBODY, Confidence.OPEN, "does not say what is wrong"),
        ((GOOD, '< [3,"m",{"x":1}]'), CSMS, Confidence.CERTAIN, "proves it by itself"),
        ((GOOD, '< [3,"m",{]'), CSMS, Confidence.CERTAIN, "nobody can read"),
        ((NUMBER, "< close 1007"), STATION, Confidence.LIKELY, "a CALLERROR would have said so"),
        ((GOOD, "< close 1007"), CSMS, Confidence.LIKELY, "fits its schema, and it closed"),
        ((GOOD, "+31s", '> [2,"h","Heartbeat",{}]'), CSMS, Confidence.LIKELY, "recorded nothing in answer"),
    ],
)
def test_an_outcome_names_who_is_to_blame_for_it(
    lines: tuple[str, ...], sides: set[Side], confidence: Confidence, why: str
) -> None:
    judge = judged(draw(*lines))

    found = blame(judge)

    assert ({*found.sides}, found.ground.confidence) == (sides, confidence)
    assert why in found.ground.why


def test_an_error_to_a_call_that_came_too_soon_is_not_laid_at_its_senders_door() -> None:
    first, second = '> [2,"n","Heartbeat",{}]', '> [2,"m","Heartbeat",{}]'

    judge = judged(draw(first, second, BROKEN, version="2.1"))

    assert of_rule(judge, "RPC-10").side is Side.STATION
    assert blame(judge, "Heartbeat").sides == ()
    assert blame(judge, "Heartbeat").ground.confidence is Confidence.OPEN


def test_an_error_to_an_action_that_does_not_exist_is_likely_its_senders() -> None:
    judge = judged(draw('> [2,"m","Frobnicate",{}]', BROKEN))

    assert blame(judge, "Frobnicate").sides == (Side.STATION,)
    assert blame(judge, "Frobnicate").ground.confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    ("wait", "by", "sides"),
    [("10s", Side.CSMS, CSMS), ("1s", Side.CSMS, NOBODY), ("10s", Side.STATION, NOBODY), ("10s", None, NOBODY)],
)
def test_who_leaves_a_call_open_is_blamed_only_if_it_had_time_to_see_it(
    wait: str, by: Side | None, sides: set[Side]
) -> None:
    judge = judged(draw(GOOD, f"+{wait}", "> ping", closed_by=by))

    assert {*blame(judge).sides} == sides


@pytest.mark.parametrize(("status", "sides"), [(503, CSMS), (404, NOBODY), (401, NOBODY)])
def test_a_refused_upgrade_is_the_servers_only_where_it_says_so(status: int, sides: set[Side]) -> None:
    judge = judged(draw(status=status))

    assert {*blame(judge, "Connect").sides} == sides


def test_a_refused_upgrade_that_broke_a_rule_is_likely_its_senders() -> None:
    judge = judged(draw(status=400, offered=()))

    assert blame(judge, "Connect").sides == (Side.STATION,)
    assert blame(judge, "Connect").ground.confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ((GOOD, '< [4,"m","NotSupported","",{}]'), Outcome.REFUSED),
        (("! begun drop answer 1", "! touched", GOOD, "+31s", "> ping"), Outcome.INCONCLUSIVE),
    ],
)
def test_what_is_nobodys_fault_blames_nobody(lines: tuple[str, ...], outcome: Outcome) -> None:
    found = row(judged(draw(*lines)), "StatusNotification")

    assert found.outcome is outcome
    assert found.evidence is None or found.evidence.blame is None


def test_a_finding_that_one_message_proves_is_certain_and_one_from_several_is_likely() -> None:
    judge = judged(draw(NUMBER, ACCEPTED, '> [2,"m","Heartbeat",{}]', '< [3,"x",{}]'))

    assert of_rule(judge, "RPC-19").ground.confidence is Confidence.CERTAIN
    assert of_rule(judge, "RPC-07").ground.confidence is Confidence.LIKELY
    assert "several messages" in of_rule(judge, "RPC-08").ground.why


def test_a_call_that_was_let_through_is_told_to_both_sides_by_a_rule_each() -> None:
    judge = judged(draw(NUMBER, ACCEPTED))

    assert {(each.rule, each.side) for each in judge.findings} >= {("RPC-19", Side.STATION), ("RPC-20", Side.CSMS)}
    assert "which is its sender's" in of_rule(judge, "RPC-20").ground.why


def test_a_receiver_that_overlooks_an_unknown_field_does_not_share_the_blame() -> None:
    extra = '> [2,"m","Heartbeat",{"x":1}]'

    judge = judged(draw(extra, '< [3,"m",{"currentTime":"$NOW"}]'))

    assert of_rule(judge, "RPC-20").ground.confidence is Confidence.LIKELY
    assert {*blame(judge, "Heartbeat").sides} == STATION


def test_a_receiver_that_reads_1_0_as_an_integer_does_not_share_the_blame() -> None:
    judge = judged(draw(GOOD.replace(":1,", ":1.0,"), ACCEPTED))

    assert of_rule(judge, "RPC-19").severity is Severity.VIOLATION
    assert of_rule(judge, "RPC-20").severity is Severity.WARNING
    assert set(blame(judge).sides) == STATION


def test_while_a_session_is_disturbed_what_takes_several_messages_blames_nobody() -> None:
    judge = judged(draw("! begun latency 1s", "! touched", GOOD, GOOD.replace('"m"', '"n"'), "< ping", version="2.1"))

    for each in (each for each in judge.findings if "disturbed on purpose" in each.text):
        assert (each.severity, each.ground.confidence) == (Severity.INFO, Confidence.OPEN)
        assert "nobody is blamed" in each.ground.why


def test_rules_of_2_0_are_never_more_than_likely() -> None:
    judge = judged(draw('> [2,"m","Frobnicate",{}]', '< [4,"m","NotImplemented","",{}]', version="2.0"))

    assert {each.ground.confidence for each in judge.findings if each.severity is not Severity.INFO} == {
        Confidence.LIKELY
    }


def test_how_an_event_grades_a_rule_does_not_change_how_sure_it_is() -> None:
    policy: Any = read_policy({"RPC-19": {"severity": "warning", "reason": "agreed"}})

    judge = judged(draw(NUMBER, ACCEPTED), policy=policy)

    found = of_rule(judge, "RPC-19")
    assert (found.severity, found.ground.confidence) == (Severity.WARNING, Confidence.CERTAIN)


def test_an_answer_that_the_caller_calls_useless_is_blamed_on_who_is_wrong() -> None:
    ask, error = '< [2,"m","GetLocalListVersion",{}]', '< [5,"m","TypeConstraintViolation","",{}]'

    wrong = judged(draw(ask, '> [3,"m",{"versionNumber":"1"}]', error, version="2.1"))
    right = judged(draw(ask, '> [3,"m",{"versionNumber":1}]', error, version="2.1"))

    assert {*blame(wrong, "GetLocalListVersion").sides} == STATION
    assert {*blame(right, "GetLocalListVersion").sides} == CSMS


def test_evidence_without_blame_is_what_it_was() -> None:
    assert Evidence(1, 2, "late").blame is None


@pytest.mark.parametrize(
    ("said", "code", "sides"),
    [
        ("> binary 5b322c2268222c22486561727462656174222c7b7d5d", 1003, STATION),
        ('> mismasked [2,"h","Heartbeat",{}]', 1002, NOBODY),
        ('> [2,"h","ClearCache",{}]', 1008, STATION),
        ('> [2,"h","Heartbeat",{}]', 1011, CSMS),
    ],
)
def test_accusing_close_is_for_who_has_sent_what_breaks_a_rule(said: str, code: int, sides: set[Side]) -> None:
    judge = judged(draw(said, f"< close {code}", closed_by=Side.CSMS))

    found = blame(judge, "ClearCache" if "ClearCache" in said else "Heartbeat")

    assert set(found.sides) == sides
    assert found.ground.confidence is (Confidence.LIKELY if sides else Confidence.OPEN)
