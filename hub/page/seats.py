"""Browsers that have shown a token: each has a secret of its own in a cookie, so that the token is kept nowhere in it.

A secret has 256 random bits, and is kept as its hash, like a token (hub.access.tokens): in memory, and in a file beside
that of the tokens, so that a screen in the hall goes on when the hub was started anew.
"""

import os
import secrets
from pathlib import Path
from typing import Final

import msgspec

from hub.access.tokens import Token, digest_of
from hub.errors import HubError

LASTS_S: Final = 16 * 3600.0
"""How long a browser need not show its token again: a day at an event."""
MOST: Final = 4_096
SECRET_BYTES: Final = 32


class SeatsError(HubError):
    """Who has come in cannot be kept or read; the message says why."""


class Seat(msgspec.Struct, frozen=True):
    """The token that a browser has shown, by name and hash, and until when that is good (seconds since the epoch)."""

    name: str
    digest: str
    until: float

    @property
    def token(self) -> Token:
        """What is known of the token itself: what it is good for, the token file says."""
        return Token(name=self.name, digest=self.digest)


class Seats:
    """Who has which secret. Does no I/O, and reads no clock: `now` is in seconds since the epoch."""

    def __init__(self) -> None:
        self.by_digest: dict[str, Seat] = {}

    def take(self, token: Token, *, now: float) -> str:
        """Return a new secret for a browser that has shown a token. Of very many, the oldest is forgotten."""
        self.put_back({}, now=now)
        if len(self.by_digest) >= MOST:
            del self.by_digest[next(iter(self.by_digest))]
        secret = secrets.token_urlsafe(SECRET_BYTES)
        self.by_digest[digest_of(secret)] = Seat(token.name, token.digest, now + LASTS_S)
        return secret

    def token(self, secret: str, *, now: float) -> Token | None:
        """Return the token that a browser has shown; None where the secret is none, or too old."""
        seat = self.by_digest.get(digest_of(secret))
        return seat.token if seat and seat.until > now else None

    def leave(self, secret: str) -> None:
        """Forget a secret."""
        self.by_digest.pop(digest_of(secret), None)

    def put_back(self, kept: dict[str, Seat], *, now: float) -> None:
        """Take up what was kept, and forget what is too old."""
        both = {**kept, **self.by_digest}
        self.by_digest = {digest: seat for digest, seat in both.items() if now < seat.until <= now + LASTS_S}


def seats_path(tokens: Path) -> Path:
    """Return where it is kept who has come in with the tokens of a file."""
    return tokens.with_name(f"{tokens.name}.seats")


def load_seats(path: Path) -> dict[str, Seat]:
    """Return what was kept, by the hash of the secret; nothing where nothing was.

    Raises:
        SeatsError: it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Seat])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as exc:
        raise SeatsError(f"who has come in with a token cannot be read from {str(path)!r}: {exc}") from exc


def save_seats(path: Path, seats: dict[str, Seat]) -> None:
    """Keep who has come in, readable by the owner only: the file holds the old or the new, whenever the hub is killed.

    Raises:
        SeatsError: it cannot be written.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(seats))
        fresh.replace(path)
    except OSError as exc:
        fresh.unlink(missing_ok=True)
        raise SeatsError(f"who has come in with a token cannot be kept in {str(path)!r}: {exc.strerror}") from exc
