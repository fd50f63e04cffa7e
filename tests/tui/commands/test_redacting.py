"""`plugfest redact`, as it is typed."""

from pathlib import Path

import orjson
import pytest
from commands import run
from recordings import RecordingBuilder


@pytest.fixture
def event(tmp_path: Path) -> Path:
    path = tmp_path / "event.recording"
    with RecordingBuilder(path) as builder:
        session = builder.session("CS-0042", "acme")
        builder.say(
            session, '> [2,"1","Authorize",{"idTag":"C0FFEE01"}]', '< [3,"1",{"idTagInfo":{"status":"Accepted"}}]'
        )
        builder.close(session)
    return path


def test_redact_says_what_it_did_and_the_copy_can_be_shown_and_judged(event: Path, tmp_path: Path) -> None:
    done = run("redact", event, "-o", tmp_path / "copy")

    assert done.exit_code == 0
    assert "values replaced" in done.output
    assert "none left" in done.output
    assert "all as before" in done.output
    assert "CS-0042" not in run("show", tmp_path / "copy").output
    assert run("judge", tmp_path / "copy").exit_code == run("judge", event).exit_code


def test_a_preview_shows_kinds_counts_and_examples(event: Path, tmp_path: Path) -> None:
    done = run("redact", event, "--dry-run")

    assert done.exit_code == 0
    assert "C0FFEE01 -> " in done.output
    found = orjson.loads(run("redact", event, "--dry-run", "--json").stdout)
    assert {each["kind"]: each["values"] for each in found["kinds"]}["token"] == 1
    assert not [each for each in tmp_path.iterdir() if not each.name.startswith(event.name)]


def test_what_came_of_it_as_json_holds_none_of_the_values(event: Path, tmp_path: Path) -> None:
    done = run("redact", event, "-o", tmp_path / "copy", "--json", "--keep", "serial", "--vendors")

    found = orjson.loads(done.stdout)
    assert (found["copy"], found["differences"], found["left"]) == ("copy", [], [])
    assert "C0FFEE01" not in done.output


def test_a_key_file_makes_two_copies_agree(event: Path, tmp_path: Path) -> None:
    first = run("redact", event, "-o", tmp_path / "one", "--key", tmp_path / "key")
    run("redact", event, "-o", tmp_path / "two", "--key", tmp_path / "key")

    assert "holds a new secret" in first.stderr
    assert run("show", tmp_path / "one").output == run("show", tmp_path / "two").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["redact", "nothing.recording", "-o", "x"], "there is no recording"),
        (["redact", "nothing.recording"], "--output COPY says where to"),
        (["redact", "nothing.recording", "-o", "x", "--keep", "vendor"], "is not one of"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(words: list[str], said: str) -> None:
    done = run(*words)

    assert done.exit_code == 2
    assert said in done.output.replace("\n", " ")
    assert "Traceback" not in done.output


def test_a_file_that_is_no_recording_is_told(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"\x00garbage" * 100)

    done = run("redact", tmp_path / "noise", "-o", tmp_path / "copy")

    assert done.exit_code == 2
    assert "is not a recording" in done.output
    assert not (tmp_path / "copy").exists()
