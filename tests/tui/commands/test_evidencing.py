"""`plugfest evidence`, as it is typed."""

import json
from pathlib import Path

import pytest
from commands import run
from recordings import RecordingBuilder


@pytest.fixture
def event(tmp_path: Path) -> Path:
    path = tmp_path / "event.recording"
    with RecordingBuilder(path) as builder:
        session = builder.session("CS-0042", "acme")
        builder.say(session, '> [2,"1","Heartbeat",{}]', '< [3,"1",{"currentTime":"2026-01-01T12:00:00Z"}]')
        builder.say(session, '> [2,"2","Authorize",{"idTag":"C0FFEE01","why":1}]', '< [3,"2",{"idTagInfo":{}}]')
        builder.close(session)
    return path


def test_evidence_says_what_it_shows_and_its_recording_is_judged_the_same(event: Path, tmp_path: Path) -> None:
    done = run("evidence", event, "RPC-19", "-o", tmp_path / "bundle")

    assert done.exit_code == 0
    assert "RPC-19#1/" in done.output
    assert "left out" in done.output
    assert "plugfest replay" in done.output
    judged = run("judge", tmp_path / "bundle" / "evidence.recording")
    assert judged.exit_code == 1
    assert "RPC-19" in judged.output
    assert "CS-0042" not in judged.output


def test_a_bundle_has_a_name_of_its_own_where_none_is_given(
    event: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    done = run("evidence", event, "rpc-19", "--unredacted")

    assert done.exit_code == 0
    assert "nothing redacted" in done.output
    assert len([*tmp_path.glob("evidence-RPC-19-1-*.zip")]) == 1


@pytest.mark.parametrize("said", ["TM-99", "RPC-19#7", "what is this", "RPC-19#1/999999"])
def test_what_names_no_finding_is_told_and_nothing_written(event: Path, tmp_path: Path, said: str) -> None:
    done = run("evidence", event, said, "-o", tmp_path / "bundle.zip")

    assert done.exit_code == 2
    assert done.stderr.startswith("plugfest: ")
    assert not (tmp_path / "bundle.zip").exists()


def test_what_the_event_makes_of_the_rule_is_told_in_the_bundle(event: Path, tmp_path: Path) -> None:
    rules, reason = tmp_path / "event.toml", "agreed on the first day"
    rules.write_text(f'[rules.RPC-19]\nseverity = "warning"\nreason = "{reason}"\n')

    done = run("evidence", event, "RPC-19", "-o", tmp_path / "bundle", "--rules", rules)

    told = f"rule RPC-19 is graded warning at this event: {reason}"
    assert (done.exit_code, told in done.output) == (0, True)
    assert f"- **At this event:** {told}" in (tmp_path / "bundle" / "README.md").read_text()
    policy = json.loads((tmp_path / "bundle" / "finding.json").read_text())["policy"]
    assert policy == {"rule": "RPC-19", "severity": "warning", "reason": reason}
