"""Keeps secrets out of the recording, and still lets one see whether two sessions used the same one."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

from matrix.dialect import SUBPROTOCOLS
from matrix.trace import Headers

_SECRET_NAME: Final = re.compile(
    r"authori[sz]|authentic|credential|passw|passphrase|pwd|secret|token|session|jwt|bearer|signature"
    r"|(?:auth|pass|key|sig|cookie2?)(?-i:(?![a-z]))"  # X-Auth, apiKey, keyId; not Authority, Keyboard, X-Cookies
    r"|(?<![a-z])(?:pw|pin|psk|sid)(?![a-z])",
    re.IGNORECASE,
)
_NO_SECRETS: Final = frozenset(
    {"sec-websocket-key", "www-authenticate", "proxy-authenticate", "access-control-allow-credentials"}
)
"""Fields that are named like secrets and hold none: a nonce, challenges, a flag."""
_SCHEMES: Final = frozenset({"basic", "bearer", "digest", "token", "apikey", "negotiate", "ntlm"})
_FIELD_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*")
_CREDENTIAL: Final = re.compile(r"(?:basic|bearer)[ \t]+\S", re.IGNORECASE)
_SUBPROTOCOLS: Final = "sec-websocket-protocol"

# Percent-encoded any number of times (`%2525...3F`), where somebody encoded a URL to put it into another.
_DELIMITER: Final = r"(?:[/?&;#]|%(?:25)*(?:3f|26|3b|23))"
_EQUALS: Final = r"(?:=|%(?:25)*3d)"
_PARAMETER: Final = re.compile(
    rf"(?P<before>^|{_DELIMITER})(?P<name>(?:(?!{_DELIMITER}|{_EQUALS}).)*){_EQUALS}", re.IGNORECASE | re.DOTALL
)
_SLASH: Final = r"(?:/|%(?:25)*2f)"
_USERINFO: Final = re.compile(
    rf"(?P<before>(?:^|:|%(?:25)*3a){_SLASH}{{2}})(?P<info>(?:(?!{_SLASH})[^?#\s])*)(?P<at>@|%(?:25)*40)",
    re.IGNORECASE,
)
_COLON: Final = re.compile(r":|%(?:25)*3a", re.IGNORECASE)
_ENCODED_PERCENT: Final = re.compile(r"%(?:25)+(?=[0-9a-f]{2})", re.IGNORECASE)

_LENGTHS: Final = ((15, "-15"), (20, "16-20"), (64, "21-64"), (sys.maxsize, "65-"))
"""Ranges of a password's length, by what the security whitepaper of 1.6 (16 to 20 bytes) and 2.x (16 to 64) ask for."""
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2}){16,20}")

_LONGEST_PLAIN_OFFER: Final = 40
_RANDOM_OFFER: Final = re.compile(r"(?=[^.]*[0-9])[^.]{20,}")
_SHORTEST_ECHO: Final = 4
_MOST_ECHOES: Final = 64
"""How many secrets of one handshake are looked for in what is echoed: a bound for peers that send thousands."""


