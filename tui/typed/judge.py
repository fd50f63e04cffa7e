"""`plugfest judge`, `rules` and `schemas`, as they are typed: what is judged, by what."""

import sys
from pathlib import Path
from typing import Final

import rich_click as click

from tui.typed.completing import rule_codes
from tui.typed.errors import fail, reported
from tui.typed.options import RECORDING, RULES, policy_in

CLEAN: Final = 0
FAILED: Final = 1


@click.command(epilog="Example: plugfest judge event.recording --json | jq .findings")
@click.argument("recording", type=RECORDING)
@click.option("--json", "as_json", is_flag=True, help="Print outcomes and findings as one JSON object.")
@click.option(
    "--save", is_flag=True, help="Keep outcomes and findings in the recording too, for the sqlite3 shell and Datasette."
)
@click.option("--history", is_flag=True, help="Say how outcomes have changed, and what flaps.")
@click.option(
    "--errata",
    is_flag=True,
    help="Print only what three or more independent vendors do otherwise: questions to the standard.",
)
@RULES
@click.option(
    "--since-ruleset",
    "since",
    is_flag=False,
    flag_value="",
    metavar="[NAME]",
    help="Say only what has changed since --save: outcomes, and findings by rule. NAME is the beginning of the rule"
    " set's name that the kept verdicts are to have.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    help="How many processes judge, each some of the stations.  [default: one, or all cores for a long recording]",
)
def judge(
    recording: Path, *, as_json: bool, save: bool, history: bool, errata: bool, rules_file: Path | None,
    since: str | None, jobs: int | None,
) -> None:  # fmt: skip
    """Judge a recording from scratch: what worked, what conformed, and who broke which clause.

    Exit code 0: nothing failed and no rule was broken. 1: something failed, was never answered, or broke a rule. 2: the
    input cannot be used.

    With --since-ruleset, 0: nothing is worse than before. 1: an outcome is worse, or a violation is new. 2: there is
    nothing to compare with. What was recorded after --save is left out.
    """
    if save and since is not None:
        raise click.UsageError("--since-ruleset only compares; --save keeps the new verdicts afterwards")
    from tui.commands.rejudging import Wanted, judge_and_print, print_changes

    policy = policy_in(rules_file)
    wanted = Wanted(as_json=as_json, save=save, history=history, errata=errata, jobs=jobs)
    if since is not None:
        is_bad = reported(lambda: print_changes(recording, policy, since, wanted))
    else:
        is_bad = reported(lambda: judge_and_print(recording, policy, wanted))
    sys.exit(FAILED if is_bad else CLEAN)


@click.command(epilog="Example: plugfest rules RPC-05")
@click.argument("code", required=False, shell_complete=rule_codes)
@click.option("--json", "as_json", is_flag=True, help="Print the rules as JSON.")
def rules(code: str | None, *, as_json: bool) -> None:
    """List the rules, or explain one: what it asks, where the standard says so, a breach and correct traffic."""
    from matrix.rule import all_rules, rule_named
    from tui.commands.print_rules import show_rule, show_rules

    if code is None:
        reported(lambda: show_rules(all_rules(), as_json=as_json))
        return
    try:
        show_rule(rule_named(code), as_json=as_json)
    except KeyError:
        fail(f"there is no rule {code!r}; `plugfest rules` lists them")


@click.group(invoke_without_command=True, epilog="Example: plugfest schemas add ocpp-0.26.0-py3-none-any.whl")
@click.pass_context
def schemas(context: click.Context) -> None:
    """Say by which schemas payloads are judged, and where they come from."""
    if context.invoked_subcommand is None:
        from tui.commands.schemas import run_schemas

        reported(run_schemas)


@schemas.command(name="add", epilog="Example: plugfest schemas add ocpp-0.26.0-py3-none-any.whl")
@click.argument("source", type=click.Path(path_type=Path), metavar="WHEEL|FOLDER")
def schemas_add(source: Path) -> None:
    """Keep the schemas of OCPP 2.0, which come with the `ocpp` package up to release 0.26.0 only.

    They are checked and copied; the wheel is not installed. `pip download --no-deps ocpp==0.26.0` gets it.
    """
    from tui.commands.schemas import run_schemas_add

    reported(lambda: run_schemas_add(source))
