"""Who may connect: what the hub itself checks of a station before its CSMS is asked."""

import base64
import binascii
import ssl
from dataclasses import dataclass
from typing import Final, Protocol

from hub.handshake.heads import RequestHead
from hub.handshake.passwords import Passwords
from hub.tls.facts import certificate_names

CHALLENGE: Final = 'WWW-Authenticate: Basic realm="plugfest", charset="UTF-8"'


@dataclass(frozen=True, slots=True)
class Rejection:
    """How a station is refused: an HTTP status, a sentence without secrets, and header fields."""

    status: int
    sentence: str
    fields: tuple[str, ...] = ()


class Authentication(Protocol):
    """Decides on an upgrade request; `tls` is None where it came in clear."""

    async def rejection(self, request: RequestHead, identity: str, tls: ssl.SSLObject | None) -> Rejection | None: ...


class OpenToAll:
    """Lets everybody in."""

    async def rejection(self, request: RequestHead, identity: str, tls: ssl.SSLObject | None) -> Rejection | None:  # noqa: ARG002 - the protocol's names
        return None


PLAIN_AT_TLS_DOOR: Final = "this port speaks TLS, and the request came without: connect to wss://, not ws://"


class WrongDoor:
    """Lets nobody in: this is HTTP where TLS is expected."""

    async def rejection(self, request: RequestHead, identity: str, tls: ssl.SSLObject | None) -> Rejection | None:  # noqa: ARG002 - the protocol's names
        return Rejection(400, PLAIN_AT_TLS_DOOR)


@dataclass(frozen=True, slots=True)
class Checked:
    """Checks what stations prove about themselves: their certificates' names, and passwords where there are any.

    A station that has shown a certificate needs no password (security profile 3).
    """

    passwords: Passwords | None = None
    checks_names: bool = True

    async def rejection(self, request: RequestHead, identity: str, tls: ssl.SSLObject | None) -> Rejection | None:
        names = certificate_names(tls) if tls is not None else None
        if names is not None:
            return _wrong_name(names, identity) if self.checks_names else None
        return await self._wrong_password(request, identity) if self.passwords else None

    async def _wrong_password(self, request: RequestHead, identity: str) -> Rejection | None:
        assert self.passwords is not None
        credentials = _user_and_password(request.field("authorization"))
        if credentials is None:
            return Rejection(
                401, "this hub checks passwords, and the request carries no Basic authentication", (CHALLENGE,)
            )
        user, password = credentials
        if user != identity.encode("utf-8", "replace"):
            sentence = f"the user name {user.decode('utf-8', 'replace')!r} is not the identity {identity!r}"
            return Rejection(401, sentence, (CHALLENGE,))
        if not await self.passwords.match(identity, password):
            return Rejection(401, f"the hub does not know {identity!r} with this password", (CHALLENGE,))
        return None


def _wrong_name(names: list[str], identity: str) -> Rejection | None:
    if identity in names:
        return None
    called = " and ".join(repr(name) for name in names[:5]) or "nobody"
    return Rejection(403, f"the station's certificate is for {called}, not for the identity {identity!r}")


def _user_and_password(field: str | None) -> tuple[bytes, bytes] | None:
    """Return the parts of a Basic credential (RFC 7617); None where there is none."""
    scheme, _, encoded = (field or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if colon else None
