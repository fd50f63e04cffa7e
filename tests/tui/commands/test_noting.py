"""`plugfest note`, as a person or a program uses it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from drawing import draw
from recorded import record

from tui.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["note", *map(str, arguments)])


@pytest.fixture
def event(tmp_path: Path) -> Path:
    return record(tmp_path / "event.recording", draw('> [2,"h","Heartbeat",{}]'))


def test_a_cell_is_contested_listed_and_resolved(event: Path) -> None:
    added = run(event, "add", "--session", 1, "--action", "Heartbeat", "--by", "Volt", "we", "answer")
    listed = run(event)
    resolved = run(event, "resolve", 1, "--by", "organizer", "agreed")

    assert added.stdout == listed.stdout
    assert "1: Heartbeat, session 1: contested by Volt, " in listed.stdout
    assert listed.stdout.endswith(": we answer\n")
    assert "(resolved by organizer, " in resolved.stdout
    assert {each.exit_code for each in (added, listed, resolved)} == {0}


def test_notes_as_json_are_for_programs(event: Path) -> None:
    run(event, "add", "--frame", 2, "--action", "Heartbeat", "--by", "Volt", "ours\x1b[31m")

    result = run(event, "list", "--json")

    (note,) = json.loads(result.stdout)
    assert (note["id"], note["session"], note["frame"], note["resolved_at"]) == (1, 1, 2, None)
    assert "\x1b" not in result.stdout


def test_where_nothing_is_contested_that_is_said(event: Path) -> None:
    assert run(event).stdout == "nothing is contested\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["add", "--session", "1", "x"], "the name of who says it is missing"),
        (["add", "--session", "1", "--by", "Volt"], "the text is missing"),
        (["add", "--by", "Volt", "x"], "say what is contested: a session, or a frame of one"),
        (["resolve", "--by", "Volt"], "resolve wants the number of a note, got ''"),
        (["resolve", "one", "--by", "Volt"], "resolve wants the number of a note, got 'one'"),
        (["resolve", "9" * 30, "x", "--by", "Volt"], "resolve wants the number of a note"),
        (["resolve", "7", "x", "--by", "Volt"], "there is no note 7"),
    ],
)
def test_what_cannot_be_noted_exits_2_with_a_sentence(event: Path, arguments: list[str], complaint: str) -> None:
    result = run(event, *arguments)

    assert result.exit_code == 2
    assert complaint in result.stderr


def test_damaged_recording_takes_no_note_and_lists_those_that_are_left(event: Path) -> None:
    event.write_bytes(event.read_bytes()[:-5000])

    added, listed = run(event, "add", "--session", 1, "--by", "Volt", "x"), run(event)

    assert (added.exit_code, listed.exit_code) == (2, 0)
    assert "is damaged, and takes no note: it is cut off: " in added.stderr
    assert "is damaged: it is cut off: " in listed.stderr


def test_recording_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    result = run(tmp_path / "event.recording", "add", "--session", 1, "--by", "Volt", "x")

    assert result.exit_code == 2
    assert "there is no recording at" in result.stderr
    assert not [*tmp_path.iterdir()]
