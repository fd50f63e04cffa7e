"""`plugfest import`, as it is typed."""

from pathlib import Path

import orjson
import pytest
from commands import run
from drawing import draw
from written_logs import arrows, steve

from matrix.dialect import JUDGED
from tui.typed.imports import VERSIONS

BOOT = '> [2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'
BOOTED = '< [3,"1",{"status":"Accepted","currentTime":"$NOW","interval":300}]'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "steve.log"
    path.write_text(steve(draw(BOOT, BOOTED, '> [2,"2","Heartbeat",{}]')))
    return path


def test_import_says_what_it_read_and_show_and_judge_read_it(log: Path, tmp_path: Path) -> None:
    recording = tmp_path / "x.recording"

    done = run("import", log, "-o", recording, "--csms", "steve")

    assert done.exit_code == 0
    assert "steve.log (steve): 3 messages, 2 calls, 1 answered, 1 unanswered, 0 answers to no call in it" in done.output
    assert "not seen" in run("show", recording).output
    shown = run("show", recording, "--session", 1).output
    assert "imported from steve.log (steve): its messages alone, no handshake, no pings" in shown
    assert "the log names no time zone: it was taken from" in shown
    assert run("judge", recording).exit_code == 0


def test_csms_without_a_name_is_refused(log: Path, tmp_path: Path) -> None:
    done = run("import", log, "-o", tmp_path / "x.recording", "--csms", " ")

    assert (done.exit_code, "--csms wants the name of a CSMS" in done.stderr) == (2, True)
    assert not (tmp_path / "x.recording").exists()


def test_lines_that_are_skipped_are_named_on_stderr_and_escaped(log: Path, tmp_path: Path) -> None:
    log.write_text(log.read_text() + '[chargeBoxId=A, sessionId=1] Received: {"\x1b[31m\n')

    done = run("import", log, "-o", tmp_path / "x.recording")

    assert done.exit_code == 0
    assert "line 4 of steve.log is skipped: the message in it has no end" in done.stderr
    assert "\x1b" not in done.output


def test_json_is_for_programs(log: Path, tmp_path: Path) -> None:
    done = orjson.loads(run("import", log, "-o", tmp_path / "x.recording", "--json").stdout)

    assert (done["messages"], done["sessions"], done["lines_skipped"]) == (3, 1, 0)
    assert done["logs"][0]["format"] == "steve"
    assert done["logs"][0]["clock"] == "derived"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--format", "ocpp"], "no message could be read from 'steve.log'"),
        (["--timezone", "Mars/Olympus"], "there is no time zone 'Mars/Olympus'"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_leaves_nothing(
    log: Path, tmp_path: Path, words: list[str], sentence: str
) -> None:
    done = run("import", log, "-o", tmp_path / "x.recording", *words)

    assert done.exit_code == 2
    assert sentence in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["steve.log"]


def test_options_say_what_the_log_does_not(tmp_path: Path) -> None:
    log, recording = tmp_path / "x.log", tmp_path / "x.recording"
    log.write_text(arrows(draw('> [2,"a","DataTransfer",{"vendorId":"v"}]', '< [3,"a",{"status":"Accepted"}]')))

    done = run("import", log, "-o", recording, "--logged-by", "csms", "--identity", "CS7", "--version", "2.0.1")

    assert done.exit_code == 0
    (session,) = run("show", recording, "--json").stdout.splitlines()
    assert orjson.loads(session) | {"identity": "CS7", "chosen": "ocpp2.0.1"} == orjson.loads(session)
    sides = [
        orjson.loads(line)["side"] for line in run("show", recording, "--session", 1, "--json").stdout.splitlines()
    ]
    assert sides == ["csms", "station"]


def test_version_that_nothing_tells_is_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text(arrows(draw('> [2,"a","Heartbeat",{}]')))

    done = run("import", log, "-o", tmp_path / "x.recording")

    assert "the OCPP version of 1 session is not told" in done.stdout


def test_versions_that_can_be_named_are_those_that_are_judged() -> None:
    assert VERSIONS == JUDGED
