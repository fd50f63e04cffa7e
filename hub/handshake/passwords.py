"""Passwords of stations that the hub checks: a line each, `IDENTITY:HASH`, the hash being scrypt's in the PHC form."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from hub.errors import HubError

COST_LOG2: Final = 12
"""4 MiB and about 10 ms a guess: a thousand stations that come at once are in within 10 s, and then known."""
_BLOCKS, _PARALLEL, _KEY_BYTES = 8, 1, 32
_COSTS: Final = range(10, 18)
_HASH: Final = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=8,p=1\$([A-Za-z0-9+/]{8,64})\$([A-Za-z0-9+/]{43})")


class PasswordFileError(HubError):
    """The password file cannot be used; the message names the line, and quotes none: there may be a password in it."""


@dataclass(frozen=True, slots=True)
class Hash:
    """A salted scrypt hash (RFC 7914) of a password."""

    salt: bytes
    key: bytes
    cost_log2: int = COST_LOG2

    @classmethod
    def of(cls, password: bytes) -> Self:
        """Hash a password with a new salt."""
        salt = secrets.token_bytes(16)
        return cls(salt, _scrypt(password, salt, COST_LOG2))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` makes of a hash.

        Raises:
            ValueError: it is none.
        """
        match = _HASH.fullmatch(text)
        if not match or int(match[1]) not in _COSTS:
            raise ValueError("this is no hash of scrypt")
        try:
            return cls(_decoded(match[2]), _decoded(match[3]), int(match[1]))
        except binascii.Error as exc:
            raise ValueError("this is no hash of scrypt") from exc

    def fits(self, password: bytes) -> bool:
        return hmac.compare_digest(_scrypt(password, self.salt, self.cost_log2), self.key)

    def __str__(self) -> str:
        return f"$scrypt$ln={self.cost_log2},r={_BLOCKS},p={_PARALLEL}${_encoded(self.salt)}${_encoded(self.key)}"


class Passwords:
    """The passwords that the hub knows. What has fitted once is remembered by a keyed digest, and costs little then."""

    def __init__(self, hashes: Mapping[str, Hash]) -> None:
        self._hashes = dict(hashes)
        self._stranger = Hash.of(secrets.token_bytes(16))
        self._key = secrets.token_bytes(32)
        self._fitted: dict[str, bytes] = {}
        self._one_at_a_time = asyncio.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a password file; empty lines and those that begin with # are passed over.

        Raises:
            PasswordFileError: it cannot be read, or a line is not like that.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as exc:
            raise PasswordFileError(f"the password file {str(path)!r} cannot be read: {exc.strerror or exc}") from exc
        except UnicodeDecodeError as exc:
            raise PasswordFileError(f"the password file {str(path)!r} is not UTF-8") from exc
        return cls(_read(path, lines))

    async def match(self, identity: str, password: bytes) -> bool:
        """Say whether this is the password of that station; one it does not know takes as long."""
        digest = hmac.digest(self._key, password, "sha256")
        if hmac.compare_digest(self._fitted.get(identity, b""), digest):
            return True
        known = self._hashes.get(identity)
        async with self._one_at_a_time:  # guesses take one core, not all of them
            fits = await asyncio.to_thread((known or self._stranger).fits, password)
        if known is None or not fits:
            return False
        self._fitted[identity] = digest
        return True


def password_line(identity: str, password: bytes) -> str:
    """Return the line of a password file for a station.

    Raises:
        PasswordFileError: no line can hold that identity.
    """
    if not identity or ":" in identity or identity.startswith("#") or identity.splitlines() != [identity]:
        raise PasswordFileError(
            f"an identity with a password cannot be {identity!r}: Basic authentication ends it at ':'"
        )
    return f"{identity}:{Hash.of(password)}"


def _read(path: Path, lines: list[str]) -> dict[str, Hash]:
    hashes: dict[str, Hash] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        identity, _, text = line.partition(":")
        try:
            found = Hash.parse(text.strip())
        except ValueError as exc:
            wrong = "is not IDENTITY:HASH; `plugfest password IDENTITY` makes such lines"
            raise PasswordFileError(f"line {number} of the password file {str(path)!r} {wrong}") from exc
        if identity in hashes:
            raise PasswordFileError(f"line {number} of the password file {str(path)!r} names {identity!r} again")
        hashes[identity] = found
    return hashes


def _scrypt(password: bytes, salt: bytes, cost_log2: int) -> bytes:
    cost = 1 << cost_log2
    memory = 128 * _BLOCKS * (cost + _PARALLEL + 2)
    return hashlib.scrypt(password, salt=salt, n=cost, r=_BLOCKS, p=_PARALLEL, dklen=_KEY_BYTES, maxmem=memory)


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
