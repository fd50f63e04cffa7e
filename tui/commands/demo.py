"""`plugfest demo`: the whole hub on this machine, with peers of different habits, and the dashboard or a table."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import click

from hub.errors import HubError
from matrix.safe import safe
from tui.commands.hub_app import page_command, page_url

DEFAULT_S: Final = 15.0
STOP_S: Final = 10.0


class DemoError(HubError):
    """The demo's hub did not come up; the message says what it said."""


def run_demo(recording: Path | None, seconds: float | None, start: Path | None = None, *, with_tui: bool) -> None:
    """Run the demo; `start` names recorded sessions that it begins with: a file, or a folder of them.

    Raises:
        HubError: it cannot run, or those sessions cannot be read.
    """
    with _recording_at(recording) as path, _begun_with(start, path), _event(path) as (event, url, token):
        if with_tui:
            from tui.app import run_dashboard
            from tui.reading.source import Source

            run_dashboard(Source(path, name=page_url(url)), seconds=seconds)
            return
        from tui.commands.printing import console
        from tui.commands.qr import page_link

        console().print(f"the page of this demo, for as long as it runs: {page_url(url)}", soft_wrap=True)
        console().print(f"what one of its participants sees of it: {page_link(page_url(url), token)}", soft_wrap=True)
        with suppress(subprocess.TimeoutExpired):
            event.wait(seconds or DEFAULT_S)
            raise DemoError(f"the demo's hub ended by itself: {_last_words(event)}")
        _print_matrix(path)


@contextmanager
def _recording_at(recording: Path | None) -> Iterator[Path]:
    if recording is not None:
        if recording.exists():
            click.echo(
                f"plugfest: {str(recording)!r} is there already: what it holds stays, and the demo adds to it", err=True
            )
        yield recording
        return
    with tempfile.TemporaryDirectory(prefix="plugfest-") as folder:
        yield Path(folder) / "demo.recording"


@contextmanager
def _begun_with(start: Path | None, recording: Path) -> Iterator[None]:
    """Put sessions into a new recording before anybody writes to it."""
    if start is not None:
        from hub.imports.sessions import import_sessions, is_recorded

        files = sorted(start.iterdir()) if start.is_dir() else [start]
        recorded = [file for file in files if is_recorded(file)]
        if not recorded:
            raise DemoError(f"there is no session file and no HAR file at {str(start)!r}")
        import_sessions(recorded, recording, "imported", lambda _share: None)
    yield


@contextmanager
def _event(path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """Run hub and peers in a process of their own, so that no dashboard can slow the relay.

    Yields it with its URL, and the token of a participant.
    """
    command = [sys.executable, "-m", "hub.demo", str(path), *page_command(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as event:  # noqa: S603 - our own module
        assert event.stdout is not None
        try:
            match event.stdout.readline().decode().split():
                case ["ready", url, token]:
                    yield event, url, token
                case _:
                    raise DemoError(f"the demo's hub did not come up: {_last_words(event)}")
        finally:
            assert event.stdin is not None
            event.stdin.close()
            try:
                event.wait(STOP_S)
            except subprocess.TimeoutExpired:
                event.kill()


def _last_words(event: subprocess.Popen[bytes]) -> str:
    assert event.stderr is not None
    said = event.stderr.read().decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
    return safe(said[-1], 500)


def _print_matrix(path: Path) -> None:
    from hub.recording.reading import Recording
    from tui.commands.judging import judge_all
    from tui.commands.print_verdicts import matrix_table
    from tui.commands.printing import console

    with Recording.open(path) as recording:
        view = judge_all(recording).board.view()
    console().print(matrix_table(view))
    tried, possible, strangers = view.meetings
    apart = f", {strangers} more share no version" if strangers else ""
    console().print(f"{view.sessions} sessions, {view.messages} messages, {tried} of {possible} pairs tried{apart}")
