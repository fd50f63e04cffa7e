"""`serve`: what is said of options, and how it begins and ends."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from commands import run

from hub.mirror import mirrored

ROOT: Final = Path(__file__).parents[3]
STOP_S: Final = 5.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--listen", "nonsense"], "--listen wants HOST:PORT, got 'nonsense'"),
        (["--listen", "127.0.0.1:99999"], "--listen wants HOST:PORT"),
        (["--csms", "acme"], "--csms wants NAME=URL, got 'acme'"),
        (["--csms", "a=ws://x", "--csms", "a=ws://y"], "--csms names 'a' twice"),
        (["--csms", "a=http://x"], "must begin with ws:// or wss://"),
        (["--csms", "a/b=ws://x"], "cannot be named 'a/b'"),
        (["--csms", "a=ws://x", "--recording", "/nowhere/at/all"], "there is no folder"),
    ],
)
def test_serve_that_cannot_run_says_why(arguments: list[str], said: str, tmp_path: Path) -> None:
    recording = str(tmp_path / "x.recording")
    defaults = ["--listen", "127.0.0.1:0", "--csms", "ok=ws://127.0.0.1:1", "--recording", recording]

    result = run("serve", *defaults, *arguments)

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    recording = tmp_path / "hub.recording"
    command = [
        sys.executable, "-m", "tui.cli", "serve", "--listen", "127.0.0.1:0", "--csms", "acme=ws://127.0.0.1:1",
        "--recording", str(recording),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        address = process.stdout.readline()
        yield process, int(address.split("/acme")[0].rpartition(":")[2]), recording
        process.kill()


def test_serve_runs_until_it_is_told_to_stop_and_leaves_a_whole_recording(
    hub: tuple[subprocess.Popen[str], int, Path],
) -> None:
    process, _, recording = hub

    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = process.wait(30)

    assert code == 0
    assert time.monotonic() - began < STOP_S
    assert run("show", recording).stdout.strip() == "no station has connected yet"
    assert not recording.with_name(f"{recording.name}-wal").exists()


def test_second_hub_on_a_port_or_a_recording_that_is_taken_says_which(
    hub: tuple[subprocess.Popen[str], int, Path], tmp_path: Path
) -> None:
    _, port, recording = hub

    port_taken = run("serve", "--listen", f"127.0.0.1:{port}", "--csms", "a=ws://x", "--recording", tmp_path / "other")
    file_taken = run("serve", "--listen", "127.0.0.1:0", "--csms", "a=ws://x", "--recording", recording)

    assert port_taken.exit_code == file_taken.exit_code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in port_taken.stderr
    assert not (tmp_path / "other").exists()
    assert "is being recorded into by another hub" in file_taken.stderr


def test_hub_that_is_being_watched_stops_within_5_seconds(
    hub: tuple[subprocess.Popen[str], int, Path], tmp_path: Path
) -> None:
    process, port, _ = hub

    with mirrored(f"ws://127.0.0.1:{port}", tmp_path / "mirror.recording"):
        process.send_signal(signal.SIGTERM)
        code = process.wait(STOP_S)

    assert code == 0


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--limit", "sesions=1", "plugfest: there is no limit 'sesions'"),
        ("--allow-origin", "test.example", "plugfest: --allow-origin wants an origin such as https://host"),
    ],
)
def test_serve_says_what_is_wrong_with_an_option(tmp_path: Path, option: str, value: str, sentence: str) -> None:
    result = run("serve", "--csms", "a=ws://h", "--recording", tmp_path / "no.recording", option, value)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert not (tmp_path / "no.recording").exists()


def test_serve_lists_the_limits_and_serves_nothing() -> None:
    result = run("serve", "--limit", "help")

    assert result.exit_code == 0
    assert "head_bytes=64KiB  a request's head; beyond: 431\n" in result.stdout


def test_every_option_of_serve_but_help_is_in_a_group() -> None:
    said = run("serve", "--help").stdout
    titles = [line.strip("╭╮─ ") for line in said.splitlines() if line.startswith("╭")]
    ungrouped = [line for line in said.partition("─ Options ─")[2].splitlines() if line.startswith("│ ")]

    assert titles == ["Stations and CSMSes", "Secure", "Recording", "Limits and policies", "Disturbing", "Options"]
    assert [line.split()[1] for line in ungrouped] == ["--help"]
