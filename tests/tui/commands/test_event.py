"""`plugfest event`, as it is typed: files are written and checked, plans are printed."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.events.countdown import PhaseShown
from hub.events.file import read_event
from tui.cli import main
from tui.event_clock import clock_line


def typed(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["event", *map(str, words)])


def test_file_that_init_writes_has_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"

    written, checked = typed("init", path), typed("check", path)

    assert (written.exit_code, checked.exit_code) == (0, 0)
    assert "2 participants, 1 station product (1 identity), 1 CSMS, 0 rounds" in checked.output
    assert "participants see nothing of others, the hall sees outcomes" in checked.output


def test_init_leaves_a_file_alone_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_text("mine")

    written = typed("init", path)

    assert written.exit_code == 2
    assert path.read_text() == "mine"


def test_check_says_each_mistake_in_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_text("[event]\nname = 7\n[limits]\nsession = 1\n")

    checked = typed("check", path)

    assert checked.exit_code == 2
    assert [line.rpartition("event.toml:")[2][:15] for line in checked.output.splitlines()] == [
        "2: event.name h",
        "4: limits.sessi",
    ]


def test_plan_can_be_added_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    typed("init", path)

    planned = typed("schedule", path, "--start", "2096-11-23T09:00:00+01:00", "--minutes", "45")
    path.write_text(path.read_text() + planned.stdout)

    assert tomllib.loads(planned.stdout)["rounds"][0]["pairs"] == [["Volta One", "lotus"]]
    assert read_event(path).rounds[0].starts.isoformat() == "2096-11-23T09:00:00+01:00"


@pytest.mark.parametrize(
    ("start", "sentence"),
    [("tomorrow", "--start wants a time such as"), ("2026-11-23T09:00:00", "--start has no offset from UTC")],
)
def test_plan_wants_a_moment_to_begin_at(tmp_path: Path, start: str, sentence: str) -> None:
    path = tmp_path / "event.toml"
    typed("init", path)

    planned = typed("schedule", path, "--start", start)

    assert planned.exit_code == 2
    assert sentence in planned.output


def test_plan_for_now_begins_within_a_minute(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    typed("init", path)

    planned = typed("schedule", path, "--start", "now")

    (starts,) = (line.partition(" = ")[2] for line in planned.stdout.splitlines() if line.startswith("starts"))
    assert abs(datetime.fromisoformat(starts) - datetime.now(UTC)) <= timedelta(minutes=1)


def test_plan_in_the_past_or_beside_another_is_remarked_on(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    typed("init", path)
    path.write_text(path.read_text() + typed("schedule", path, "--start", "2020-01-01T09:00:00Z").stdout)

    planned = typed("schedule", path, "--start", "2020-01-01T09:00:00Z")

    assert planned.exit_code == 0
    assert "this plan begins in the past" in planned.stderr
    assert "has 1 round already" in planned.stderr


def test_plan_for_nobody_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_text('[event]\nname = "x"\n')

    planned = typed("schedule", path, "--start", "2026-11-23T09:00:00Z")

    assert planned.exit_code == 2
    assert "nobody in" in planned.output


@pytest.mark.parametrize(
    ("phase", "line"),
    [
        (PhaseShown("Fest", 2, 9, [], 750.4, False), "Fest: round 2 of 9, 12:30 left"),
        (PhaseShown("Fest", None, 9, [], 61.0, True), "Fest: no round is on; the next begins in 1:01 (paused)"),
        (PhaseShown("Fest\x1b[2J", None, 9, [], None, False), "Fest\\x1b[2J: all rounds are over"),
        (PhaseShown("Fest", None, 0, [], None, False), "Fest: there are no rounds in the event file"),
        (PhaseShown("Fest", None, 9, [], 4205.0, False), "Fest: no round is on; the next begins in 1:10:05"),
        (
            PhaseShown("Fest", None, 9, [], None, False, "e:7: \x1b no\ne:9: no"),
            "Fest: all rounds are over; the event file has a mistake: e:7: \\x1b no",
        ),
    ],
)
def test_clock_is_told_in_a_sentence(phase: PhaseShown, line: str) -> None:
    assert clock_line(phase) == line


@pytest.mark.parametrize("words", [("shift",), ("pause", "10"), ("shift", "nan"), ("shift", "1e9")])
def test_only_a_shift_takes_minutes(tmp_path: Path, words: tuple[str, ...]) -> None:
    asked = typed("clock", tmp_path / "x.recording", *words)

    assert asked.exit_code == 2
    assert "minutes" in asked.output