class Masker:
    """Replaces secrets by a keyed digest of them.

    The key lives as long as the hub's process and is written nowhere: equal digests mean equal secrets within one run,
    and nobody who gets the recording can try passwords against it. One masker serves one handshake: it remembers the
    secrets that it has replaced, and finds them again in texts that echo them.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._seen: dict[str, str] = {}
        self._secret_offers: set[str] = set()

    def fresh(self) -> "Masker":
        """Return a masker for another handshake, with the same key."""
        return Masker(self._key)

    def headers(self, headers: Headers) -> Headers:
        """Return headers as they may be recorded: `Basic user=CS001 password=hmac:0f3c... form=16-20` for a login.

        The form is what `form_of` says. A line that is no header field is a digest as a whole: it may continue one
        that held a secret.
        """
        offers = [offer for name, value in headers if _key(name) == _SUBPROTOCOLS for offer in _elements(value)]
        self._secret_offers |= _secrets_among(offers)
        return tuple(self._field(name, value) for name, value in headers)

    def target(self, target: str) -> str:
        """Return a request target (or URL) without passwords and the values of parameters that are named like secrets.

        A value goes as far as the next `&` (in a path: the next `/`): what else may end one may be a part of it too.
        """
        target = _USERINFO.sub(self._userinfo, target)
        path_end = f"{target}?".index("?")
        pieces, start, at = [], 0, 0
        while match := _PARAMETER.search(target, at):
            at = match.end()
            if _SECRET_NAME.search(_decoded(match["name"])):
                end = _end_of_value(target, at, in_path=match["before"] == "/" and at <= path_end)
                pieces += [target[start:at], self._hidden(target[at:end]) if end > at else ""]
                start = at = end
        return "".join([*pieces, target[start:]])

    def text(self, text: str) -> str:
        """Return a text without the secrets that this masker has replaced before: a CSMS may echo the request."""
        for secret in sorted(self._seen, key=len, reverse=True):
            text = text.replace(secret, self._seen[secret])
        return text

    def remember(self, secret: str) -> None:
        """Take up a secret that the hub itself gives to the CSMS, which may echo it."""
        self._hidden(secret)

    def digest(self, secret: str) -> str:
        return "hmac:" + hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]

    def _hidden(self, secret: str) -> str:
        """Return a secret's digest, and remember the secret."""
        digest = self.digest(secret)
        for form in (secret, unquote(secret)):
            if len(form) >= _SHORTEST_ECHO and len(self._seen) < _MOST_ECHOES:
                self._seen.setdefault(form, digest)
        return digest

    def _field(self, name: str, value: str) -> tuple[str, str]:
        if not _FIELD_NAME.fullmatch(name):
            return self._hidden(name), self._hidden(value) if value else ""
        key = _key(name)
        if key in _NO_SECRETS:
            return name, self.text(value)
        if key == _SUBPROTOCOLS:
            return name, self._subprotocols(value)
        if _SECRET_NAME.search(name) or _CREDENTIAL.match(value):
            return name, self._credential(value)
        return name, self.text(self.target(value))

    def _credential(self, value: str) -> str:
        scheme, _, rest = value.partition(" ")
        if scheme.lower() not in _SCHEMES or not (rest := rest.strip()):
            return self._hidden(value)
        digest = self._hidden(rest)
        if scheme.lower() == "basic" and (pair := _user_and_password(rest)):
            user, password = pair
            return f"{scheme} user={user} password={self._hidden(_as_text(password))} form={form_of(password)}"
        return f"{scheme} {digest}"

    def _subprotocols(self, value: str) -> str:
        return ",".join(
            piece.replace(offer, self._hidden(offer)) if (offer := piece.strip()) in self._secret_offers else piece
            for piece in value.split(",")
        )

    def _userinfo(self, match: re.Match[str]) -> str:
        info = match["info"]
        colon = _COLON.search(info)
        kept = info[: colon.end()] if colon else ""
        return match["before"] + kept + self._hidden(info[len(kept) :]) + match["at"]


def _key(name: str) -> str:
    return name.strip().lower()


def _elements(value: str) -> list[str]:
    return [element for part in value.split(",") if (element := part.strip())]


def _decoded(name: str) -> str:
    """Decode a name that may be percent-encoded several times over."""
    return unquote(_ENCODED_PERCENT.sub("%", name))


def _end_of_value(target: str, start: int, *, in_path: bool) -> int:
    end = re.compile(r"[/?&]" if in_path else "&").search(target, start)
    return end.start() if end else len(target)


def _secrets_among(offers: Sequence[str]) -> set[str]:
    """Return the offered subprotocols that are no subprotocols: browsers have no other header to put a token into.

    It may be one offer (`base64url.bearer.TOKEN`) or follow one that announces it (`access_token, TOKEN`).
    """
    announced = {offer for before, offer in pairwise(offers) if _SECRET_NAME.search(before)}
    return {offer for offer in offers if offer in announced or _is_like_a_token(offer)} - SUBPROTOCOLS.keys()


def _is_like_a_token(offer: str) -> bool:
    if len(offer) > _LONGEST_PLAIN_OFFER or _RANDOM_OFFER.fullmatch(offer):
        return True
    return bool(_SECRET_NAME.search(offer)) or offer.startswith(("eyJ", "Basic", "basic"))


def _user_and_password(encoded: str) -> tuple[str, bytes] | None:
    """Return the two parts of a Basic credential (RFC 7617); None where it is not one."""
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (user.decode("utf-8", "replace"), password) if colon else None


def _as_text(password: bytes) -> str:
    """Return a password as text that no other password gives, also where it is no UTF-8."""
    return password.decode("utf-8", "surrogateescape")


def form_of(password: bytes) -> str:
    """Return what a recording may tell of a password: in which of four ranges its length is, and what it consists of.

    `-15`, `16-20`, `21-64` or `65-` characters (bytes, where it is no UTF-8), then `,hex` where it is
    32 to 40 hexadecimal digits, two a byte, or `,binary` where it is no UTF-8. No length is told exactly.
    """
    try:
        length, kind = len(password.decode("utf-8")), ",hex" if _HEX.fullmatch(password) else ""
    except UnicodeDecodeError:
        length, kind = len(password), ",binary"
    return next(name for longest, name in _LENGTHS if length <= longest) + kind
