"""`plugfest redact` as click has it."""

import sys
from pathlib import Path
from typing import Final

import rich_click as click

from tui.typed.errors import reported
from tui.typed.options import FILE, RECORDING

KINDS: Final = (
    "identity", "token", "serial", "address", "place", "person", "card", "vehicle", "certificate", "credential", "text",
    "unreadable",
)  # fmt: skip
"""What can be kept: `hub.redacting.kinds.REPLACED`, which takes a moment to import."""


@click.command(epilog="Example: plugfest redact event.recording -o for-the-vendor.recording")
@click.argument("recording", type=RECORDING)
@click.option("-o", "--output", "copy", type=FILE, metavar="COPY", help="A new recording.")
@click.option("--dry-run", is_flag=True, help="Only say what would be replaced, by kind, with examples.")
@click.option(
    "--keep",
    type=click.Choice(KINDS),
    multiple=True,
    metavar="KIND",
    help=f"Leave values of this kind as they are. Repeatable: {', '.join(KINDS)}.",
)
@click.option("--vendors", is_flag=True, help="Replace vendors, models, firmware versions and the names of CSMSes too.")
@click.option(
    "--key",
    "key_file",
    type=FILE,
    metavar="FILE",
    help="The secret that pseudonyms depend on, so that several recordings agree; made where there is none yet."
    "  [default: a new one each time]",
)
@click.option("--force", is_flag=True, help="Write the copy even if it is judged otherwise, or a value is left in it.")
@click.option("--jobs", type=click.IntRange(1, 256), help="How many processes judge.")
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as one JSON object.")
def redact(
    recording: Path, copy: Path | None, *, dry_run: bool, keep: tuple[str, ...], vendors: bool, key_file: Path | None,
    force: bool, jobs: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Copy a recording with pseudonyms for all that says who or where, so that it can be handed on.

    The same value has the same pseudonym throughout, of the same length and form. Both recordings are judged, and have
    to come to the same; the bytes of the copy are looked through for each value that was replaced.
    See docs/redacting.md

    Exit code 1: the copy is judged otherwise, or a value is left in it: it is not written without --force. 2: the
    recording cannot be used.
    """
    from tui.commands.redacting import Wishes, run_preview, run_redact

    wishes = Wishes(keep, vendors, key_file, force, jobs)
    if dry_run:
        sys.exit(reported(lambda: run_preview(recording, wishes, as_json=as_json)))
    if copy is None:
        raise click.UsageError("--output COPY says where to, --dry-run what would be replaced")
    sys.exit(reported(lambda: run_redact(recording, copy, wishes, as_json=as_json)))
