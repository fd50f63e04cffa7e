"""The dashboard where there is a terminal, and where there is none."""

import os
import pty
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Final

import pytest
from drawing import draw
from recorded import record

ROOT: Final = Path(__file__).parents[2]
NONE: Final = "plugfest: the dashboard needs a terminal, and standard input or output is none: `plugfest judge`"


def watched(source: object, *, stdin: int, stdout: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tui.cli", "watch", str(source)]
    return subprocess.run(
        command, cwd=ROOT, stdin=stdin, stdout=stdout, stderr=PIPE, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize("lacks", ["input", "output", "both"])
def test_dashboard_without_a_terminal_is_refused_before_anything_is_opened(tmp_path: Path, lacks: str) -> None:
    recording = record(tmp_path / "x.recording", draw('> [2,"a","Heartbeat",{}]'))
    ours, terminal = pty.openpty()

    results = [
        watched(
            source,
            stdin=terminal if lacks == "output" else DEVNULL,
            stdout=terminal if lacks == "input" else PIPE,
        )
        for source in (recording, tmp_path / "none", "ws://127.0.0.1:1")
    ]

    os.close(ours)
    os.close(terminal)
    assert [(result.returncode, result.stdout or "") for result in results] == [(2, "")] * 3
    assert all(result.stderr.startswith(NONE) and result.stderr.count("\n") == 1 for result in results)
    assert [path.name for path in tmp_path.iterdir()] == ["x.recording"]


def test_dashboard_over_what_is_no_recording_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(os.urandom(5000))
    ours, terminal = pty.openpty()

    results = [watched(tmp_path / name, stdin=terminal, stdout=terminal) for name in ("none", "garbage")]

    os.close(ours)
    os.close(terminal)
    assert [result.returncode for result in results] == [2, 2]
    assert results[0].stderr.startswith("plugfest: there is no recording at")
    assert "is not a recording" in results[1].stderr
