"""`plugfest merge`, `trim` and `compact`, as they are typed. What they do is imported when they run."""

from pathlib import Path
from typing import Final

import rich_click as click

from tui.typed.completing import files, sessions, vendors
from tui.typed.options import FILE, RECORDING

OUTPUT: Final = click.option("-o", "--output", required=True, type=FILE, metavar="RECORDING", help="A new recording.")
FORCE: Final = click.option("--force", is_flag=True, help="Replace what is there by that name.")


@click.command(epilog="Example: plugfest merge hall=a.recording lab=b.recording -o event.recording --offset lab=-1.5s")
@click.argument("recordings", nargs=-1, required=True, metavar="[NAME=]RECORDING...", shell_complete=files)
@OUTPUT
@click.option(
    "--offset",
    "offsets",
    multiple=True,
    metavar="NAME=TIME",
    help="Add this to the times of a hub whose clock was wrong: 2s, -350ms, 1h. Repeatable.",
)
@FORCE
def merge(recordings: tuple[str, ...], output: Path, *, offsets: tuple[str, ...], force: bool) -> None:
    """Make one recording of those of several hubs, in the order of time; each session says which hub it is of.

    A hub is called by its recording's file name, unless it is given a NAME.
    """
    from tui.commands.rewriting import run_merge
    from tui.typed.errors import reported

    reported(lambda: run_merge(recordings, output, offsets, force=force))


@click.command(epilog="Example: plugfest trim event.recording -o volt.recording --vendor Volt --from 14:00")
@click.argument("recording", type=RECORDING)
@OUTPUT
@click.option(
    "--session", "sessions", type=int, multiple=True, shell_complete=sessions, help="Only this session. Repeatable."
)
@click.option(
    "--vendor",
    "vendors",
    multiple=True,
    metavar="NAME",
    shell_complete=vendors,
    help="Only the sessions of this vendor or CSMS. Repeatable.",
)
@click.option("--from", "since", metavar="TIME", help="Only from then on: 14:00, 2026-11-23T14:00, or with an offset.")
@click.option("--to", "until", metavar="TIME", help="Only until then. Times without an offset are UTC.")
@FORCE
def trim(
    recording: Path, output: Path, *, sessions: tuple[int, ...], vendors: tuple[str, ...], since: str | None,
    until: str | None, force: bool,
) -> None:  # fmt: skip
    """Make a recording of a part of another, or of what is left of a damaged one.

    Where something is left out of what was said, that is marked, and is held against nobody.
    """
    from tui.commands.rewriting import Part, run_trim
    from tui.typed.errors import reported

    reported(lambda: run_trim(recording, output, Part(sessions, vendors, since, until), force=force))


@click.command(epilog="Example: plugfest compact event.recording")
@click.argument("recording", type=RECORDING)
def compact(recording: Path) -> None:
    """Make a recording's file as small as it can be, in its place, while no hub has it."""
    from tui.commands.rewriting import run_compact
    from tui.typed.errors import reported

    reported(lambda: run_compact(recording))
