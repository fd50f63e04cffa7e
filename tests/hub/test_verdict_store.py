"""Verdicts kept in the recording, and read back to be compared with."""

import sqlite3
from pathlib import Path

import pytest
from drawing import draw, judged
from recorded import record

from hub.recording import Recording, RecordingError
from hub.verdict_store import NothingKeptError, kept_verdicts, save_verdicts
from matrix.comparison import compare, standing
from matrix.judge import Judge
from matrix.policy import read_policy
from matrix.ruleset import ruleset

LINES = ('> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":5}]', '> [2,"i","Nonsense",{}]', '< [4,"i","X","",{}]')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record(tmp_path / "event.recording", draw(*LINES))


def judge_of(path: Path) -> Judge:
    policy = read_policy({"HS-04": {"severity": "off", "reason": "x"}, "RPC-19": {"severity": "info", "reason": "y"}})
    with Recording.open(path) as recording:
        return judged(recording.all_traffic(), policy=policy)


def test_verdicts_that_are_kept_are_those_that_were_saved(path: Path) -> None:
    judge = judge_of(path)

    save_verdicts(path, judge, 7)

    with Recording.open(path) as recording:
        kept = kept_verdicts(recording, ruleset().name[:6])
    assert not compare(kept.standing, standing(judge))
    assert kept.standing.ruleset == ruleset()
    assert kept.standing.policy == dict(judge.policy)
    assert kept.until == 7


def test_verdicts_of_other_rules_than_those_asked_for_are_not_taken_for_them(path: Path) -> None:
    save_verdicts(path, judge_of(path), 7)

    with (
        Recording.open(path) as recording,
        pytest.raises(NothingKeptError, match=f"made by the rules {ruleset().name}"),
    ):
        kept_verdicts(recording, "1999.01")


def test_recording_without_verdicts_says_what_to_do(path: Path) -> None:
    with Recording.open(path) as recording, pytest.raises(NothingKeptError, match="`plugfest judge --save` keeps"):
        kept_verdicts(recording)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE judging SET rules = '{'",
        "UPDATE judging SET policy = '[{}]'",
        "UPDATE judging SET until = 'x'",
        "UPDATE finding SET severity = 'terrible'",
        "UPDATE outcome SET outcome = 'nice'",
        "UPDATE outcome SET vendor = x'00ff'",
    ],
)
def test_verdicts_that_somebody_has_damaged_are_said_to_be(path: Path, damage: str) -> None:
    save_verdicts(path, judge_of(path), 7)
    with sqlite3.connect(path) as connection:
        connection.execute(damage)
    connection.close()

    with Recording.open(path) as recording, pytest.raises(RecordingError, match="are damaged"):
        kept_verdicts(recording)
