"""`plugfest watch`, `show` and `doctor`, as they are typed: what is in a recording."""

import sys
from pathlib import Path
from typing import Final

import rich_click as click

from tui.typed.completing import files, filters, identities, sessions
from tui.typed.errors import fail, reported
from tui.typed.options import CA, FILE, RECORDING, RULES, SECRETS, opened_recording, policy_in

HEALTHY: Final = 0
ILL: Final = 1


@click.command(epilog="Example: plugfest watch event.recording")
@click.argument("source", metavar="RECORDING|HUB-URL", shell_complete=files)
@RULES
@SECRETS
@CA
@click.option(
    "--token",
    envvar="PLUGFEST_TOKEN",
    help="For a hub on another machine: an organizer sees everything, a participant their own sessions.  "
    "[env: PLUGFEST_TOKEN]",
)
def watch(source: str, *, rules_file: Path | None, secrets: bool, ca: Path | None, token: str | None) -> None:
    """Open the dashboard over a recording, or over a running hub (ws://HOST:PORT, wss://HOST:PORT).

    A recording that a hub is writing to is followed live.  It needs a terminal: `plugfest judge` and `plugfest show`
    print what a recording holds without one.
    """
    from tui.terminal import check_terminal

    reported(check_terminal)
    from tui.commands.watching import run_watch

    reported(lambda: run_watch(source, with_secrets=secrets, ca=ca, rules_file=rules_file, token=token))


@click.command(epilog="Example: plugfest show event.recording --session 4")
@click.argument("recording", type=RECORDING)
@click.option("--session", type=int, shell_complete=sessions, help="Show the messages of this session.")
@click.option(
    "--filter",
    "wanted",
    metavar="FILTER",
    shell_complete=filters,
    help="Show only messages that a filter lets through, of all sessions or of one: 'action:MeterValues"
    " outcome:failed'.  See docs/searching.md",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--full", is_flag=True, help="Do not cut long payloads.")
@click.option("--frame", type=int, help="Show this frame alone, whole; with --as, the message that ends with it.")
@click.option(
    "--as",
    "form",
    type=click.Choice(["websocat", "wscat", "python", "markdown"]),
    help="Print a message as something to paste: a command line, a Python program, Markdown for a bug tracker.",
)
@click.option("-o", "--output", type=FILE, metavar="FILE", help="With --as: write it to a new file.")
@RULES
@SECRETS
def show(
    recording: Path, *, session: int | None, wanted: str | None, as_json: bool, full: bool, frame: int | None,
    form: str | None, output: Path | None, rules_file: Path | None, secrets: bool,
) -> None:  # fmt: skip
    """List the sessions of a recording, the messages of one, or what a filter lets through; or show one, or copy it.

    --frame and --as copy a message, --frame alone shows it. In the list of sessions, refusals that repeat themselves
    are one line with their number; --json has each.
    """
    from tui.commands.print_sessions import show_found, show_frame, show_messages, show_sessions

    if frame is None and form is not None:
        raise click.UsageError("--as says what to make of a message, and --frame which one: it wants that")
    if frame is not None and form is not None:
        from hub.evidence.copy_as import Form
        from tui.commands.copying import run_copy

        policy = policy_in(rules_file)
        reported(lambda: run_copy(recording, frame, Form(form), output, policy, with_secrets=secrets))
        return

    def work() -> None:
        with opened_recording(recording) as opened:
            if frame is not None:
                show_frame(opened, frame, as_json=as_json, with_secrets=secrets)
            elif wanted is not None:
                from tui.commands.filtering import found_by

                found = found_by(opened, wanted, session, policy_in(rules_file), with_secrets=secrets)
                show_found(found, as_json=as_json, full=full, with_secrets=secrets)
            elif session is None:
                show_sessions(opened, as_json=as_json)
            else:
                show_messages(opened, session, as_json=as_json, full=full, with_secrets=secrets)

    reported(work)


@click.command(epilog="Example: plugfest doctor event.recording CS001")
@click.argument("recording", type=RECORDING)
@click.argument("identity", required=False, shell_complete=identities)
def doctor(recording: Path, identity: str | None) -> None:
    """Say what became of the latest attempts to connect, of all stations or of one, each in a sentence.

    Exit code 1: the latest attempt of a station that is shown has failed.
    """
    from matrix.doctor import Health
    from tui.commands.print_sessions import show_patients
    from tui.patients import patients

    def work() -> int:
        with opened_recording(recording) as opened:
            found = patients(opened.sessions())
        shown = [each for each in found if identity in (None, each.name)]
        if identity is not None and not shown:
            fail(f"nobody with the identity {identity!r} has tried to connect")
        show_patients(shown)
        return ILL if any(each.health is Health.ILL for each in shown) else HEALTHY

    sys.exit(reported(work))
