"""`plugfest certs` and `plugfest password`, as they are typed. What they do is imported when they run."""

import sys
from pathlib import Path

import rich_click as click

from tui.typed.errors import fail, reported


@click.command(epilog="Example: plugfest certs event-certs --host hub.example --station CS001")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="A name or address of the hub. Repeatable.")
@click.option("--station", "stations", multiple=True, metavar="IDENTITY", help="Make its certificate. Repeatable.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long they are valid.")
@click.option("--rsa-stations", is_flag=True, help="Make the stations' keys RSA, not ECDSA.")
def certs(folder: Path, hosts: tuple[str, ...], stations: tuple[str, ...], days: int, *, rsa_stations: bool) -> None:
    """Make an event's CA, the hub's certificates and those of stations, in FOLDER.

    What is there and still serves is kept: run it again with another --station or --host to have more issued.
    """
    from tui.commands.certs import run_certs

    reported(lambda: run_certs(folder, hosts, stations, days, rsa_stations=rsa_stations))


@click.command(epilog="Example: plugfest password CS001 >> passwords")
@click.argument("identity")
@click.option("--hex", "is_hex", is_flag=True, help="It is given in hex, as OCPP 1.6 writes AuthorizationKey.")
@click.option(
    "--password",
    envvar="PLUGFEST_PASSWORD",
    help="Asked for where it is not given, or read from standard input where that is no terminal.",
)
def password(identity: str, password: str | None, *, is_hex: bool) -> None:
    """Print a line for the --password-file of `plugfest serve`: the station's identity and a hash."""
    from tui.commands.certs import run_password

    try:
        password = _asked_for() if password is None else password
        secret = bytes.fromhex(password) if is_hex else password.encode(errors="surrogateescape")
    except ValueError:
        fail("--hex wants pairs of hexadecimal digits")
    reported(lambda: run_password(identity, secret))


def _asked_for() -> str:
    """Return a password from the terminal, typed twice, or else from a line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    line = sys.stdin.readline().rstrip("\r\n")
    return line or fail("there is no password: give one with --password, or as a line on standard input")
