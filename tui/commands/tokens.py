"""`plugfest tokens`: tokens made, listed and revoked."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table

from hub.access.tokens import PREFIX, TOKEN_BYTES, Role, Token, TokenError, new_token, read_tokens, revoke
from hub.events.file import EventFileError, read_event
from hub.events.remarks import remarks_on_tokens
from hub.handshake.switchboard import TUNNEL, checked_csms
from matrix.safe import safe
from tui.commands.qr import TO_MOVE_WITH, QrError, drawn, page_link, write_svg

BESIDE: Final = "event.toml"
"""The event file that a token is held against where none is named, if it lies beside the tokens."""


NO_EVENT: Final = Path("-")
"""What is named in an event file's place where a token is to be held against none."""


@dataclass(frozen=True, slots=True)
class LinkWish:
    """Where the hub's page is that a link is wanted to (None: none is), and where its QR code is to be written."""

    hub: str | None = None
    svg: Path | None = None


def run_add(
    path: Path,
    name: str,
    csmses: Sequence[str],
    link: LinkWish,
    *,
    stations: bool,
    moves: bool,
    role: str,
    participant: str,
    event: Path | None = None,
) -> None:
    """Append a token to a file, and print its secret: on standard output alone, so that a script can take it.

    Raises:
        HubError: it cannot be called that, the file cannot be used, there can be no such link or grant, or the event
            file that is named (else that which lies beside) has no such participant or CSMS.
    """
    if moves and role != Role.ORGANIZER:
        raise TokenError(f"--moves is for --role organizer, and not for a {role}")
    if moves and link.hub is not None:
        raise TokenError("--moves and --hub do not go together: whoever sees a link may look, and no more")
    if link.hub is None and link.svg is not None:
        raise QrError("--svg needs --hub URL: where the page is that the code leads to")
    if link.hub is not None:
        page_link(link.hub, f"{PREFIX}{'0' * TOKEN_BYTES}")  # before there is a token that nobody can use
    for csms in csmses:
        checked_csms(csms, TUNNEL)
    token = Token(
        name=name,
        digest="",
        role=Role(role),
        participant=participant,
        csmses=tuple(dict.fromkeys(csmses)),
        may_bring_stations=stations,
        may_move=moves,
    )
    _hold_against(token, event, path.with_name(BESIDE))
    secret = new_token(path, token)
    click.echo(f"the token {name!r} is in {path}, as a hash; this is the only time that it is shown:", err=True)
    click.echo(secret)
    if link.hub is not None:
        _show_link(page_link(link.hub, secret), link.svg, err=True)


def _hold_against(token: Token, named: Path | None, beside: Path) -> None:
    """Look whether the event has what a token names: in the file that was named, else in the one that lies beside."""
    if named == NO_EVENT or (named is None and not beside.is_file()):
        return
    try:
        event = read_event(named or beside)
    except EventFileError as exc:
        if named is not None:
            raise
        click.echo(
            f"{beside} has mistakes, so that the token is not held against it: {safe(exc.sentences[0])}", err=True
        )
        return
    if wrong := [*remarks_on_tokens([token], event)]:
        raise TokenError(
            "\n".join([*wrong, "no token was made; --event FILE names another event file, --event - none"])
        )


def run_qr(path: Path, hub: str, token: str | None, svg: Path | None) -> None:
    """Print the link of a token with its QR code, or write the code to a file. The token file is looked at, if there.

    Raises:
        QrError: it is no URL of a hub, no token, one that moves stations, or the file cannot be written.
        TokenError: there is a token file, and it cannot be used.
    """
    given = token or (click.prompt("Token", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline())
    secret = given.strip()
    found = read_tokens(path).match(secret) if path.exists() else None
    if found and found.may_move:
        raise QrError(TO_MOVE_WITH)
    _show_link(page_link(hub, secret), svg, err=False)


def _show_link(link: str, svg: Path | None, *, err: bool) -> None:
    """Print a link with its code, or the name of the file with the code."""
    if svg is None:
        click.echo(f"{drawn(link)}\n{link}", err=err)
        return
    write_svg(link, svg)
    click.echo(f"the QR code is in {svg}; whoever has it has the token", err=err)


def run_list(path: Path, *, as_json: bool) -> None:
    """List the tokens of a file.

    Raises:
        TokenError: it cannot be used.
    """
    found = [*read_tokens(path).by_name.values()]
    if as_json:
        click.echo(msgspec.json.encode([_facts(each) for each in found]).decode())
        return
    table = Table("token", "role", "participant", "CSMSes", "stations", "moves", "state", box=None, pad_edge=False)
    for each in found:
        state = "revoked" if each.is_revoked else "good"
        brings, moves = ("yes" if granted else "no" for granted in (each.may_bring_stations, each.may_move))
        csmses = ", ".join(each.csmses) or "-"
        table.add_row(*map(safe, (each.name, each.role, each.participant or "-", csmses, brings, moves, state)))
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
        "moves": token.may_move,
        "revoked": token.is_revoked,
    }
