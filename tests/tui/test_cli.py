"""All commands together."""

from pathlib import Path

import pytest
from commands import run


@pytest.mark.parametrize("command", ["demo", "serve", "watch", "show", "judge", "rules", "note"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run(command, "--help")

    assert result.exit_code == 0
    assert f"Example: plugfest {command}" in " ".join(result.stdout.split())


def test_demo_without_a_terminal_prints_the_matrix_and_exits_0(tmp_path: Path) -> None:
    recording = tmp_path / "demo.recording"

    result = run("demo", "--seconds", 6, "--recording", recording)

    assert result.exit_code == 0
    assert "the page of this demo, for as long as it runs: http://127.0.0.1:" in result.stdout
    assert "✓ passed" in result.stdout
    assert "✗ failed" in result.stdout
    alone, together = (run("judge", recording, "--json", "--jobs", jobs) for jobs in (1, 2))
    assert alone.exit_code == 1
    assert together.stdout == alone.stdout
