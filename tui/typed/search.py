"""`plugfest search`, as it is typed. What it does is imported when it runs."""

import sys
from pathlib import Path
from typing import Final

import rich_click as click

from tui.typed.completing import filters
from tui.typed.errors import reported
from tui.typed.options import FILE, RECORDING

FOUND: Final = 0
NOTHING: Final = 1
LIMIT: Final = 200


@click.command(epilog="Example: plugfest search event.recording 'vendor:alder rule:RPC latency>2s'")
@click.argument("recording", type=RECORDING)
@click.argument("words", nargs=-1, required=True, metavar="FILTER", shell_complete=filters)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, of all that is found.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=LIMIT,
    show_default=True,
    help="How many to print for people; 0: all.",
)
@click.option("--judge", "judged", is_flag=True, help="Judge, and say outcomes and findings, whatever is asked for.")
@click.option("--rules", "rules_file", type=FILE, metavar="FILE.toml", help="Rules that are off or graded otherwise.")
def search(
    recording: Path, words: tuple[str, ...], *, as_json: bool, limit: int, judged: bool, rules_file: Path | None
) -> None:  # fmt: skip
    """Find messages, findings and handshakes in a recording, by an index that is made and kept beside it.

    What can be asked is what `plugfest show --filter` understands; see docs/searching.md. Secrets are not searched.
    Outcomes and findings are said where the filter takes the judge's opinion (words, `outcome:`, `rule:`, `severity:`).

    Exit code 0: something is found. 1: nothing is. 2: the input cannot be used.
    """
    from tui.commands.searching import Asked, run_search
    from tui.rules_file import read_rules_file

    def work() -> bool:
        asked = Asked(read_rules_file(rules_file), as_json, 0 if as_json else limit, judged)
        return run_search(recording, " ".join(words), asked)

    sys.exit(FOUND if reported(work) else NOTHING)
