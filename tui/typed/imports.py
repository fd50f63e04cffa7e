"""`plugfest import`, as it is typed. What it does is imported when it runs."""

from pathlib import Path
from typing import Final

import rich_click as click

from tui.typed.errors import reported
from tui.typed.options import FILE

VERSIONS: Final = ("1.6", "2.0", "2.0.1", "2.1")
"""matrix.dialect.JUDGED: to import that would take a seventh of the time of `plugfest --help`."""


@click.command(name="import", epilog="Example: plugfest import steve.log --csms steve -o steve.recording")
@click.argument("logs", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("-o", "--output", required=True, type=FILE, metavar="RECORDING", help="A new recording.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["session", "har", "open-ocpp-trace", "steve", "ocpp", "json", "csv", "lines"]),
    help="How the logs are written.  [default: told by what they hold]",
)
@click.option("--csms", default="imported", show_default=True, metavar="NAME", help="The CSMS, as the matrix names it.")
@click.option("--identity", default="", metavar="ID", help="The station of logs that name none.  [default: file name]")
@click.option("--version", type=click.Choice(VERSIONS), help="The OCPP version of logs that name none.")
@click.option(
    "--logged-by",
    type=click.Choice(["station", "csms"]),
    help="Whose program wrote the logs, and so who sent what it `sent`.  [default: told by the messages]",
)
@click.option(
    "--timezone", metavar="ZONE", help="Of times that name none: UTC, +02:00, Europe/Berlin.  [default: by the CSMS's]"
)
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as one JSON object.")
def import_(
    logs: tuple[Path, ...], output: Path, *, format_: str | None, csms: str, identity: str, version: str | None,
    logged_by: str | None, timezone: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Make a recording of exported sessions, or of logs that others wrote.

    Sessions: `.session`, HAR. Logs: Open OCPP Trace, SteVe, the `ocpp` package, JSON, CSV, plain lines.

    Lines that cannot be read are named and skipped. What a log does not hold (handshakes, pings, closes) is unknown in
    the recording, and is not held against anybody.  See docs/importing.md
    """
    from tui.commands.importing import Wishes, run_import

    wishes = Wishes(format_, identity, version or "", logged_by, timezone)
    reported(lambda: run_import(logs, output, csms, wishes, as_json=as_json))
