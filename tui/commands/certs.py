"""`plugfest certs` and `plugfest password`: what an event needs for secure stations, for people who have none."""

import shlex
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import rich_click as click

from hub.handshake.passwords import password_line
from hub.tls.certs import Authority, Issued
from matrix.safe import safe

HERE: Final = ("localhost", "127.0.0.1", "::1")


def run_certs(folder: Path, hosts: Iterable[str], stations: Iterable[str], days: int, *, rsa_stations: bool) -> None:
    """Make what is missing in a folder, and say what there is.

    Raises:
        CertificateError: something cannot be made.
    """
    authority = Authority.at(folder, days=days)
    _say("made" if authority.is_new else "kept", authority.path, "the CA: stations and CSMSes have to trust it")
    servers = authority.server_pair([*hosts, *_own_names()], days=days)
    for server, kind in zip(servers, ("ECDSA", "RSA"), strict=True):
        _say(_done(server), server.certificate, f"the hub's certificate, {kind}")
    for identity in stations:
        station = authority.station(identity, days=days, is_rsa=rsa_stations)
        _say(_done(station), station.certificate, f"for the station {identity!r}, its key beside it in .key")
    click.echo(f"\nserve with them:\n  {_command(authority, servers)}")


def run_password(identity: str, password: bytes) -> None:
    """Print the line of a password file.

    Raises:
        PasswordFileError: no line can hold that identity.
    """
    click.echo(password_line(identity, password))


def _own_names() -> list[str]:
    name = socket.gethostname()
    return [*([name] if name.isascii() and name else []), *HERE]


def _command(authority: Authority, servers: Iterable[Issued]) -> str:
    pairs = [part for each in servers for part in ("--tls-cert", str(each.certificate), "--tls-key", str(each.key))]
    words = ["plugfest", "serve", "--listen-tls", "0.0.0.0:9443", *pairs, "--client-ca", str(authority.path)]
    return f"{shlex.join([*words, '--client-cert', 'optional'])} --csms NAME=URL"


def _done(issued: Issued) -> str:
    return "made" if issued.is_new else "kept"


def _say(done: str, path: Path, what: str) -> None:
    click.echo(f"{done}  {safe(str(path))}  {safe(what)}")
