"""Who may see and do what: who shows the hub's badge everything, and others what their token is good for.

The badge (hub.access.badge) is for programs of the hub's own user, on its own machine. An organizer sees everything. A
participant sees the sessions of their own products whole, and of others what the event shows them (hub.access.scope). A
viewer sees what the hall sees. The feed carries messages, so that whoever is shown outcomes only has the page, and no
feed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

from aiohttp import web

from hub.access.nearness import is_from_here
from hub.access.refusals import WHO
from hub.access.scope import EVERYTHING, Scope, ViewingPolicy
from hub.access.token_file import Failures, TokenFile
from hub.access.tokens import Role, Token
from hub.events.desk import EventDesk
from hub.events.event import EventFile
from matrix.trace import Session

NEARBY: Final = (
    "this is for programs of the hub's own user on its own machine: they show the badge that is beside the recording,"
    " which nobody else can read"
)
STRANGER: Final = (
    "watching needs a token: `plugfest watch HUB-URL --token T`; only the hub's own user, on its own machine, does"
    " without, by the badge beside the recording"
)
NO_PAGE: Final = "the feed is not for web pages"
NO_ORDERS: Final = "this is not for web pages"
UNKNOWN: Final = "the hub does not know this token: it is mistyped, or was revoked"
ONLY_THE_PAGE: Final = "this token is a viewer's, who has the hub's page, and not its feed"
NOBODYS: Final = (
    "this token is of no participant of the event, and brings no CSMS: there is nothing of its own to watch"
)
FROM_ELSEWHERE: Final = (
    "this is for programs of the hub's own user on its own machine, by the badge beside the recording; for others it"
    " takes wss://, and an organizer's token made by `plugfest tokens add NAME --role organizer --moves`"
)
ONLY_TO_LOOK: Final = (
    "this token is to look with: `plugfest tokens add NAME --role organizer --moves` makes one that moves stations"
)
OVERHEARD: Final = (
    "this token moves stations, and was shown without TLS at the hub's own door, where others may read it: revoke it"
    " (`plugfest tokens revoke NAME`), and show another one at wss:// or https:// only"
)
REVOKED: Final = "this token was revoked"
CHANGED: Final = "what this token is good for has changed"
NO_POLICY: Final = ViewingPolicy()

Own = tuple[frozenset[str], frozenset[str]]
"""Identities of stations, and names of CSMSes."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who looks at the page, and at how much; `token` is None for whom the hub lets in without one.

    `is_near` says that the browser has shown the hub's badge on its machine, `is_hall` that it shows the hall's screen.
    """

    scope: Scope
    token: Token | None = None
    is_near: bool = False
    is_hall: bool = False


@dataclass(frozen=True, slots=True)
class Eyes:
    """What one watcher of the feed sees: `sees` tells for a session, `leaves` why it has to go ("": it may stay).

    `is_everything` says that these are all sessions, `is_organizers` that the event's own affairs are seen, too.
    """

    sees: Callable[[Session], bool]
    leaves: Callable[[], str]
    is_everything: bool = True
    is_organizers: bool = False


ALL_SEEING: Final = Eyes(lambda _session: True, lambda: "", is_organizers=True)


class Viewing:
    """Lets viewers in, and says what they see, by the tokens and the event of the moment."""

    def __init__(
        self, tokens: TokenFile | None = None, failures: Failures | None = None, desk: EventDesk | None = None
    ) -> None:
        self.desk = desk
        self._owned: dict[Token, tuple[EventFile | None, Own]] = {}
        self._tokens = tokens
        self._failures = failures or Failures()

    @property
    def knows_tokens(self) -> bool:
        """True where anybody may come with a token."""
        return self._tokens is not None

    @property
    def token_path(self) -> Path | None:
        """The token file; None where nobody comes with a token."""
        return self._tokens.path if self._tokens else None

    @property
    def policy(self) -> ViewingPolicy:
        """What the event shows to whom."""
        return self.desk.event.viewing if self.desk else NO_POLICY

    def admit(self, request: web.Request) -> Eyes:
        """Return what the sender of a request may see of the feed.

        Raises:
            web.HTTPException: nothing; the text says why.
        """
        if "Origin" in request.headers:
            raise web.HTTPForbidden(text=f"{NO_PAGE}\n")
        authorization = request.headers.get("Authorization")
        if authorization is None and is_from_here(request):
            return ALL_SEEING
        token = self.token_in(authorization or "", request)
        scope = self.scope_of(token)
        if scope == EVERYTHING:
            is_organizers = token.role is Role.ORGANIZER
            return Eyes(ALL_SEEING.sees, lambda: self._why_not(token, scope), is_organizers=is_organizers)
        if token.role is Role.VIEWER:
            raise web.HTTPForbidden(text=f"{ONLY_THE_PAGE}\n")
        return Eyes(lambda session: self._owns(token, session), lambda: self._why_not(token), is_everything=False)

    def admit_order(self, request: web.Request) -> None:
        """Let in who may move stations and set the clock of the rounds: the hub's badge, and tokens over TLS.

        Raises:
            web.HTTPException: somebody may not; the text says why.
        """
        if "Origin" in request.headers:
            raise web.HTTPForbidden(text=f"{NO_ORDERS}\n")
        if is_from_here(request):
            return
        if not request.secure:  # also where a token is shown: whoever listens has it
            raise web.HTTPForbidden(text=f"{FROM_ELSEWHERE}\n")
        authorization = request.headers.get("Authorization")
        if authorization is None:
            raise web.HTTPUnauthorized(text=f"{FROM_ELSEWHERE}\n")
        if not self.token_in(authorization, request).may_move:
            raise web.HTTPForbidden(text=f"{ONLY_TO_LOOK}\n")

    def token_in(self, authorization: str, request: web.Request) -> Token:
        """Return the token of an Authorization field.

        Raises:
            web.HTTPException: there is none, it is wrong, or its sender has guessed too often.
        """
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise web.HTTPUnauthorized(text=f"{STRANGER}\n")
        return self.token_of(secret.strip(), request)

    def token_of(self, secret: str, request: web.Request) -> Token:
        """Return the token that a secret is.

        Raises:
            web.HTTPException: it is wrong, or its sender has guessed too often.
        """
        host = request.remote or ""
        if self._tokens is None:
            raise web.HTTPUnauthorized(text=f"{STRANGER}\n")
        if self._failures.is_too_many(host, now=monotonic()):
            raise web.HTTPTooManyRequests(text=f"too many wrong tokens came from {host}: try again in a while\n")
        token = self._tokens.tokens.match(secret)
        if token is None:
            self._failures.note(host, now=monotonic())
            raise web.HTTPUnauthorized(text=f"{UNKNOWN}\n")
        request[WHO] = f"token {token.name!r}"
        if token.may_move and not request.secure and not is_from_here(request):
            raise web.HTTPForbidden(text=f"{OVERHEARD}\n")  # whoever listens could move stations by it
        return token

    def now(self, token: Token) -> Token | None:
        """Return a token as it is now; None where it is good no longer."""
        return self._tokens.tokens.now(token) if self._tokens else None

    def scope_of(self, token: Token) -> Scope:
        """Return what a token lets somebody see.

        Raises:
            web.HTTPForbidden: it is a participant's, of whom nothing is there.
        """
        match token.role:
            case Role.ORGANIZER:
                return EVERYTHING
            case Role.VIEWER:
                return self.policy.of_hall
            case Role.PARTICIPANT:
                if not token.csmses and not self._takes_part(token):
                    raise web.HTTPForbidden(text=f"{NOBODYS}\n")
                return self.policy.of_participant(*self._own(token))

    def scope_now(self, token: Token) -> Scope | str:
        """Return what a token of an earlier reading lets somebody see by now, or why that is nothing."""
        now = self.now(token)
        if now is None:
            return REVOKED
        try:
            return self.scope_of(now)
        except web.HTTPForbidden as exc:
            return (exc.text or "").strip()

    def title_of(self, token: Token) -> str:
        """Return what its holder is called; peer text of the event's."""
        known = self.desk.event.participants.get(token.participant) if self.desk else None
        return known.vendor if known else token.name

    def _why_not(self, token: Token, scope: Scope | None = None) -> str:
        """Say why somebody may watch no longer; `scope` is what they were shown, where that must stay so."""
        now = self.now(token)
        if now is None:
            return REVOKED
        if now != token or (scope is not None and self.scope_of(now) != scope):
            return CHANGED
        return ""

    def _owns(self, token: Token, session: Session) -> bool:
        identities, csmses = self._own(token)
        return session.identity in identities or session.csms in csmses

    def _takes_part(self, token: Token) -> bool:
        return self.desk is not None and token.participant in self.desk.event.participants

    def _own(self, token: Token) -> Own:
        """Return the identities and CSMSes of a token's participant, as the event has them now."""
        event = self.desk.event if self.desk else None
        known = self._owned.get(token)
        if known is None or known[0] is not event:
            known = self._owned[token] = event, _own_of(token, event)
        return known[1]


def _own_of(token: Token, event: EventFile | None) -> Own:
    """Return whose sessions are a token's own: it may bring CSMSes without an event, too."""
    if event is None or token.participant not in event.participants:
        return frozenset(), frozenset(token.csmses)
    stations = [each for each in event.stations.values() if each.participant == token.participant]
    csmses = [name for name, each in event.csmses.items() if each.participant == token.participant]
    return frozenset(name for each in stations for name in each.identities), frozenset([*csmses, *token.csmses])
