"""`plugfest show --as`: a message as something to paste, or in a file."""

import sys
from pathlib import Path

import click

from hub.evidence.copy_as import ENDINGS, Form, copied_as
from hub.evidence.exchanged import Exchanged, exchanged
from hub.exports.new_file import new_file
from hub.recording.reading import Recording
from matrix.finding import Finding
from matrix.policy import Policy
from matrix.safe import safe, safe_file_name
from tui.commands.damaged import readable_recording
from tui.commands.judging import judge_all


def run_copy(path: Path, frame: int, form: Form, to: Path | None, policy: Policy, *, with_secrets: bool) -> None:
    """Print the exchange that a frame is of in a form, or write it to a new file; what was found, as the event has it.

    Raises:
        HubError: there is no such frame, it is no message, or the file cannot be written.
    """
    with readable_recording(path) as recording:
        exchange = exchanged(recording, frame, with_secrets=with_secrets)
        text = copied_as(form, exchange, _findings(recording, exchange, policy) if form is Form.MARKDOWN else ())
    if to is None:
        sys.stdout.write(text)
        return
    write_copy(to, text)
    click.echo(f"{safe(str(to))}: frame {frame} for {form}", err=True)


def write_copy(to: Path, text: str) -> None:
    """Write a copy to a new file, for its owner alone.

    Raises:
        ExportError: there is something at that place, or it cannot be written to.
    """
    with new_file(to) as file:
        file.write(text.encode())


def copy_name(frame: int, form: Form) -> str:
    """Return what a file with a copy is called where nobody says."""
    return safe_file_name(f"frame-{frame}{ENDINGS[form]}")


def _findings(recording: Recording, exchange: Exchanged, policy: Policy) -> list[Finding]:
    return [finding for finding in judge_all(recording, policy).findings if finding.frame in exchange.frames]
