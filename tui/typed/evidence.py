"""`plugfest evidence`, as it is typed. What it does is imported when it runs."""

from pathlib import Path

import rich_click as click

from tui.typed.completing import rule_codes
from tui.typed.errors import reported
from tui.typed.options import FILE, RECORDING, RULES, policy_in


@click.command(epilog="Example: plugfest evidence event.recording TM-02#4/120 -o for-the-vendor.zip")
@click.argument("recording", type=RECORDING)
@click.argument("finding", metavar="RULE[#SESSION[/FRAME]]", shell_complete=rule_codes)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER|FILE.zip",
    help="Where it goes.  [default: evidence-RULE-SESSION-FRAME.zip]",
)
@click.option("--unredacted", is_flag=True, help="Leave everything as it was spoken, passwords too.")
@click.option("--vendors", is_flag=True, help="Replace vendors, models and the names of CSMSes too.")
@click.option(
    "--key",
    "key_file",
    type=FILE,
    metavar="FILE",
    help="The secret that pseudonyms depend on, as for `plugfest redact`.  [default: a new one]",
)
@RULES
def evidence(
    recording: Path, finding: str, *, output: Path | None, unredacted: bool, vendors: bool, key_file: Path | None,
    rules_file: Path | None,
) -> None:  # fmt: skip
    """Put together what shows a finding: the fewest messages that still do, checked by judging them, with clause,
    rule set, products, a chain of hashes and the command that replays it. Redacted, unless that is not wanted.

    FINDING is a rule's code for its first finding, or says where: TM-02#4 in session 4, TM-02#4/120 at frame 120,
    HS-01#4/- at the handshake.
    """  # noqa: D205 - one paragraph to click
    from tui.commands.evidencing import plan_of, run_evidence

    reported(
        lambda: run_evidence(
            recording,
            finding,
            output,
            plan_of(unredacted=unredacted, vendors=vendors, key_file=key_file),
            policy_in(rules_file),
        )
    )
