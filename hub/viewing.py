"""Who may watch the feed: programs on the hub's own machine, and from elsewhere those who have a token for it.

An organizer sees everything. A participant sees the sessions of their own products in full, and of others nothing: what
the feed carries are messages, and outcomes without messages are the page's. A viewer has the page, and no feed.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import Final

from aiohttp import web

from hub.event_desk import EventDesk
from hub.token_file import Failures, TokenFile
from hub.tokens import Role, Token
from matrix.safe import safe
from matrix.trace import Session

STRANGER: Final = "watching from another machine needs a token: `plugfest watch HUB-URL --token T`"
NO_PAGE: Final = "the feed is not for web pages"
UNKNOWN: Final = "the hub does not know this token: it is mistyped, or was revoked"
ONLY_THE_PAGE: Final = "this token is a viewer's, who has the hub's page, and not its feed"
NOBODYS: Final = (
    "this token is of no participant of the event, and brings no CSMS: there is nothing of its own to watch"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Eyes:
    """What one viewer sees: `sees` tells for a session; `may_stay` turns False once the token is revoked."""

    sees: Callable[[Session], bool]
    may_stay: Callable[[], bool]
    is_everything: bool = True


EVERYTHING: Final = Eyes(lambda _session: True, lambda: True)


class Viewing:
    """Lets viewers in."""

    def __init__(
        self, tokens: TokenFile | None = None, failures: Failures | None = None, desk: EventDesk | None = None
    ) -> None:
        self._tokens = tokens
        self._failures = failures or Failures()
        self._desk = desk

    def admit(self, request: web.Request) -> Eyes:
        """Return what the sender of a request may see.

        Raises:
            web.HTTPException: nothing; the text says why, and the log who was refused.
        """
        try:
            return self._admitted(request)
        except web.HTTPException as exc:
            log.info("%s may not watch: %s", request.remote, safe((exc.text or "").strip()))
            raise

    def _admitted(self, request: web.Request) -> Eyes:
        if "Origin" in request.headers:
            raise web.HTTPForbidden(text=f"{NO_PAGE}\n")
        authorization = request.headers.get("Authorization")
        if authorization is None and _is_from_here(request):
            return EVERYTHING
        token = self._token(authorization or "", request.remote or "")
        match token.role:
            case Role.ORGANIZER:
                return Eyes(EVERYTHING.sees, lambda: self._is_good(token))
            case Role.PARTICIPANT:
                return self._own(token)
            case Role.VIEWER:
                raise web.HTTPForbidden(text=f"{ONLY_THE_PAGE}\n")

    def _token(self, authorization: str, host: str) -> Token:
        scheme, _, secret = authorization.partition(" ")
        if self._tokens is None or scheme.lower() != "bearer":
            raise web.HTTPUnauthorized(text=f"{STRANGER}\n")
        if self._failures.is_too_many(host, now=monotonic()):
            raise web.HTTPTooManyRequests(text=f"too many wrong tokens came from {host}: try again in a while\n")
        token = self._tokens.tokens.match(secret.strip())
        if token is None:
            self._failures.note(host, now=monotonic())
            raise web.HTTPUnauthorized(text=f"{UNKNOWN}\n")
        return token

    def _own(self, token: Token) -> Eyes:
        if not token.csmses and not self._products_of(token):
            raise web.HTTPForbidden(text=f"{NOBODYS}\n")

        def sees(session: Session) -> bool:
            identities, csmses = self._products_of(token) or (frozenset(), frozenset())
            return session.identity in identities or session.csms in csmses or session.csms in token.csmses

        return Eyes(sees, lambda: self._is_good(token), is_everything=False)

    def _products_of(self, token: Token) -> tuple[frozenset[str], frozenset[str]] | None:
        """Return the identities and CSMSes of a token's participant, as the event has them now."""
        if self._desk is None or token.participant not in self._desk.event.participants:
            return None
        event = self._desk.event
        stations = [each for each in event.stations.values() if each.participant == token.participant]
        csmses = frozenset(name for name, each in event.csmses.items() if each.participant == token.participant)
        return frozenset(identity for each in stations for identity in each.identities), csmses

    def _is_good(self, token: Token) -> bool:
        return self._tokens is not None and self._tokens.tokens.now(token) is not None


def _is_from_here(request: web.Request) -> bool:
    return bool(request.remote) and ip_address(request.remote or "").is_loopback
