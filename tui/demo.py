"""`plugfest demo`: the whole hub on this machine, with peers of different habits, and the dashboard or a table."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hub.errors import HubError

DEFAULT_S: Final = 15.0
STOP_S: Final = 10.0


class DemoError(HubError):
    """The demo's hub did not come up; the message says what it said."""


def run_demo(recording: Path | None, seconds: float | None, *, with_tui: bool) -> None:
    """Run the demo.

    Raises:
        HubError: it cannot run.
    """
    with _recording_at(recording) as path, _event(path):
        if with_tui:
            from tui.app import run_dashboard

            run_dashboard(path, seconds=seconds)
            return
        time.sleep(seconds or DEFAULT_S)
        _print_matrix(path)


@contextmanager
def _recording_at(recording: Path | None) -> Iterator[Path]:
    if recording is not None:
        yield recording
        return
    with tempfile.TemporaryDirectory(prefix="plugfest-") as folder:
        yield Path(folder) / "demo.recording"


@contextmanager
def _event(path: Path) -> Iterator[None]:
    """Run hub and peers in a process of their own, so that no dashboard can slow the relay."""
    command = [sys.executable, "-m", "hub.demo", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as event:  # noqa: S603 - our own module
        assert event.stdout is not None
        assert event.stderr is not None
        try:
            if not event.stdout.readline().startswith(b"ready"):
                said = event.stderr.read().decode("utf-8", "replace").strip().splitlines() or ["nothing"]
                raise DemoError(f"the demo's hub did not come up: {said[-1]}")
            yield
        finally:
            assert event.stdin is not None
            event.stdin.close()
            try:
                event.wait(STOP_S)
            except subprocess.TimeoutExpired:
                event.kill()


def _print_matrix(path: Path) -> None:
    from hub.recording import Recording
    from tui.cli import judge_all
    from tui.printing import console, matrix_table

    with Recording.open(path) as recording:
        view = judge_all(recording).board.view()
    console().print(matrix_table(view))
    console().print(
        f"{view.sessions} sessions, {view.messages} messages, {view.pairs_tried} of {view.pairs_possible} pairs tried"
    )
