"""`plugfest tunnel` and `plugfest tokens`, as they are typed. What they do is imported when they run."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import rich_click as click

from tui.typed.errors import reported
from tui.typed.options import FILE


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of all tunnels."""
    options = (
        click.option(
            "--hub",
            required=True,
            envvar="PLUGFEST_HUB",
            show_envvar=True,
            metavar="URL",
            help="The hub: wss://HOST, or ws://HOST:PORT.",
        ),
        click.option("--token-file", type=FILE, metavar="FILE", help="A file that holds the organizer's token."),
        click.option(
            "--token",
            envvar="PLUGFEST_TOKEN",
            show_envvar=True,
            metavar="TOKEN",
            help="The token itself. Not on a machine that others use: they see command lines, but no environment.",
        ),
        click.option("--ca", type=FILE, metavar="FILE", help="Verify the hub against this CA, in PEM."),
        click.option("--cert", type=FILE, metavar="FILE", help="Shown to a hub that asks for a certificate, in PEM."),
        click.option("--key", type=FILE, metavar="FILE", help="Its key, where it is in another file."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each event."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _doors(*, is_required: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the options of where stations connect to an agent."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        where = "Where stations connect" if is_required else "Bring stations too: where they connect"
        options = (
            click.option("--listen", multiple=True, metavar="HOST:PORT", help=f"{where} by ws://. Repeatable."),
            click.option("--listen-tls", multiple=True, metavar="HOST:PORT", help="Likewise by wss://. Repeatable."),
            click.option("--tls-cert", type=FILE, metavar="FILE", help="The certificate for --listen-tls, in PEM."),
            click.option("--tls-key", type=FILE, metavar="FILE", help="Its key, where it is in another file."),
        )
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _reported(command: Callable[..., int | None]) -> Callable[..., None]:
    """Say what cannot be done in a sentence, and end quietly at Ctrl-C."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        sys.exit(reported(lambda: command(*args, **options)))

    return run


@click.group()
def tunnel() -> None:
    """Bring a CSMS, or stations, to a hub that cannot dial them: from behind NAT, by connections that go out alone.

    The organizer's token is in PLUGFEST_TOKEN, or in a file: --token-file.

    Needs no root and no open port. It goes through an HTTP proxy where HTTPS_PROXY or HTTP_PROXY names one. What its
    connections carry, they carry byte for byte.

    Exit code 3: it makes no sense to go on, since the token is wrong or revoked, or another agent has taken over.
    """


@tunnel.command(
    "csms",
    epilog="Example, with the token in PLUGFEST_TOKEN: plugfest tunnel csms acme ws://127.0.0.1:8180/ocpp"
    " --hub wss://hub.example",
)
@click.argument("name")
@click.argument("url")
@_common
@click.option("--csms-ca", type=FILE, metavar="FILE", help="Verify a CSMS at wss:// against this CA, in PEM.")
@click.option("--csms-sni", metavar="HOST", help="The name that its certificate has to have, if not that of its URL.")
@click.option("--csms-cert", type=FILE, metavar="FILE", help="Shown to a CSMS that asks for a certificate, in PEM.")
@click.option("--csms-key", type=FILE, metavar="FILE", help="Its key, where it is in another file.")
@_doors(is_required=False)
@_reported
def tunnel_csms(
    name: str,
    url: str,
    *,
    csms_ca: Path | None,
    csms_sni: str | None,
    csms_cert: Path | None,
    csms_key: Path | None,
    **options: Any,
) -> int:
    """Bring the CSMS at URL, which this machine can reach, to the hub, as NAME."""
    from tui.commands.tunnelling import LocalTls, run_tunnel

    return run_tunnel((name, url), LocalTls(csms_ca, csms_sni, csms_cert, csms_key), **options)


@tunnel.command(
    "station",
    epilog="Example, with the token in PLUGFEST_TOKEN: plugfest tunnel station --listen 0.0.0.0:9000 --hub wss://hub.example",
)
@_common
@_doors(is_required=True)
@_reported
def tunnel_station(**options: Any) -> int:
    """Give stations on this network an address that leads to the hub: the same paths as at the hub itself."""
    from tui.commands.tunnelling import LocalTls, run_tunnel

    return run_tunnel(None, LocalTls(), **options)


_FILE_OPTION: Final = click.option(
    "--file", "path", type=FILE, default=Path("tokens.toml"), show_default=True, help="The hub's token file."
)
_SVG_OPTION: Final = click.option(
    "--svg", type=FILE, metavar="FILE", help="Write the QR code to this file instead, in SVG, to be printed or sent."
)


@click.group()
def tokens() -> None:
    """Say who may see what and bring which tunnels: make, list and revoke tokens, for `plugfest serve --tokens`."""


@tokens.command("add", epilog="Example: plugfest tokens add acme-agent --csms acme --stations")
@click.argument("name")
@click.option("--csms", "csmses", multiple=True, metavar="NAME", help="May bring the CSMS of this name. Repeatable.")
@click.option("--stations", is_flag=True, help="May bring stations.")
@click.option("--moves", is_flag=True, help="May move stations and set the rounds' clock from anywhere: an organizer.")
@click.option(
    "--role", type=click.Choice(["organizer", "participant", "viewer"]), default="participant", show_default=True
)
@click.option("--participant", default="", metavar="KEY", help="Whose it is, by its name in the event file.")
@click.option(
    "--event",
    type=FILE,
    metavar="EVENT.toml",
    help="The event that has to have these names; - for none.  [default: event.toml beside the token file, if there]",
)
@click.option("--hub", metavar="URL", help="Print the link to their own view of this hub's page, too, and its QR code.")
@_SVG_OPTION
@_FILE_OPTION
@_reported
def add_token(path: Path, *, hub: str | None, svg: Path | None, **options: Any) -> None:
    """Make a token called NAME, and print it: this once, since the file has only its hash."""
    from tui.commands.tokens import LinkWish, run_add

    run_add(path, link=LinkWish(hub, svg), **options)


@tokens.command("qr", epilog="Example: plugfest tokens qr --hub https://hub.example --svg volta.svg < volta.token")
@click.option(
    "--hub", required=True, envvar="PLUGFEST_HUB", metavar="URL", help="The hub: https://HOST, http://HOST:PORT."
)
@click.option(
    "--token",
    envvar="PLUGFEST_TOKEN",
    help="Asked for where it is not given, or read from standard input where that is no terminal.",
)
@_SVG_OPTION
@_FILE_OPTION
@_reported
def show_qr(path: Path, hub: str, token: str | None, svg: Path | None) -> None:
    """Print the link that leads the holder of a token to their own view of the hub's page, and its QR code.

    Whoever has the link has the token: it is for its holder alone. There is none of a token that moves stations.
    """
    from tui.commands.tokens import run_qr

    run_qr(path, hub, token, svg)


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@_FILE_OPTION
@_reported
def list_tokens(path: Path, *, as_json: bool) -> None:
    """List the tokens of a file: their names, and what they are good for."""
    from tui.commands.tokens import run_list

    run_list(path, as_json=as_json)


@tokens.command("revoke")
@click.argument("name")
@_FILE_OPTION
@_reported
def revoke_token(name: str, path: Path) -> None:
    """Revoke a token: a running hub disconnects its tunnels within a second, and ends their sessions."""
    from tui.commands.tokens import run_revoke

    run_revoke(path, name)
