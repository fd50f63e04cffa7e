"""The dashboard on a terminal that is closed: in a process of its own, with a terminal that is really gone."""

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from drawing import draw
from recorded import record

from tui.terminal_driver import HUNG_UP

ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 60.0


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """`plugfest watch` as the leader of a session, and our end of its terminal."""
    recording = record(tmp_path / "x.recording", draw('> [2,"a","Heartbeat",{}]'))
    pid, ours = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30", "TMPDIR": str(tmp_path)}
        os.execv(sys.executable, [sys.executable, "-m", "tui.cli", "watch", str(recording)])
    yield pid, ours
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def until_it_shows(ours: int, text: str) -> None:
    seen, deadline = b"", time.monotonic() + PATIENCE_S
    while text.encode() not in seen:
        assert time.monotonic() < deadline, seen[-2000:]
        if select.select([ours], [], [], 0.1)[0]:
            seen += os.read(ours, 65536)


def test_dashboard_ends_in_order_when_its_terminal_is_closed_while_it_draws(watching: tuple[int, int]) -> None:
    pid, ours = watching
    until_it_shows(ours, "Heartbeat")

    os.write(ours, b"\x1b[B" * 200)
    os.close(ours)
    _, status = os.waitpid(pid, 0)

    assert os.waitstatus_to_exitcode(status) == HUNG_UP
