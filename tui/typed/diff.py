"""`plugfest diff`, as it is typed. What it does is imported when it runs."""

import sys
from pathlib import Path
from typing import Final

import rich_click as click

from tui.typed.completing import files
from tui.typed.options import FILE

WORSE: Final = 1


@click.command(epilog="Example: plugfest diff hall.recording fixed.recording#2")
@click.argument("before", metavar="RECORDING[#SESSION]", shell_complete=files)
@click.argument("after", required=False, metavar="[RECORDING[#SESSION]]", shell_complete=files)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--strict", "is_strict", is_flag=True, help="Tell what is set aside, too: ids, moments, orders.")
@click.option("--all", "with_all", is_flag=True, help="List every message that differs, however many there are.")
@click.option("--exact", "is_exact", is_flag=True, help="Exit with 1 for any difference, not only for what is worse.")
@click.option(
    "--rules", "rules_file", type=FILE, metavar="FILE.toml", help="Rules that are off or graded otherwise, for both."
)
@click.option("--secrets", is_flag=True, help="Show passwords and key codes in payloads, which are hidden otherwise.")
@click.option("--screen", "on_screen", is_flag=True, help="Show it on a screen, to walk through.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="How many processes judge.  [default: as many as are worth it]"
)
def diff(
    before: str, after: str | None, *, as_json: bool, is_strict: bool, with_all: bool, is_exact: bool,
    rules_file: Path | None, secrets: bool, jobs: int | None, on_screen: bool,
) -> None:  # fmt: skip
    """Put two recordings, or two sessions, side by side: what is the same, changed, missing or extra.

    Sessions belong together by identity, CSMS and order, messages by side, action and content. Message ids, names such
    as transactionId, moments and orders that mean nothing are set aside.  See docs/comparing.md

    A replay alone is compared with what it was played from.

    Exit code 0: as good or better. 1: an outcome is worse, or a side breaks a rule that it kept. 2: cannot be compared.
    """
    from tui.commands.compared import Source, origin_of
    from tui.commands.comparing import Wanted, run_diff
    from tui.rules_file import read_rules_file
    from tui.typed.errors import reported

    wanted = Wanted(as_json, is_strict, with_all, is_exact, secrets, jobs, on_screen, only_linked=after is None)

    def compare() -> bool:
        replay = Source.of(after or before)
        origin = origin_of(replay) if after is None else Source.of(before)
        return run_diff(origin, replay, read_rules_file(rules_file), wanted)

    sys.exit(WORSE if reported(compare) else 0)
