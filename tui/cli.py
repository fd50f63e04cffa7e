"""`plugfest`: the command line. Commands import what they need when they run, so that `--help` is there at once."""

from pathlib import Path

import rich_click as click

from matrix import __version__
from tui.typed.certs import certs, password
from tui.typed.diff import diff
from tui.typed.errors import Plugfest, reported
from tui.typed.event import event
from tui.typed.evidence import evidence
from tui.typed.export import export
from tui.typed.imports import import_
from tui.typed.judge import judge, rules, schemas
from tui.typed.options import RECORDING
from tui.typed.reading import doctor, show, watch
from tui.typed.redact import redact
from tui.typed.replay import replay
from tui.typed.rewriting import compact, merge, trim
from tui.typed.running_hub import disturb, note
from tui.typed.search import search
from tui.typed.serve import serve
from tui.typed.tunnel import tokens, tunnel


@click.group(cls=Plugfest, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="plugfest")
def main() -> None:
    """Relay, record and judge OCPP traffic between charging stations and CSMSes.

    Try `plugfest demo` first: a hub with stations and CSMSes of different habits, and the dashboard over it.
    """


@main.command(epilog="Example: plugfest demo --no-tui --seconds 15")
@click.option("--no-tui", is_flag=True, help="Print the matrix as a table at the end instead of the dashboard.")
@click.option(
    "--seconds", type=click.FloatRange(min=0.1), help="End by itself after this long.  [default without dashboard: 15]"
)
@click.option("--recording", type=RECORDING, help="Keep the recording here.  [default: a temporary file]")
@click.option(
    "--from",
    "start",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Begin with these recorded sessions: a .session or HAR file, or all that are in a folder.",
)
def demo(*, no_tui: bool, seconds: float | None, recording: Path | None, start: Path | None) -> None:
    """Show the hub at work: stations and CSMSes of different vendors and habits, on this machine only.

    Without a terminal it prints the matrix as a table, as with --no-tui.
    """
    from tui.commands.demo import run_demo
    from tui.terminal import has_terminal

    with_tui = not no_tui and has_terminal()
    reported(lambda: run_demo(recording, seconds, start, with_tui=with_tui))


for command in (
    serve, certs, password, watch, event, disturb, note, show, import_, judge, schemas, doctor, rules,
    export, diff, merge, trim, compact, tunnel, tokens, redact, evidence, replay, search,
):  # fmt: skip
    main.add_command(command)


if __name__ == "__main__":
    main()
