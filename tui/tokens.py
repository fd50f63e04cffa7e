"""`plugfest tokens`: tokens made, listed and revoked."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from hub.switchboard import TUNNEL, checked_csms
from hub.tokens import Role, Token, new_token, read_tokens, revoke
from matrix.safe import safe


def run_add(path: Path, name: str, csmses: Sequence[str], *, stations: bool, role: str, participant: str) -> None:
    """Append a token to a file, and print its secret: on standard output alone, so that a script can take it.

    Raises:
        HubError: it cannot be called that, or the file cannot be used.
    """
    for csms in csmses:
        checked_csms(csms, TUNNEL)
    token = Token(
        name=name,
        digest="",
        role=Role(role),
        participant=participant,
        csmses=tuple(dict.fromkeys(csmses)),
        may_bring_stations=stations,
    )
    secret = new_token(path, token)
    click.echo(f"the token {name!r} is in {path}, as a hash; this is the only time that it is shown:", err=True)
    click.echo(secret)


def run_list(path: Path, *, as_json: bool) -> None:
    """List the tokens of a file.

    Raises:
        TokenError: it cannot be used.
    """
    found = [*read_tokens(path).by_name.values()]
    if as_json:
        click.echo(msgspec.json.encode([_facts(each) for each in found]).decode())
        return
    table = Table("token", "role", "participant", "CSMSes", "stations", "state", box=None, pad_edge=False)
    for each in found:
        state = "revoked" if each.is_revoked else "good"
        brings = "yes" if each.may_bring_stations else "no"
        csmses = ", ".join(each.csmses) or "-"
        table.add_row(*map(safe, (each.name, each.role, each.participant or "-", csmses, brings, state)))
    Console().print(table)


def run_revoke(path: Path, name: str) -> None:
    """Revoke a token.

    Raises:
        TokenError: there is none of that name, or the file cannot be used.
    """
    revoke(path, name)
    click.echo(f"the token {name!r} is revoked")


def _facts(token: Token) -> dict[str, object]:
    return {
        "name": token.name,
        "role": token.role,
        "participant": token.participant,
        "csmses": token.csmses,
        "stations": token.may_bring_stations,
        "revoked": token.is_revoked,
    }
