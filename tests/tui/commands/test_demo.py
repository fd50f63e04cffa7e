"""`plugfest demo` begins with recorded sessions, if there are some to begin with."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from goldens import SESSIONS, samples

from hub.session_file import read_session
from tui.cli import main


def test_demo_begins_with_the_sessions_of_a_file(tmp_path: Path) -> None:
    sample = SESSIONS / "samples" / "21-clean.session"
    recording = tmp_path / "demo.recording"

    done = CliRunner().invoke(
        main, ["demo", "--no-tui", "--seconds", "1", "--from", str(sample), "--recording", str(recording)]
    )

    shown = CliRunner().invoke(main, ["show", "--json", str(recording)]).stdout.splitlines()
    sessions = [orjson.loads(line) for line in shown]
    assert done.exit_code == 0
    assert sessions[0]["opened_at"] == read_session(sample).session.opened_at
    assert len(sessions) > 1


def test_demo_says_where_there_is_nothing_to_begin_with(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["demo", "--no-tui", "--from", str(tmp_path)])

    assert done.exit_code == 2
    assert "there is no session file and no HAR file at" in done.stderr


def test_samples_are_of_all_versions_clean_and_faulty() -> None:
    kinds = {(path.stem.partition("-")[0], "clean" in path.stem) for path in samples()}

    assert len(samples()) >= 10
    assert kinds == {(version, is_clean) for version in ("16", "201", "21") for is_clean in (True, False)}


@pytest.mark.parametrize("sample", samples(), ids=lambda path: path.stem)
def test_sample_is_what_its_name_says_and_the_readme_names_it(sample: Path) -> None:
    session = read_session(sample).session
    verdict = sample.with_suffix(".findings").read_text()

    assert f"| `{sample.stem}` |" in (SESSIONS / "README.md").read_text()
    assert ("clean" in sample.stem) == (len(verdict.splitlines()) == 1 and verdict.endswith(": passed\n")) or (
        "says-all" in sample.stem
    )
    assert (session.chosen or "ocpp1.6").removeprefix("ocpp").replace(".", "") == sample.stem.partition("-")[0]
