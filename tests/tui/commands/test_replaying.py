"""`plugfest replay` as it is typed."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from replays import drawn

from tui.cli import main

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "sessions" / "samples"
HEARTBEAT = ('> [2,"1","Heartbeat",{}]', '< [3,"1",{"currentTime":"$NOW"}]', "> close 1000")


async def start(*arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tui.cli", "replay", *arguments)
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=pipe, stderr=pipe)


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, said.decode()


async def played_against_itself(source: Path, tmp_path: Path, *options: str) -> dict[str, tuple[int | None, Any]]:
    """Let the recorded CSMS meet the recorded station; return exit codes and reports."""
    csms = await start(
        str(source), "--as", "csms", "--listen", "127.0.0.1:0", "--speed", "max", "--json", "--wait", "20",
        "-o", str(tmp_path / "csms.recording"),
    )  # fmt: skip
    assert csms.stderr is not None
    url = (await csms.stderr.readline()).decode().split()[-1].removesuffix("/IDENTITY")
    station = await start(
        str(source), "--as", "station", "--to", url, "--speed", "max", "--json", *options,
        "-o", str(tmp_path / "station.recording"),
    )  # fmt: skip
    results = [await ended(station), await ended(csms)]
    return {side: (code, json.loads(said)) for side, (code, said) in zip(("station", "csms"), results, strict=True)}


@pytest.mark.parametrize("name", ["16-ocpp-package-says-all", "201-clean", "21-clean"])
async def test_a_session_file_played_on_both_sides_goes_as_recorded(tmp_path: Path, name: str) -> None:
    results = await played_against_itself(SAMPLES / f"{name}.session", tmp_path)

    departures = {side: report["sessions"][0]["departures"] for side, (_, report) in results.items()}
    assert departures == {"station": [], "csms": []}
    assert {code for code, _ in results.values()} == {0}


async def test_what_is_left_out_on_one_side_is_missing_on_the_other(tmp_path: Path) -> None:
    boot = ('> [2,"0","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
            '< [3,"0",{"status":"Accepted","currentTime":"$NOW","interval":300}]')  # fmt: skip
    status = (
        '> [2,"2","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]',
        '< [3,"2",{}]',
    )
    source = drawn(tmp_path / "event.recording", *boot, *status, *HEARTBEAT)

    results = await played_against_itself(source, tmp_path, "--skip", "StatusNotification")

    assert results["station"][0] == 0
    code, report = results["csms"]
    assert code == 1
    assert [(each["what"], each["action"]) for each in report["sessions"][0]["departures"]] == [
        ("missing", "StatusNotification")
    ]


def test_a_time_after_to_is_where_the_part_that_is_played_ends(tmp_path: Path) -> None:
    source = drawn(tmp_path / "event.recording", "+10s", *HEARTBEAT)
    whole, first, none = (
        CliRunner().invoke(main, ["replay", str(source), "--as", "station", *options, "-o", str(tmp_path / "x")])
        for options in (["--to", "ws://127.0.0.1:1"], ["--to", "ws://127.0.0.1:1", "--to", "1m"], ["--to", "5s"])
    )

    assert "connection refused" in whole.stdout
    assert "connection refused" in first.stdout
    assert "wants the live CSMS" in none.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--as", "station"], "--as station wants the live CSMS"),
        (["--as", "csms"], "--as csms wants to know where stations connect"),
        (["--as", "station", "--to", "http://x"], "must begin with ws:// or wss://"),
        (["--as", "station", "--to", "x"], "the URL after --to must begin with ws:// or wss://: 'x'"),
        (["--as", "station", "--to", "5m"], "--as station wants the live CSMS"),
        (["--as", "station", "--to", "ws://x", "--to", "ws://y"], "--to names more than one CSMS"),
        (["--as", "station", "--to", "ws://x", "--to", "5m", "--until", "6m"], "says once when the part"),
        (["--as", "station", "--to", "ws://x", "--until", "soon"], "--until wants a time"),
        (["--as", "station", "--to", "ws://x", "--speed", "fast"], "--speed wants a number"),
        (["--as", "station", "--to", "ws://x", "--speed", "nan"], "--speed wants a number"),
        (["--as", "station", "--to", "ws://x", "--from", "noon"], "--from wants a time"),
        (["--as", "station", "--to", "ws://x", "--from", "9h"], "no message is between --from and --until"),
        (["--as", "station", "--to", "ws://x", "--only", "Reset"], "no message is left"),
        (["--as", "station", "--to", "ws://x", "--session", "9"], "there is no session 9"),
        (["--as", "station", "--to", "ws://x", "--clones", "2", "--identity", "A"], "calls all clones the same"),
        (["--as", "station", "--to", "ws://x", "--identity", "{x}"], "--identity may hold"),
        (["--as", "station", "--to", "ws://x", "--listen", "127.0.0.1:0"], "--listen is for --as csms"),
        (["--as", "csms", "--listen", "127.0.0.1:0", "--to", "ws://x"], "--to is for --as station"),
        (["--as", "csms", "--listen", "nowhere"], "--listen wants HOST:PORT"),
        (["--as", "csms", "--listen-tls", "127.0.0.1:0"], "--listen-tls and --cert go together"),
        (["--as", "station", "--to", "ws://x", "--ca", "ca.pem"], "--ca is for a CSMS at wss://"),
        (["--as", "station", "--to", "ws://x", "--password-file", "none"], "--password-file 'none' cannot be read"),
    ],
)
def test_options_that_make_no_sense_are_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    source = drawn(tmp_path / "event.recording", *HEARTBEAT)

    result = CliRunner().invoke(main, ["replay", str(source), *options])

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert not (tmp_path / "replay.recording").exists()


@pytest.mark.parametrize("content", [b"", b"garbage" * 99, b"\x89OCPP\r\n\x1a", b"SQLite format 3\x00" + b"\x00" * 99])
def test_what_is_no_recording_is_told_in_a_sentence_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd").write_bytes(content)

    result = CliRunner().invoke(main, ["replay", "odd", "--as", "station", "--to", "ws://127.0.0.1:1"])

    assert result.exit_code == 2
    assert result.stderr.startswith("plugfest: 'odd' ")
    assert [each.name for each in tmp_path.iterdir()] == ["odd"]


def test_the_recording_that_is_played_is_not_written_to(tmp_path: Path) -> None:
    source = drawn(tmp_path / "event.recording", *HEARTBEAT)

    result = CliRunner().invoke(
        main, ["replay", str(source), "--as", "station", "--to", "ws://127.0.0.1:1", "-o", str(source)]
    )

    assert "is the recording that is played" in result.stderr


def test_a_csms_that_is_not_there_is_told_and_recorded(tmp_path: Path, unused_tcp_port: int) -> None:
    source, output = drawn(tmp_path / "event.recording", *HEARTBEAT), tmp_path / "replay.recording"
    url = f"ws://127.0.0.1:{unused_tcp_port}/ocpp"

    result = CliRunner().invoke(main, ["replay", str(source), "--as", "station", "--to", url, "-o", str(output)])

    assert result.exit_code == 2
    assert "connection refused" in result.stdout
    assert output.exists()
