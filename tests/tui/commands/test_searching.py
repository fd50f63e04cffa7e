"""`plugfest search`, as a person or a program uses it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from drawing import draw
from recorded import record
from recordings import RecordingBuilder

from hub.recording.lock_file import LockFile
from hub.search.indexing import Index
from tui.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["search", *map(str, arguments)])


def test_what_is_found_is_printed_with_what_the_judge_found_there(faulty: Path) -> None:
    result = run(faulty, "vendor:openevse", "rule:RPC-19")

    first, second = result.stdout.splitlines()
    assert result.exit_code == 0
    assert first.startswith("#1 ")
    assert "call MeterValues ✗  CS-50" in first
    assert second.startswith("        RPC-19 violation ")


def test_as_json_it_is_one_object_a_line(faulty: Path) -> None:
    everything = [json.loads(line) for line in run(faulty, "", "--json", "--judge").stdout.splitlines()]

    assert [each["type"] for each in everything][:3] == ["handshake", "call", "callresult"]
    assert (everything[0]["frame"], everything[0]["identity"], everything[0]["vendor"]) == (None, "CS-50", "OpenEVSE")
    assert (everything[2]["action"], everything[2]["latency_ms"]) == ("BootNotification", 10.0)
    assert {each["outcome"] for each in everything if each["action"] == "MeterValues"} == {"failed"}
    assert [finding["rule"] for each in everything for finding in each["findings"]] == ["RPC-19"]


def test_who_does_not_ask_the_judge_is_not_told_what_it_says(faulty: Path) -> None:
    (found,) = map(json.loads, run(faulty, "type:call", "action:MeterValues", "--json").stdout.splitlines())

    assert "outcome" not in found
    assert found["text"].startswith("[2,")


def test_nothing_found_is_exit_code_1_and_a_bad_filter_2(faulty: Path) -> None:
    none, bad, missing = run(faulty, "zanzibar"), run(faulty, "side:hub"), run(faulty.with_name("other"), "a")

    assert (none.exit_code, none.stdout) == (1, "nothing is found\n")
    assert (bad.exit_code, bad.stderr[:36]) == (2, "plugfest: at character 6 of the filt")
    assert (missing.exit_code, missing.stderr[:32]) == (2, "plugfest: there is no recording ")


def test_as_many_as_asked_for_are_printed(faulty: Path) -> None:
    lines = run(faulty, "type:call", "--limit", "1").stdout.splitlines()

    assert len(lines) == 2
    assert lines[1] == "... and 1 more: --limit 0 prints all"


def test_the_opinion_of_the_judge_is_kept_and_by_other_rules_made_anew(faulty: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[rules.RPC-19]\nseverity = "off"\nreason = "not here"\n')

    found = [run(faulty, "rule:RPC", *options).exit_code for options in ((), (), ("--rules", rules), ())]

    assert found == [0, 0, 1, 0]
    with Index(faulty) as index:
        assert len(index.connection.execute("SELECT * FROM finding").fetchall()) == 1


def test_while_a_hub_writes_a_long_recording_what_the_judge_said_a_moment_ago_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.commands.searching.WORTH_A_PROCESS", 1)
    with RecordingBuilder(tmp_path / "live.recording") as builder:
        session, path = builder.session("CS1", "acme"), builder.path
        builder.say(session, '> [2,"1","Heartbeat",{"x":1}]')
        lock = LockFile.take(path)

        once = run(path, "rule:RPC-19")
        builder.say(session, '> [2,"2","Heartbeat",{"x":1}]')
        soon, again = run(path, "rule:RPC-19"), run(path, "rule:RPC-19", "--judge")
        lock.release()

    assert [each.stdout.count("call Heartbeat") for each in (once, soon, again)] == [1, 1, 2]
    assert (once.stderr, again.stderr) == ("", "")
    assert soon.stderr.startswith("plugfest: what the judge says is of ")


def test_an_index_that_cannot_be_read_is_made_anew(faulty: Path) -> None:
    assert run(faulty, "metervalues").exit_code == 0
    with Index(faulty) as index:
        index.connection.execute("UPDATE finding SET finding = x'c1'")

    assert run(faulty, "metervalues rule:RPC-19").exit_code == 0


def test_a_damaged_recording_is_searched_as_far_as_it_is_whole(faulty: Path) -> None:
    faulty.write_bytes(faulty.read_bytes()[:-100])

    result = run(faulty, "type:call")

    assert result.exit_code == 0
    assert "is damaged" in result.stderr
    assert "BootNotification" in result.stdout


def test_secrets_are_neither_found_nor_shown(tmp_path: Path) -> None:
    said = '> [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2"}]'
    path = record(tmp_path / "secret.recording", draw(said, identity="\x1b[31mred"))

    shown = run(path, "AuthorizationKey")

    assert run(path, "hunter2").exit_code == run(path, "value:hunter2").exit_code == 1
    assert "hunter2" not in shown.stdout
    assert "\x1b" not in shown.stdout
    assert '"value":"***"' in shown.stdout
