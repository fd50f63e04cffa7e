"""Keeps secrets out of the recording, and still lets one see whether two sessions used the same one."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from typing import Final

from matrix.trace import Headers

_SECRET_HEADER: Final = re.compile(
    r"(?:proxy-)?authorization|cookie2?|set-cookie|(?:.*[-_])?(?:token|secret|password|api[-_]?key|auth[-_]?key)",
    re.IGNORECASE,
)
_SECRET_IN_QUERY: Final = re.compile(
    r"((?:^|[?&;])[^=&;]*(?:token|secret|passw(?:or)?d|pwd|key|sig(?:nature)?|auth(?:orization)?)=)([^&;#]+)",
    re.IGNORECASE,
)


class Masker:
    """Replaces secrets by a keyed digest of them.

    The key lives as long as the hub's process and is written nowhere: equal digests mean equal secrets within one run,
    and nobody who gets the recording can try passwords against it.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def headers(self, headers: Headers) -> Headers:
        """Return headers as they may be recorded: `Basic user=CS001 password=hmac:0f3c...` for an Authorization."""
        return tuple((name, self._header(name, value)) for name, value in headers)

    def target(self, target: str) -> str:
        """Return a request target (or URL) without the values of parameters that are named like secrets."""
        path, mark, query = target.partition("?")
        return path + mark + _SECRET_IN_QUERY.sub(lambda match: match[1] + self.digest(match[2]), query)

    def digest(self, secret: str) -> str:
        return "hmac:" + hmac.new(self._key, secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]

    def _header(self, name: str, value: str) -> str:
        if not _SECRET_HEADER.fullmatch(name):
            return value
        scheme, space, rest = value.partition(" ")
        if not name.lower().endswith("authorization") or not space:
            return self.digest(value)
        if scheme.lower() == "basic" and (pair := _user_and_password(rest.strip())):
            return f"{scheme} user={pair[0]} password={self.digest(pair[1])}"
        return f"{scheme} {self.digest(rest.strip())}"


def _user_and_password(encoded: str) -> tuple[str, str] | None:
    """Return the two parts of a Basic credential (RFC 7617); None where it is not one."""
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = decoded.partition(":")
    return (user, password) if colon else None
