"""`plugfest export`, and `plugfest import` of what it wrote."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from commands import run
from drawing import Pen, draw
from exported import drawn_into
from heeding import HEEDING

SECRET = '< [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"0123456789abcdef"}]'


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    pen = Pen()
    traffic = [item for place in range(2) for item in pen.session(['> [2,"a","Heartbeat",{}]'], identity=f"CS{place}")]
    return drawn_into(tmp_path / "a.recording", traffic)


@pytest.mark.parametrize("format_", ["trace", "har", "csv", "jsonl"])
def test_all_sessions_go_to_standard_output(recording: Path, format_: str) -> None:
    done = run("export", recording, "--as", format_)

    assert done.exit_code == 0
    assert "CS0" in done.stdout
    assert "CS1" in done.stdout


@pytest.mark.parametrize("format_", ["session", "svg", "mermaid"])
def test_format_of_one_session_wants_one_or_a_folder(recording: Path, tmp_path: Path, format_: str) -> None:
    refused = run("export", recording, "--as", format_)
    one = run("export", recording, "--session", 2, "--as", format_, "-o", tmp_path / "one")
    all_ = run("export", recording, "--as", format_, "-o", tmp_path / "all")

    assert refused.exit_code == 2
    assert "choose one with --session, or name a folder" in refused.stderr
    assert (one.exit_code, all_.exit_code) == (0, 0)
    assert (tmp_path / "one").is_file()
    assert len([*(tmp_path / "all").iterdir()]) == 2


@pytest.mark.parametrize(("format_", "name"), [("session", "4.session"), ("svg", "4.SVG"), ("mermaid", "4.mmd")])
def test_no_folder_is_made_that_is_named_like_a_file(recording: Path, tmp_path: Path, format_: str, name: str) -> None:
    refused = run("export", recording, "--as", format_, "-o", tmp_path / name)

    assert refused.exit_code == 2
    assert "there are 2: choose one with --session" in refused.stderr
    assert not (tmp_path / name).exists()


def test_exported_session_is_imported_and_judged_again(recording: Path, tmp_path: Path) -> None:
    run("export", recording, "--as", "session", "-o", tmp_path / "files")

    done = run("import", *(tmp_path / "files").iterdir(), "-o", tmp_path / "b.recording")

    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'b.recording'}: 2 frames in 2 sessions\n")
    assert run("judge", "--json", tmp_path / "b.recording").stdout == run("judge", "--json", recording).stdout


def test_file_that_is_there_is_left_unless_forced(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("mine")

    refused = run("export", recording, "--as", "csv", "-o", tmp_path / "a.csv")
    before = (tmp_path / "a.csv").read_text()
    forced = run("export", recording, "--as", "csv", "-o", tmp_path / "a.csv", "--force")

    assert (refused.exit_code, before) == (2, "mine")
    assert "--force writes over it" in refused.stderr
    assert forced.exit_code == 0
    assert (tmp_path / "a.csv").read_text().startswith("session,")


def test_secrets_stay_here_unless_asked_for(tmp_path: Path) -> None:
    recording = drawn_into(tmp_path / "a.recording", draw(SECRET))

    hidden = run("export", recording, "--as", "jsonl")
    kept = run("export", recording, "--as", "jsonl", "--with-secrets")
    refused = run("export", recording, "--as", "session", "-o", tmp_path / "a.session")
    whole = run("export", recording, "--as", "session", "-o", tmp_path / "a.session", "--with-secrets")

    assert "0123456789abcdef" not in hidden.stdout
    assert "0123456789abcdef" in kept.stdout
    assert refused.exit_code == 2
    assert "session 1 holds secrets as they were spoken" in refused.stderr
    assert whole.exit_code == 0


def test_what_a_format_cannot_hold_is_said(tmp_path: Path) -> None:
    recording = drawn_into(tmp_path / "a.recording", draw("> ping x", '> [2,"a","Heartbeat",{}]'))

    done = run("export", recording, "--as", "trace", "-o", tmp_path / "a.jsonl")

    assert "not in it, since trace cannot hold them: 1 pings, pongs and closes" in done.stderr


def test_findings_are_graded_as_the_event_grades_them(tmp_path: Path) -> None:
    recording = drawn_into(tmp_path / "a.recording", draw('> [2,"a","Heartbeat",{"x":1}]'))
    (tmp_path / "rules.toml").write_text('[rules.RPC-19]\nseverity = "off"\nreason = "agreed on Monday"\n')

    plain = run("export", recording, "--as", "csv")
    graded = run("export", recording, "--as", "csv", "--rules", tmp_path / "rules.toml")

    assert "RPC-19" in plain.stdout
    assert (graded.exit_code, "RPC-19" in graded.stdout) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--session", 7), "there is no session 7"),
        (("-o", "none/x.csv"), "there is no folder 'none'"),
        (("-o", "."), "'.' is a folder"),
    ],
)
def test_what_cannot_be_exported_is_told_in_a_sentence(
    recording: Path, arguments: tuple[object, ...], why: str
) -> None:
    done = run("export", recording, "--as", "csv", *arguments)

    assert done.exit_code == 2
    assert why in done.stderr


@pytest.mark.parametrize("text", ["", "not a recording", "\x89OCPP"])
def test_file_that_is_no_recording_is_told_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text)

    done = run("export", tmp_path / "x", "--as", "svg")

    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1


def test_interrupt_leaves_no_half_file(tmp_path: Path) -> None:
    recording = drawn_into(tmp_path / "a.recording", Pen().session(['> [2,"a","Heartbeat",{}]'] * 60_000))
    command = [sys.executable, "-c", HEEDING, "export", recording, "--as", "trace", "-o", tmp_path / "a.jsonl"]

    with subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE) as export:
        while not [*tmp_path.glob(".a.jsonl.*")]:
            assert export.poll() is None
            os.sched_yield()
        export.send_signal(signal.SIGINT)
        _, said = export.communicate(timeout=30)

    assert (export.returncode, said) == (130, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["a.recording"]


def test_recorded_sessions_and_logs_are_imported_apart(recording: Path, tmp_path: Path) -> None:
    run("export", recording, "--as", "har", "-o", tmp_path / "a.har")
    (tmp_path / "a.log").write_text('2026-01-01T10:00:00Z > [2,"1","Heartbeat",{}]\n')

    mixed = run("import", tmp_path / "a.har", tmp_path / "a.log", "-o", tmp_path / "b.recording")
    told = run("import", tmp_path / "a.har", "--identity", "X", "-o", tmp_path / "b.recording")
    wrong = run("import", "--format", "session", tmp_path / "a.log", "-o", tmp_path / "b.recording")

    assert [each.exit_code for each in (mixed, told, wrong)] == [2, 2, 2]
    assert "import them apart" in mixed.stderr
    assert "says itself what --identity" in told.stderr
    assert "is no session file, and no HAR file" in wrong.stderr
    assert not (tmp_path / "b.recording").exists()


def test_recording_needs_no_import(recording: Path, tmp_path: Path) -> None:
    done = run("import", recording, "-o", tmp_path / "b.recording")

    assert done.exit_code == 2
    assert "is a SQLite file: a recording needs no import" in done.stderr


def test_import_says_what_came_of_it_as_json(recording: Path, tmp_path: Path) -> None:
    run("export", recording, "--as", "har", "-o", tmp_path / "a.har")

    done = run("import", tmp_path / "a.har", "-o", tmp_path / "b.recording", "--json")

    assert orjson.loads(done.stdout) == {"sessions": 2, "frames": 2, "keeps_numbers": True}


def test_truncated_session_file_leaves_nothing(recording: Path, tmp_path: Path) -> None:
    run("export", recording, "--session", 1, "--as", "session", "-o", tmp_path / "a.session")
    whole = (tmp_path / "a.session").read_bytes()
    (tmp_path / "a.session").write_bytes(whole[: len(whole) // 2])

    done = run("import", tmp_path / "a.session", "-o", tmp_path / "b.recording")

    assert done.exit_code == 2
    assert "is cut off: its end is missing" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"a.recording", "a.session"}
