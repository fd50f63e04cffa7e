"""`plugfest serve`, as it is typed. What it does is imported when it runs."""

from pathlib import Path

import rich_click as click

from hub.limits import described
from tui.commands.secure_options import SECURE_NAMES, SecureOptions, secure_options
from tui.typed.errors import reported
from tui.typed.options import FILE, RECORDING


def _list_limits(context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """List the limits and end where one is called `help`, before anything else is asked for."""
    if "help" in given:
        click.echo("--limit NAME=VALUE, with these names and defaults; 0 is no limit where that is possible.\n")
        click.echo("\n".join(described()))
        context.exit()
    return given


@click.command(epilog="Example: plugfest serve --csms acme=ws://127.0.0.1:9100/ocpp --recording event.recording")
@click.argument("event", required=False, metavar="[EVENT.toml]", type=FILE)
@click.option(
    "--listen",
    multiple=True,
    metavar="HOST:PORT",
    help="Where stations connect by ws://; port 0 takes a free one. Repeatable.  "
    "[default: 127.0.0.1:9000, if there is no --listen-tls]",
)
@click.option(
    "--csms",
    "csmses",
    multiple=True,
    metavar="NAME=URL",
    help="A CSMS: ws://HUB/NAME/IDENTITY reaches URL/IDENTITY. Repeatable. NAME=tunnel: for one that its participant"
    " brings by `plugfest tunnel`.",
)
@click.option(
    "--tokens",
    "tokens_file",
    type=FILE,
    metavar="FILE",
    help="Who may see what and bring a tunnel: what `plugfest tokens` writes. Changes are taken up while the hub runs.",
)
@click.option(
    "--recording",
    type=RECORDING,
    default=Path("plugfest.recording"),
    show_default=True,
    help="Where the traffic is kept; an existing recording goes on.",
)
@click.option(
    "--answer-timeout",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a CSMS may take to answer an upgrade.",
)
@click.option(
    "--duplicates",
    type=click.Choice(["refuse", "replace", "both"]),
    default="both",
    show_default=True,
    help="A second connection with an identity that is connected: answered with 409, put in the first one's place once"
    " the CSMS has accepted it, or left to the CSMS and remarked on.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="A web page that may open sessions, such as https://test.example, or * for all. Repeatable.  [default: none]",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_list_limits,
    is_eager=True,
    help="Change what a peer may cost the hub; `--limit help` lists the names. Repeatable.",
)
@click.option(
    "--durability",
    type=click.Choice(["kill", "power"]),
    default="kill",
    show_default=True,
    help="What the record of a forwarded frame survives: the hub being killed, or a power cut too.",
)
@click.option(
    "--strict", "is_strict", is_flag=True, help="Forward nothing while nothing can be recorded.  [default: go on]"
)
@click.option("--allow-disturb", is_flag=True, help="Let programs on this machine disturb sessions on purpose.")
@click.option(
    "--page",
    type=click.Choice(["off", "here", "hall", "outcomes", "everything"]),
    default="here",
    show_default=True,
    help="What the web page at http://HUB/ shows to those without a token: all of it on this machine; to everybody what"
    " the event file shows the hall; outcomes without names and payloads; or everything.",
)
@secure_options
@click.option_panel("Stations and CSMSes", options=["--listen", "--csms", "--tokens", "--answer-timeout"])
@click.option_panel("Secure", options=SECURE_NAMES)
@click.option_panel("Recording", options=["--recording", "--durability", "--strict"])
@click.option_panel("Limits and policies", options=["--limit", "--duplicates", "--allow-origin", "--page"])
@click.option_panel("Disturbing", options=["--allow-disturb"])
def serve(
    event: Path | None, listen: tuple[str, ...], csmses: tuple[str, ...], tokens_file: Path | None, recording: Path,
    answer_timeout: float, *, duplicates: str, origins: tuple[str, ...], limits: tuple[str, ...], durability: str,
    is_strict: bool, allow_disturb: bool, page: str, secure: SecureOptions,
) -> None:  # fmt: skip
    """Run the hub: relay between stations and CSMSes, and record every frame before it is forwarded.

    With an event file, stations connect to ws://HUB/IDENTITY too, and reach the CSMS that they are paired with.
    """
    from tui.commands.serving import Custody, Guard, run_serve

    guard, custody = Guard(duplicates, origins, limits), Custody(durability, is_strict)
    reported(
        lambda: run_serve(
            event,
            listen,
            csmses,
            recording,
            answer_timeout,
            guard,
            custody,
            secure,
            may_disturb=allow_disturb,
            tokens=tokens_file,
            page=page,
        )
    )
