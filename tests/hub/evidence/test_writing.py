import json
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from recordings import RecordingBuilder, judged

from hub.evidence.bundle import Bundle, EvidenceError, gathered
from hub.evidence.reference import read_reference
from hub.evidence.smallest import MOST_ADDED
from hub.evidence.writing import write_bundle
from hub.recording.reading import Recording
from hub.redacting.copying import Plan
from hub.redacting.kinds import REPLACED
from hub.session_file import read_session
from matrix.trace import Opcode, Side

PLAN = Plan(b"k" * 32, REPLACED)


@pytest.fixture
def event(tmp_path: Path) -> Path:
    path = tmp_path / "event.recording"
    with RecordingBuilder(path) as builder:
        for number in range(3):
            session = builder.session(f"CS-004{number}", "acme")
            for beat in range(4):
                builder.say(
                    session,
                    f'> [2,"h{beat}","Heartbeat",{{}}]',
                    f'< [3,"h{beat}",{{"currentTime":"2026-01-01T12:00:00Z"}}]',
                )
            builder.say(
                session,
                '> [2,"a","Authorize",{"idTag":"C0FFEE01"}]',
                '< [3,"a",{"idTagInfo":{"status":"``` Oh <b>no</b> C0FFEE01"}}]',
            )
            builder.close(session)
    return path


def bundle_of(path: Path, said: str, plan: Plan | None = PLAN) -> Bundle:
    with Recording.open(path) as recording:
        return gathered(recording, read_reference(said), plan, judged)


def rule_at_answer(path: Path) -> str:
    with Recording.open(path) as recording:
        return next(
            each.rule for each in judged(recording, recording.last_mark()).findings if each.action == "Authorize"
        )


def test_a_bundle_shows_its_finding_by_one_exchange_without_names(event: Path, tmp_path: Path) -> None:
    rule = rule_at_answer(event)

    write_bundle(bundle_of(event, f"{rule}#2"), tmp_path / "bundle")

    with Recording.open(tmp_path / "bundle" / "evidence.recording") as recording:
        findings = judged(recording, recording.last_mark()).findings
        assert rule in {finding.rule for finding in findings}
        assert sum(1 for _ in recording.frames(2)) == 2
        assert [session.id for session in recording.sessions()] == [2]
    for path in (tmp_path / "bundle").iterdir():
        assert b"C0FFEE01" not in path.read_bytes()
        assert b"CS-0041" not in path.read_bytes()


def test_the_page_of_a_bundle_says_what_by_which_clause_and_how_to_replay(event: Path, tmp_path: Path) -> None:
    rule = rule_at_answer(event)

    write_bundle(bundle_of(event, rule), tmp_path / "bundle")

    page = (tmp_path / "bundle" / "README.md").read_text()
    assert page.startswith(f"# {rule}: ")
    assert "OCPP" in page
    assert "plugfest replay evidence.recording --session 1 --as station --to ws://" in page
    assert "The same was found 2 times more" in page
    assert "**CSMS:** `acme`" in page
    assert "\n````json\n" in page  # what the peer said holds three backticks


def test_what_only_seems_so_without_what_was_left_out_is_named_as_that(tmp_path: Path) -> None:
    with RecordingBuilder(tmp_path / "event.recording") as builder:
        session = builder.session("CS-0040", "acme")
        builder.frame(session, Side.STATION, '[2,"x","Heartbeat",{', fin=0)
        for _ in range(MOST_ADDED):
            builder.frame(session, Side.STATION, " ", opcode=Opcode.CONTINUATION, fin=0)
        builder.frame(session, Side.STATION, "}]", opcode=Opcode.CONTINUATION)
        builder.say(session, '< [4,"x","NotSupported"]')
        builder.close(session)
    bundle = bundle_of(tmp_path / "event.recording", "RPC-05")

    write_bundle(bundle, tmp_path / "bundle")

    page = (tmp_path / "bundle" / "README.md").read_text()
    facts = json.loads((tmp_path / "bundle" / "finding.json").read_text())
    assert "**Not in the recording:**" in page
    assert f"- RPC-08 (CSMS, session 1, frame {bundle.finding.frame}): " in page
    assert "RPC-08" in {each["rule"] for each in facts["artefacts"]}


