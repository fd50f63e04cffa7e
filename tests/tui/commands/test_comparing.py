"""`plugfest diff`, as a person or a program uses it."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from drawing import draw
from recorded import play, record

from hub.recording.reading import Recording
from hub.session_file import session_parts, write_session
from matrix.trace import Replay, Side
from tui.cli import main

BOOT = [
    '> [2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    '< [3,"b",{"status":"Accepted","currentTime":"$NOW","interval":300}]',
]
GOOD = [*BOOT, '> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW"}]']
BAD = [*BOOT, '> [2,"h","Heartbeat",{"x":1}]', '< [3,"h",{"currentTime":"$NOW"}]']
LOUD = [*GOOD, '> [2,"d","DataTransfer",{"vendorId":"v"}]', '< [3,"d",{"status":"Accepted"}]']


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["diff", *map(str, arguments)])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return record(tmp_path / "good.recording", draw(*GOOD))


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return record(tmp_path / "bad.recording", draw(*BAD))


def test_a_worse_outcome_exits_1_and_names_the_transition(good: Path, bad: Path) -> None:
    result = run(good, bad)

    assert result.exit_code == 1
    assert "Heartbeat: ✓ passed -> ≠ deviated  worse" in result.stdout
    assert "request /x: (nothing) -> 1" in result.stdout


def test_a_better_one_exits_0(good: Path, bad: Path) -> None:
    result = run(bad, good)

    assert result.exit_code == 0
    assert result.stdout.rstrip().endswith("better than before")


def test_what_is_not_fixed_is_said_to_be_as_wrong_as_before(bad: Path) -> None:
    result = run(bad, bad)

    assert result.exit_code == 0
    assert "as wrong as before\n  Heartbeat: ≠ deviated" in result.stdout
    assert result.stdout.rstrip().endswith("the same: what was wrong is as wrong as it was")


def test_other_messages_with_the_same_outcomes_exit_0_unless_exactness_is_asked_for(good: Path, tmp_path: Path) -> None:
    loud = record(tmp_path / "loud.recording", draw(*LOUD))

    assert run(good, loud).exit_code == 0
    assert run(good, loud, "--exact").exit_code == 1


def test_two_sessions_of_one_recording_are_compared_by_their_numbers(tmp_path: Path) -> None:
    both = record(tmp_path / "both#1.recording", draw(*GOOD), draw(*BAD))

    result = run(f"{both}#1", f"{both}#2", "--json")

    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [(each["before"], each["after"]) for each in told["sessions"]] == [(1, 2)]
    assert [each["action"] for each in told["transitions"]] == ["Heartbeat"]


def test_what_is_set_aside_is_told_on_demand(good: Path, tmp_path: Path) -> None:
    later = record(tmp_path / "later.recording", draw("+3h", *GOOD))

    assert "/currentTime" not in run(good, later).stdout
    assert "/currentTime" in run(good, later, "--strict").stdout


def test_a_session_file_is_compared_like_a_recording(good: Path, bad: Path, tmp_path: Path) -> None:
    with Recording.open(good) as recording, (tmp_path / "one.session").open("wb") as file:
        write_session(file, *session_parts(recording, 1))

    assert run(tmp_path / "one.session", good, "--exact").exit_code == 0
    assert run(tmp_path / "one.session", bad).exit_code == 1


@pytest.fixture
def replayed(good: Path, tmp_path: Path) -> Path:
    """Return a recording whose second session was played from the only one of another."""
    with Recording.open(good) as recording:
        (origin,) = recording.sessions()
    path = record(tmp_path / "replayed.recording", draw(*BAD, identity="ELSE"), draw(*GOOD, identity="CLONE"))
    with sqlite3.connect(path) as connection:
        row = (2, good.name, 1, origin.opened_at, "station", "max")
        connection.execute("INSERT INTO replay VALUES (?, ?, ?, ?, ?, ?)", row)
    connection.close()
    return path


def test_a_replay_is_compared_with_what_it_was_played_from(replayed: Path) -> None:
    result = run(replayed, "--json")

    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [(each["before"], each["after"]) for each in told["sessions"]] == [(1, 2)]


def test_what_was_not_replayed_is_not_missing_from_a_replay(bad: Path, tmp_path: Path) -> None:
    both = record(tmp_path / "both.recording", draw(*GOOD), draw(*BAD, identity="OTHER"))
    with Recording.open(both) as recording:
        origin = recording.session(1)
    replay = record(tmp_path / "replay.recording", draw(*GOOD))
    play(replay, 1, Replay(1, both.name, 1, origin.opened_at, Side.STATION, "max"))

    assert run(both, replay).stdout.rstrip().endswith("the same")
    assert run(both, bad).exit_code == 1


def test_a_replay_whose_origin_is_gone_says_so(replayed: Path, good: Path) -> None:
    good.unlink()

    result = run(replayed)

    assert result.exit_code == 2
    assert "was played from 'good.recording'" in result.stderr


def test_a_redacted_replay_is_compared_with_what_is_named(replayed: Path, good: Path) -> None:
    with sqlite3.connect(replayed) as connection:
        connection.execute("UPDATE replay SET recording = ''")
    connection.close()

    alone, named = run(replayed), run(good, replayed, "--json")

    assert alone.exit_code == 2
    assert "does not say from what it was played: name that, too" in alone.stderr
    linked = json.loads(named.stdout)["sessions"][0]
    assert (linked["before"], linked["after"]) == (1, 2)


def test_what_is_no_replay_wants_something_to_be_compared_with(good: Path) -> None:
    result = run(good)

    assert result.exit_code == 2
    assert "is no replay" in result.stderr


def test_a_secret_that_differs_is_hidden(tmp_path: Path) -> None:
    paths: list[Path] = []
    for secret in ("correct horse", "battery staple"):
        line = f'< [2,"c","ChangeConfiguration",{{"key":"AuthorizationKey","value":"{secret}"}}]'
        paths.append(record(tmp_path / f"{len(paths)}.recording", draw(line, '> [3,"c",{"status":"Accepted"}]')))

    shown, whole = run(*paths).stdout, run(*paths, "--secrets").stdout

    assert "/value" in shown
    assert "horse" not in shown + run(*paths, "--json").stdout
    assert "correct horse" in whole


def test_a_peers_escape_sequences_do_not_reach_the_terminal(good: Path, tmp_path: Path) -> None:
    hostile = record(tmp_path / "hostile.recording", draw('> [2,"e","\\u001b[2J",{"\\u001b[2J":"\\u202e"}]'))

    result = run(good, hostile)

    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


@pytest.mark.parametrize("what", ["{}#9", "{}#x", "{}.gone", __file__])
def test_what_cannot_be_compared_exits_2_with_a_sentence(good: Path, what: str) -> None:
    result = run(good, what.format(good))

    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert result.stderr.startswith("plugfest: ")
