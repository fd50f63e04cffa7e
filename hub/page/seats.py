"""Browsers that have shown a token: each has a secret of its own in a cookie, so that the token is kept nowhere in it.

A secret has 256 random bits, and is kept as its hash, like a token (hub.tokens). Does no I/O, and reads no clock.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from hub.tokens import Token, digest_of

LASTS_S: Final = 16 * 3600.0
"""How long a browser need not show its token again: a day at an event."""
MOST: Final = 4_096
SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class _Seat:
    token: Token
    until: float


class Seats:
    """Who has which secret."""

    def __init__(self) -> None:
        self._seats: dict[str, _Seat] = {}

    def take(self, token: Token, *, now: float) -> str:
        """Return a new secret for a browser that has shown a token. Of very many, the oldest is forgotten."""
        self._seats = {digest: seat for digest, seat in self._seats.items() if seat.until > now}
        if len(self._seats) >= MOST:
            del self._seats[next(iter(self._seats))]
        secret = secrets.token_urlsafe(SECRET_BYTES)
        self._seats[digest_of(secret)] = _Seat(token, now + LASTS_S)
        return secret

    def token(self, secret: str, *, now: float) -> Token | None:
        """Return the token that a browser has shown, as it was then; None where the secret is none, or too old."""
        seat = self._seats.get(digest_of(secret))
        return seat.token if seat and seat.until > now else None

    def leave(self, secret: str) -> None:
        """Forget a secret."""
        self._seats.pop(digest_of(secret), None)
