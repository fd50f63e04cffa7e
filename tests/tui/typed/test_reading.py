"""`show`, as a person or a program uses it; and what no command that reads a recording may do."""

import json
import os
import sqlite3
from pathlib import Path

import pytest
from commands import run
from drawing import Pen, draw
from recorded import record

from matrix.trace import Ending


@pytest.mark.parametrize("command", ["judge", "show"])
def test_recording_that_is_missing_or_none_exits_2_with_a_sentence(command: str, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage"
    garbage.write_bytes(os.urandom(5000))
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()

    empty = tmp_path / "empty"
    empty.touch()

    results = [run(command, path) for path in (tmp_path / "none", garbage, other, empty)]

    assert [result.exit_code for result in results] == [2, 2, 2, 2]
    assert all(result.stderr.startswith("plugfest: ") and "Traceback" not in result.stderr for result in results)
    assert "there is no recording at" in results[0].stderr
    assert "is not a recording" in results[1].stderr
    assert "is a SQLite file, but not a recording of the hub" in results[2].stderr
    assert "is an empty file, not a recording of the hub" in results[3].stderr


READERS = (
    ("show", "F"), ("judge", "F"), ("search", "F", "x"), ("doctor", "F"), ("note", "F"), ("diff", "F", "F"),
    ("note", "F", "add", "--session", 1, "--by", "x", "y"), ("merge", "F", "-o", "O"), ("trim", "F", "-o", "O"),
    ("compact", "F"), ("redact", "F", "--dry-run"), ("export", "F", "--as", "csv"),
    ("evidence", "F", "TM-02", "-o", "O"),
    ("replay", "F", "--as", "csms", "--listen", "127.0.0.1:0", "-o", "O"),
)  # fmt: skip


def test_every_command_says_in_the_same_words_what_is_no_recording(tmp_path: Path) -> None:
    log = tmp_path / "event.log"
    log.write_text("10:00 [2,")

    said = {
        path: {run(*(path if each == "F" else tmp_path / "o" if each == "O" else each for each in command)).stderr
               for command in READERS}
        for path in (tmp_path / "none", tmp_path, log)
    }  # fmt: skip

    assert list(said.values()) == [
        {f"plugfest: there is no recording at {str(tmp_path / 'none')!r}\n"},
        {f"plugfest: {str(tmp_path)!r} is a folder, not a recording\n"},
        {f"plugfest: {str(log)!r} is not a recording: it is not a SQLite file; `plugfest import` makes one of a log\n"},
    ]


def test_show_lists_sessions_and_messages(faulty: Path) -> None:
    sessions, messages = run("show", faulty), run("show", faulty, "--session", 1)

    assert "CS-50" in sessions.stdout
    assert "ocpp1.6" in sessions.stdout
    assert '→  [2,"m","MeterValues"' in messages.stdout
    assert "Sec-WebSocket-Protocol: ocpp1.6" in messages.stdout


def test_show_folds_refusals_that_repeat_themselves(tmp_path: Path) -> None:
    refused = [Pen().session([], identity="CS1", status=503, ending=Ending.REFUSED) for _ in range(4)]
    path = record(tmp_path / "event.recording", *refused)

    listed, counted = run("show", path).stdout, run("show", path, "--json").stdout

    assert listed.count("CS1") == 1
    assert "4 times until " in " ".join(listed.split())
    assert counted.count('"identity":"CS1"') == 4


def test_show_as_json_prints_one_object_a_line(faulty: Path) -> None:
    lines = [json.loads(line) for line in run("show", faulty, "--session", 1, "--json").stdout.splitlines()]

    assert [line["side"] for line in lines] == ["station", "csms", "station", "csms"]
    assert lines[0]["payload"].startswith('[2,"b","BootNotification"')


def test_show_filters_messages_of_all_sessions(faulty: Path) -> None:
    shown = run("show", faulty, "--filter", "rule:RPC-19").stdout
    lines = run("show", faulty, "--filter", "outcome:failed side:station", "--json").stdout.splitlines()

    assert shown.startswith("#1 ")
    assert len(shown.splitlines()) == 1
    assert "MeterValues" in shown
    assert [json.loads(line)["payload"][:4] for line in lines] == ['[2,"']


def test_show_filters_by_who_a_station_says_it_is_later(faulty: Path) -> None:
    everything = run("show", faulty, "--filter", "vendor:openevse", "--json").stdout.splitlines()
    handshake = json.loads(everything[0])["handshake"]

    assert (handshake["identity"], handshake["id"]) == ("CS-50", 1)
    assert run("show", faulty, "--session", 1, "--filter", "type:handshake").stdout.endswith("-> acme  101\n")
    assert run("show", faulty, "--filter", "vendor:other").stdout == "nothing is found\n"
    assert run("show", faulty, "--filter", "vendor:other", "--json").stdout == ""


@pytest.mark.parametrize("secrets", [(), ("--secrets",)])
def test_show_filters_by_what_it_shows(tmp_path: Path, secrets: tuple[str, ...]) -> None:
    said = '> [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2"}]'
    path = record(tmp_path / "secret.recording", draw(said))

    found = [
        run("show", path, "--filter", text, *secrets).stdout for text in ("hunter2", "value:hunt", "action:Change")
    ]

    assert [each != "nothing is found\n" for each in found] == [bool(secrets), bool(secrets), True]


def test_show_says_where_a_text_is_no_filter(faulty: Path) -> None:
    result = run("show", faulty, "--filter", "side:hub")

    assert result.exit_code == 2
    assert result.stderr == "plugfest: at character 6 of the filter: side is one of station, csms, not 'hub'\n"


def test_show_tells_what_was_done_to_a_session_on_purpose_where_it_was_done(tmp_path: Path) -> None:
    beat = '> [2,"h","Heartbeat",{}]'
    path = record(
        tmp_path / "disturbed.recording", draw(beat), draw("! begun drop answer 1", "! touched", beat, "! ended")
    )

    listed = run("show", path).stdout.splitlines()
    lines = run("show", path, "--session", 2).stdout.splitlines()
    sessions = [json.loads(line) for line in run("show", path, "--json").stdout.splitlines()]
    items = [json.loads(line) for line in run("show", path, "--session", 2, "--json").stdout.splitlines()]

    assert ["drop answer 1" in line for line in listed] == [False, False, True]
    assert [line.split("drop answer 1 ")[1] for line in lines if "disturbed on purpose: drop answer 1" in line] == [
        "(begun)", "(touched frame 7)", "(ended)"
    ]  # fmt: skip
    assert [[step["phase"] for step in session["disturbances"]] for session in sessions] == [
        [], ["begun", "touched", "ended"]
    ]  # fmt: skip
    assert [item.get("phase", item.get("side")) for item in items] == ["begun", "touched", "station", "ended"]


def test_show_of_a_session_that_is_not_there_says_so(faulty: Path) -> None:
    result = run("show", faulty, "--session", 99)

    assert result.exit_code == 2
    assert "there is no session 99" in result.stderr


def test_hostile_text_comes_out_as_text(tmp_path: Path) -> None:
    boot = '{"chargePointVendor":"\\u001b[2J[red]x[/]\\u202e","chargePointModel":"=cmd"}'
    hostile = draw(
        f'> [2,"\\u001b[31m","BootNotification",{boot}]',
        "> \x1b]0;owned\x07 not json",
        "< close 1002",
        identity="\x1b[31mCS\x07",
        path="/acme/x",
    )
    path = record(tmp_path / "hostile.recording", hostile)

    outputs = [
        run("show", path),
        run("show", path, "--session", 1, "--full"),
        run("judge", path),
        run("judge", path, "--json"),
    ]

    assert not any(
        "\x1b" in result.stdout or "\x07" in result.stdout or "\u202e" in result.stdout for result in outputs
    )
    assert "[red]x[/]" in outputs[2].stdout


@pytest.mark.parametrize("options", [(), ("--json",), ("--full",)])
def test_show_hides_secrets_unless_asked(tmp_path: Path, options: tuple[str, ...]) -> None:
    said = '> [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2"}]'
    path = record(tmp_path / "secret.recording", draw(said, '> part [2,"b","X",{"password":"hunter2', '> last "}]'))

    hidden = run("show", path, "--session", 1, *options).stdout
    shown = run("show", path, "--session", 1, "--secrets", *options).stdout

    assert "hunter2" not in hidden
    assert "AuthorizationKey" in hidden
    assert shown.count("hunter2") == 2


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_show_of_one_frame_is_whole_but_for_its_secrets(tmp_path: Path, options: tuple[str, ...]) -> None:
    long = "x" * 500
    said = f'> [2,"a","ChangeConfiguration",{{"key":"AuthorizationKey","value":"hunter2","more":"{long}"}}]'
    path = record(tmp_path / "secret.recording", draw('> [2,"h","Heartbeat",{}]', said))
    number = json.loads(run("show", path, "--filter", "action:Change", "--json").stdout)["id"]

    hidden = run("show", path, "--frame", number, *options).stdout
    shown = run("show", path, "--frame", number, "--secrets", *options).stdout

    assert "hunter2" not in hidden
    assert "Heartbeat" not in hidden
    assert all(long in each and len(each.splitlines()) == 1 for each in (hidden, shown))
    assert "hunter2" in shown
