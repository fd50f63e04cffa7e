"""Whose findings are softened: those about a side that `plugfest replay` played, unless a message proves them."""

from typing import Final

import msgspec
import pytest
from drawing import draw, judged

from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.trace import Closed, Opened, Side, Traffic

PROMISED: Final = (
    '< [2,"t","TriggerMessage",{"requestedMessage":"LogStatusNotification"}]', '> [3,"t",{"status":"Accepted"}]',
    "+10s", "> ping", "+30s", "> ping", "+15s", "> ping", "+3s", "> ping",
)  # fmt: skip
MALFORMED: Final = ('> [2,"h","Heartbeat",{"now":1}]', '< [3,"h",{"currentTime":"$NOW"}]')
REFUSED: Final = ('< [2,"c","ClearCache",{}]', '> [4,"c","InternalError","",{}]')


def played(side: Side | None, *lines: str, version: str = "2.0.1") -> Judge:
    return judged([_played(item, side) for item in draw(*lines, version=version)])


def _played(item: Traffic, side: Side | None) -> Traffic:
    if isinstance(item, Opened | Closed):
        return msgspec.structs.replace(item, session=msgspec.structs.replace(item.session, played=side))
    return item


def severities(judge: Judge) -> list[tuple[str, str]]:
    return [(each.rule, str(each.severity)) for each in judge.findings if each.rule in ("TR20-01", "RPC-19", "RPC-11")]


@pytest.mark.parametrize(("side", "severity"), [(None, "violation"), (Side.CSMS, "violation"), (Side.STATION, "info")])
def test_what_follows_from_several_messages_is_not_held_against_a_side_that_was_played(
    side: Side | None, severity: str
) -> None:
    judge = played(side, *PROMISED)

    assert severities(judge) == [("TR20-01", severity)]


def test_what_a_recorded_message_proves_by_itself_is_held_against_its_side_all_the_same() -> None:
    judge = played(Side.STATION, *MALFORMED)

    assert severities(judge) == severities(played(None, *MALFORMED)) != []


@pytest.mark.parametrize(
    ("side", "outcome"),
    [(None, Outcome.FAILED), (Side.CSMS, Outcome.FAILED), (Side.STATION, Outcome.INCONCLUSIVE)],
)
def test_answer_of_a_side_that_was_played_proves_no_failure(side: Side | None, outcome: Outcome) -> None:
    judge = played(side, *REFUSED)

    assert judge.board.view().pairs[0].row("ClearCache").outcome is outcome


def test_replay_that_does_not_answer_is_nobodys_silence() -> None:
    judge = played(Side.STATION, REFUSED[0], "+40s", "> ping")

    assert judge.board.view().pairs[0].row("ClearCache").outcome is Outcome.INCONCLUSIVE
    assert severities(judge) == [("RPC-11", "info")]


@pytest.mark.parametrize("objection", ["> close 1007", '> [5,"h","FormatViolation","",{}]'])
@pytest.mark.parametrize(
    ("side", "outcome"), [(None, Outcome.FAILED), (Side.CSMS, Outcome.INCONCLUSIVE), (Side.STATION, Outcome.PASSED)]
)
def test_objection_of_a_side_that_was_played_is_to_another_answer(
    side: Side | None, outcome: Outcome, objection: str
) -> None:
    answered = '> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW"}]'

    judge = played(side, *answered, objection, version="2.1")

    assert judge.board.view().pairs[0].row("Heartbeat").outcome is outcome
