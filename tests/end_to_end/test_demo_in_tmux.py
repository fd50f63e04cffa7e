"""The demo in a real terminal, by its keys: from start to a red cell, to its frame, and out again."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 60.0

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Terminal:
    """A terminal of tmux's with one program in it."""

    def __init__(self, name: str, command: str, *, columns: int, rows: int) -> None:
        self._name = name
        size = ("-x", str(columns), "-y", str(rows))
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, f"cd {ROOT} && {command}; echo LEFT $?; exec cat")

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, *texts: str) -> str:
        """Return the screen once it shows all these texts."""
        deadline = time.monotonic() + PATIENCE_S
        while not all(text in (screen := self.screen()) for text in texts):
            assert time.monotonic() < deadline, f"never showed {texts}:\n{screen}"
        return screen

    def close(self) -> None:
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._name, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(params=[(80, 24), (140, 40)], ids=["80x24", "140x40"])
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    columns, rows = request.param
    command = f"env -u COLUMNS -u LINES TERM=screen-256color {sys.executable} -m tui.cli demo"
    terminal = Terminal(f"plugfest-{os.getpid()}-{columns}", command, columns=columns, rows=rows)
    yield terminal
    terminal.close()


def test_demo_leads_from_a_red_cell_to_its_frame_in_three_keys_and_out_again(terminal: Terminal) -> None:
    terminal.until("● live", "✓", "✗", "harbour", "Kestrel Forge", "http://127.0.0.1:")

    terminal.press("n")
    terminal.press("Enter")
    terminal.until("message type", "BootNotification")
    terminal.press("Enter")
    terminal.until("▲ RPC-", "Findings")
    terminal.press("Escape")
    terminal.until("message type")
    terminal.press("Escape")
    terminal.until("stations and CSMSes")
    terminal.press("q")

    assert "LEFT 0" in terminal.until("LEFT 0")
