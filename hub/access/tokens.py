"""Who may do what at the hub, by tokens: a TOML file of names, roles and hashes; the tokens themselves are nowhere.

A token has 256 random bits, so that its plain SHA-256 is as safe as it is: there is nothing to guess, and a slow,
salted hash (which passwords need, `hub.handshake.passwords`) would only cost the hub time at each connection.
"""

import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from hub.errors import HubError
from hub.toml_lines import Lines
from hub.toml_table import Mistake, Mistakes, Table

PREFIX: Final = "plugfest_"
"""How a token begins: people and secret scanners know it by that, and no shell takes it for an option."""
MOVES_PREFIX: Final = f"{PREFIX}moves_"
"""How one begins that moves stations: nobody takes it for one that may be shown to others."""
TOKEN_BYTES: Final = 32
LARGEST_FILE: Final = 4 << 20

_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")
_NAME: Final = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]{0,63}")


class TokenError(HubError):
    """The token file cannot be used; the message has a line for each mistake."""

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(str(self).splitlines())


class Role(StrEnum):
    """What somebody is at the event."""

    ORGANIZER = "organizer"
    PARTICIPANT = "participant"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token is good for: `csmses` are the names that its tunnels may bring CSMSes under.

    `may_move` lets an organizer move stations, and set the clock of the rounds, from another machine.
    """

    name: str
    digest: str = field(repr=False)
    role: Role = Role.PARTICIPANT
    participant: str = ""
    csmses: tuple[str, ...] = ()
    may_bring_stations: bool = False
    may_move: bool = False
    is_revoked: bool = False

    def fits(self, digest: str) -> bool:
        """Compare hashes in constant time."""
        return hmac.compare_digest(self.digest, digest)


class Tokens:
    """The tokens of a file."""

    def __init__(self, by_name: Mapping[str, Token]) -> None:
        self.by_name = dict(by_name)

    def match(self, secret: str) -> Token | None:
        """Return the token that this is, if it is not revoked. All are compared with, whichever fits."""
        digest = digest_of(secret)
        found = None
        for token in self.by_name.values():
            if token.fits(digest):
                found = token
        return None if found is None or found.is_revoked else found

    def now(self, token: Token) -> Token | None:
        """Return a token of an earlier reading as it is now; None where it is revoked or gone."""
        found = self.by_name.get(token.name)
        return found if found and not found.is_revoked and found.fits(token.digest) else None


def digest_of(secret: str) -> str:
    """Return what the file has of a token."""
    return f"sha256:{hashlib.sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()}"


def read_tokens(path: Path) -> Tokens:
    """Read a token file.

    Raises:
        TokenError: it cannot be read, or there is a mistake in it; all of them are told.
    """
    return parse_tokens(_text_of(path), path)


def parse_tokens(text: str, path: Path) -> Tokens:
    """Read the text of a token file; `path` is for sentences.

    Raises:
        TokenError: there is a mistake in it; all of them are told.
    """
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise TokenError(f"{path}: this is not TOML: {exc}") from exc
    mistakes = Mistakes(Lines(text))
    root = Table(values, mistakes)
    tokens = {name: _token(name, table) for name, table in root.tables("tokens")}
    root.finish()
    _check_twins(tokens.values(), mistakes)
    if mistakes.found:
        raise TokenError("\n".join(_told(path, each) for each in sorted(mistakes.found)))
    return Tokens(tokens)


def new_token(path: Path, token: Token) -> str:
    """Append a token to a file, which is made where there is none; return the secret. The `digest` is not looked at.

    Raises:
        TokenError: the file cannot be used or written to, or has a token of that name.
    """
    text = _text_of(path) if path.exists() else _HEADING
    if token.name in parse_tokens(text, path).by_name:
        raise TokenError(f"{path} has a token named {token.name!r}; revoke it, and add one with another name")
    secret = (MOVES_PREFIX if token.may_move else PREFIX) + secrets.token_urlsafe(TOKEN_BYTES)
    lines = [f'[tokens."{token.name}"]', f'hash = "{digest_of(secret)}"', f'role = "{token.role}"']
    lines += [f"participant = {_quoted(token.participant)}"] * bool(token.participant)
    lines += [f"csmses = [{', '.join(map(_quoted, token.csmses))}]"] * bool(token.csmses)
    lines += ["stations = true"] * token.may_bring_stations + ["moves = true"] * token.may_move
    _put(path, "\n".join([text.rstrip("\n"), "", *lines, ""]))
    return secret


def revoke(path: Path, name: str) -> None:
    """Mark a token of a file as revoked, under its heading.

    Raises:
        TokenError: there is none of that name, or the file cannot be written to.
    """
    text = _text_of(path)
    token = parse_tokens(text, path).by_name.get(name)
    if token is None:
        raise TokenError(f"{path} has no token named {name!r}")
    if token.is_revoked:
        raise TokenError(f"the token {name!r} is revoked already")
    lines = text.split("\n")
    at = Lines(text).of(("tokens", name))
    lines.insert(at, f"revoked = true  # {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    marked = "\n".join(lines)
    if not parse_tokens(marked, path).by_name[name].is_revoked:
        raise TokenError(
            f"{path} is not written as `plugfest tokens` writes it: put `revoked = true` to {name!r} by hand"
        )
    _put(path, marked)


_HEADING: Final = "# Made by `plugfest tokens`. It holds hashes only; a running hub takes changes up within a second.\n"


def _token(name: str, table: Table) -> Token:
    if not _NAME.fullmatch(name):
        table.note(None, "cannot be a token's name: use letters, digits, '.', '_' and '-' (not first)")
    digest = table.text("hash", is_needed=True)
    if digest and not _HASH.fullmatch(digest):
        table.note("hash", "has to be sha256: and 64 digits, as `plugfest tokens add` writes it")
    role = table.text("role", Role.PARTICIPANT)
    if role not in {*Role}:
        table.note("role", f"has to be {', '.join(Role)}, it is {role!r}")
        role = Role.VIEWER
    found = Token(
        name=name,
        digest=digest,
        role=Role(role),
        participant=table.text("participant"),
        csmses=table.texts("csmses"),
        may_bring_stations=table.flag("stations"),
        may_move=table.flag("moves"),
        is_revoked=table.flag("revoked"),
    )
    if found.may_move and found.role is not Role.ORGANIZER:
        table.note("moves", f"is for organizers; the role is {found.role!r}")
    table.finish()
    return found


def _check_twins(tokens: Iterable[Token], mistakes: Mistakes) -> None:
    names: dict[str, str] = {}
    for token in tokens:
        if token.digest and token.digest in names:
            mistakes.note(("tokens", token.name), f"has the hash of {names[token.digest]!r}: each has its own")
        names[token.digest] = token.name


def _told(path: Path, mistake: Mistake) -> str:
    return f"{path}:{mistake.line}: {mistake.text}"


def _quoted(text: str) -> str:
    """Return a text as TOML writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in escaped) + '"'


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
        text = raw.decode()
    except OSError as exc:
        raise TokenError(f"the token file {str(path)!r} cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise TokenError(f"the token file {str(path)!r} is not UTF-8, which TOML is written in") from exc
    if len(raw) > LARGEST_FILE:
        raise TokenError(f"the token file {str(path)!r} is longer than {LARGEST_FILE >> 20} MiB")
    return text


def _put(path: Path, text: str) -> None:
    """Put a text in a file's place, whole or not at all, once it is seen to be a token file."""
    parse_tokens(text, path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.touch(0o600, exist_ok=False)
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as exc:
        beside.unlink(missing_ok=True)
        raise TokenError(f"the token file {str(path)!r} cannot be written to: {exc.strerror or exc}") from exc