def test_a_bundle_that_shows_nothing_else_names_nothing_else(event: Path, tmp_path: Path) -> None:
    write_bundle(bundle_of(event, rule_at_answer(event)), tmp_path / "bundle")

    assert "Not in the recording" not in (tmp_path / "bundle" / "README.md").read_text()
    assert json.loads((tmp_path / "bundle" / "finding.json").read_text())["artefacts"] == []


def checked_by_hand(folder: Path) -> str:
    """Run what the page of a bundle says that Python alone can do; return what that prints."""
    program = (folder / "README.md").read_text().partition("```python\n")[2].partition("```")[0]
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    ).stdout


def test_the_chain_of_hashes_holds_and_breaks_where_a_message_is_changed(event: Path, tmp_path: Path) -> None:
    write_bundle(bundle_of(event, rule_at_answer(event)), tmp_path / "bundle")
    messages = tmp_path / "bundle" / "messages.jsonl"

    whole = checked_by_hand(tmp_path / "bundle")
    messages.write_text(messages.read_text().replace("Authorize", "Authorise"))
    changed = checked_by_hand(tmp_path / "bundle")

    assert len(messages.read_text().splitlines()) == 4
    assert (whole, changed) == ("the chain holds\n", "")


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_bundle_is_its_owners_alone_to_read(event: Path, tmp_path: Path, name: str) -> None:
    write_bundle(bundle_of(event, rule_at_answer(event)), tmp_path / name)

    made = [tmp_path / name, *(tmp_path / name).glob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in made} == {0}


def test_who_was_never_let_in_is_tried_again_through_a_hub(tmp_path: Path) -> None:
    path = tmp_path / "event.recording"
    with RecordingBuilder(path) as builder:
        builder.refuse("CS-0040", "acme", offered="ocpp9", status=404, reason="Not Found")

    write_bundle(bundle_of(path, "HS-01"), tmp_path / "bundle")

    page = (tmp_path / "bundle" / "README.md").read_text()
    assert "plugfest serve --listen 127.0.0.1:9000 --csms csms=ws://" in page
    assert "plugfest replay" not in page


def test_a_bundle_holds_its_sessions_as_files_of_their_own(event: Path, tmp_path: Path) -> None:
    write_bundle(bundle_of(event, rule_at_answer(event)), tmp_path / "bundle")

    session = read_session(tmp_path / "bundle" / "session-1.session")

    assert len(session.frames) == 2
    assert session.session.identity != "CS-0040"


def test_without_redaction_everything_is_as_it_was(event: Path, tmp_path: Path) -> None:
    write_bundle(bundle_of(event, rule_at_answer(event), None), tmp_path / "bundle")

    assert b"C0FFEE01" in (tmp_path / "bundle" / "evidence.recording").read_bytes()
    assert "Nothing is redacted" in (tmp_path / "bundle" / "README.md").read_text()
    assert json.loads((tmp_path / "bundle" / "finding.json").read_text())["is_redacted"] is False


def test_an_archive_is_the_same_bytes_for_the_same_bundle(event: Path, tmp_path: Path) -> None:
    bundle = bundle_of(event, rule_at_answer(event))

    write_bundle(bundle, tmp_path / "one.zip")

    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert {name.rpartition("/")[2] for name in archive.namelist()} == {
            "README.md", "evidence.recording", "messages.jsonl", "finding.json", "session-1.session"
        }  # fmt: skip


def test_nothing_is_written_over_and_nothing_left_beside(event: Path, tmp_path: Path) -> None:
    bundle = bundle_of(event, rule_at_answer(event))
    (tmp_path / "there.zip").write_bytes(b"mine")

    with pytest.raises(EvidenceError, match="something at"):
        write_bundle(bundle, tmp_path / "there.zip")
    with pytest.raises(EvidenceError, match="no folder"):
        write_bundle(bundle, tmp_path / "nowhere" / "there.zip")
    write_bundle(bundle, tmp_path / "new.zip")

    assert {path.name for path in tmp_path.iterdir()} - {f"event.recording{end}" for end in ("", "-wal", "-shm")} == {
        "there.zip", "new.zip"
    }  # fmt: skip
    assert (tmp_path / "there.zip").read_bytes() == b"mine"
