"""Verdicts kept in the recording, and read back to be compared with."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from drawing import draw, judged
from recorded import record

from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from hub.recording.verdict_store import NothingKeptError, kept_verdicts, save_verdicts
from matrix.comparison import compare, standing
from matrix.judge import Judge
from matrix.judgement import in_order
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


def test_kept_verdicts_say_whose_doing_they_are_and_how_sure_that_is(path: Path) -> None:
    judge = judge_of(path)

    save_verdicts(path, judge, 7)

    with closing(sqlite3.connect(path)) as shell:
        findings = shell.execute("SELECT rule, side, confidence, why FROM finding ORDER BY id").fetchall()
        outcomes = shell.execute("SELECT action, blamed, confidence FROM outcome WHERE outcome = 'failed'").fetchall()
    assert findings == [
        (each.rule, each.side, each.ground.confidence, each.ground.why) for each in in_order(judge.findings)
    ]
    assert outcomes == [("Nonsense", '["station"]', "likely")]


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
