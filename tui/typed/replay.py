"""`plugfest replay`, as it is typed. What it does is imported when it runs."""

import sys
from pathlib import Path
from typing import Any, Final

import rich_click as click

from tui.typed.completing import actions, sessions
from tui.typed.errors import reported
from tui.typed.options import FILE, RECORDING

_WHAT: Final = (
    click.option(
        "--session",
        "sessions",
        type=int,
        multiple=True,
        metavar="ID",
        shell_complete=sessions,
        help="What is played. Repeatable. [default: all]",
    ),
    click.option("--as", "role", type=click.Choice(["station", "csms"]), required=True, help="Whose part is played."),
    click.option(
        "--to",
        multiple=True,
        metavar="URL",
        help="As station: the live CSMS, ws://HOST:PORT/PATH; identities are appended. A time is taken for --until.",
    ),
    click.option("--listen", metavar="HOST:PORT", help="As csms: where live stations connect by ws://, by any path."),
    click.option("--listen-tls", metavar="HOST:PORT", help="As csms: likewise by wss://."),
    click.option(
        "-o",
        "--output",
        type=FILE,
        default=Path("replay.recording"),
        show_default=True,
        metavar="RECORDING",
        help="The recording of the replay; an existing one goes on.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object."),
)
_HOW: Final = (
    click.option(
        "--speed", default="1", show_default=True, metavar="1|10|max", help="max: as fast as the live peer answers."
    ),
    click.option("--from", "since", metavar="TIME", help="Begin here: so long after the beginning (90s), or a moment."),
    click.option("--until", metavar="TIME", help="End here."),
    click.option(
        "--only", multiple=True, metavar="ACTION", shell_complete=actions, help="Send only these CALLs. Repeatable."
    ),
    click.option(
        "--skip", multiple=True, metavar="ACTION", shell_complete=actions, help="Do not send these CALLs. Repeatable."
    ),
    click.option(
        "--deadline",
        type=click.FloatRange(min=0.1),
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="How long something is waited for that had come in the recording.",
    ),
    click.option(
        "--repeat", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="Play it so many times."
    ),
    click.option(
        "--clones",
        type=click.IntRange(1, 20_000),
        default=1,
        show_default=True,
        metavar="N",
        help="As station: so many of each station at once.",
    ),
    click.option(
        "--identity",
        "template",
        metavar="TEMPLATE",
        help="As station: what they are called.  [default: {identity}, or {identity}-{n} of clones]",
    ),
    click.option(
        "--wait",
        type=click.FloatRange(min=0.1),
        metavar="SECONDS",
        help="As csms: end when no station has been there for so long.  [default: when all is played]",
    ),
)
_SECRETS: Final = (
    click.option(
        "--password-file",
        type=FILE,
        help="As station: log in with the password in this file, or in PLUGFEST_PASSWORD.",
    ),
    click.option(
        "--ca", type=FILE, help="Verify the CSMS against this CA; as csms: ask stations for certificates of it."
    ),
    click.option("--sni", metavar="HOST", help="As station: the name that the CSMS's certificate has to have."),
    click.option("--cert", type=FILE, help="The certificate to show, PEM; as csms, for --listen-tls."),
    click.option("--key", type=FILE, help="Its key, where it is in another file."),
)


def _with_options(command: Any) -> Any:
    for option in reversed((*_WHAT, *_HOW, *_SECRETS)):
        command = option(command)
    return command


@click.command(epilog="Example: plugfest replay event.recording --session 4 --as station --to ws://127.0.0.1:9100/ocpp")
@click.argument("recording", type=RECORDING)
@_with_options
def replay(recording: Path, **options: Any) -> None:
    """Play one side of recorded sessions against a live peer, as a conversation: ids and times are the live ones.

    What the live peer asks is answered as it was recorded. The replay is a recording of its own, to judge and compare.
    See docs/replay.md

    Exit code 0: all went as recorded. 1: the live peer departed from it; the report says where. 2: it could not run.
    """
    from tui.commands.replay_wishes import Wishes
    from tui.commands.replaying import run_replay

    sys.exit(reported(lambda: run_replay(Wishes(recording=recording, **options))))
