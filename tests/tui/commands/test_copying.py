"""`plugfest show --as`, as it is typed."""

from pathlib import Path

import pytest
from commands import run


@pytest.mark.parametrize("form", ["websocat", "wscat", "python", "markdown"])
def test_a_message_is_printed_as_what_is_asked_for(event: Path, form: str) -> None:
    done = run("show", event, "--frame", 6, "--as", form)

    assert done.exit_code == 0
    assert "MeterValues" in done.output
    assert ("RPC-19" in done.output) == (form == "markdown")


def test_markdown_tells_findings_as_the_event_grades_them(event: Path, tmp_path: Path) -> None:
    rules = tmp_path / "event.toml"
    rules.write_text('[rules.RPC-19]\nseverity = "warning"\nreason = "agreed on Monday"\n')

    done = run("show", event, "--frame", 6, "--as", "markdown", "--rules", rules)

    assert "**RPC-19**, a warning by the station" in done.output
    assert "agreed on Monday" in done.output


def test_a_message_is_written_to_a_new_file_and_never_over_one(event: Path, tmp_path: Path) -> None:
    words = ("show", event, "--frame", 6, "--as", "python", "-o", tmp_path / "said.py")

    assert run(*words).exit_code == 0
    again = run(*words)

    assert "MeterValues" in (tmp_path / "said.py").read_text()
    assert (again.exit_code, "there is something" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--frame", 999], "there is no frame 999"), (["--as", "python"], "it wants that"),
     (["--frame", 999, "--as", "python"], "there is no frame 999")],
)  # fmt: skip
def test_what_cannot_be_copied_is_said(event: Path, words: list[object], said: str) -> None:
    done = run("show", event, *words)

    assert done.exit_code == 2
    assert said in done.output.replace("\n", " ")
