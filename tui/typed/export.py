"""`plugfest export`, as it is typed. What it does is imported when it runs."""

from pathlib import Path
from typing import Final

import rich_click as click

from tui.typed.completing import sessions
from tui.typed.errors import reported
from tui.typed.options import FILE, RECORDING

FORMATS: Final = ("session", "trace", "har", "pcapng", "csv", "jsonl", "mermaid", "svg")
"""Those of `hub.exports.exporter.Format`, which is imported when the command runs."""


@click.command(epilog="Example: plugfest export event.recording --session 4 --as pcapng -o 4.pcapng")
@click.argument("recording", type=RECORDING)
@click.option(
    "--session",
    "sessions",
    type=int,
    multiple=True,
    metavar="ID",
    shell_complete=sessions,
    help="Export this one. Repeatable.  [default: all]",
)
@click.option("--as", "format_", type=click.Choice(FORMATS), required=True, help="What to make of it.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    default=Path("-"),
    metavar="FILE|FOLDER|-",
    help="Where it goes.  [default: standard output]",
)
@click.option(
    "--with-secrets", is_flag=True, help="Keep passwords and key codes in payloads, which are hidden otherwise."
)
@click.option(
    "--rules",
    "rules_file",
    type=FILE,
    metavar="FILE.toml",
    help="Rules that are off or graded otherwise, where findings are told.  See docs/outcomes.md",
)
@click.option("--force", "over", is_flag=True, help="Write over a file that is there.")
def export(
    recording: Path, *, sessions: tuple[int, ...], format_: str, output: Path, with_secrets: bool,
    rules_file: Path | None, over: bool,
) -> None:  # fmt: skip
    """Write sessions of a recording for other programs.

    \b
    session  one session without a loss, for `plugfest import` and to hand on
    trace    Open OCPP Trace: JSON lines, messages alone
    har      HAR with _webSocketMessages, for browsers' developer tools
    pcapng   handshake and frames as TCP, for Wireshark; findings are comments on packets
    csv      one row for each frame
    jsonl    one JSON object for each frame, handshake, end, disturbance
    mermaid  a sequence diagram as text, for Markdown
    svg      a sequence diagram as a picture

    session, mermaid and svg hold one session each: for several, -o names a folder.  See docs/exporting.md
    """  # noqa: D301 - click looks for the character itself
    from hub.exports.exporter import Format
    from tui.commands.exporting import Order, run_export

    order = Order(Format(format_), sessions, output, with_secrets, rules_file, over)
    reported(lambda: run_export(recording, order))
