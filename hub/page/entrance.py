"""Who looks at the page: a browser with a token's cookie, a program that shows a token, or whom `--page` lets in.

A link leads to `/-/page/enter#TOKEN`. What follows the # does not leave the browser by itself: the page takes it out of
the address, posts it once, and the browser gets a cookie that no script can read (docs/adr: the page by token). On the
hub's own machine, a browser comes in by the hub's badge (hub.access.badge) in the same way.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
from aiohttp import web

from hub.access.nearness import BADGE, has_own_address, host_in, is_badge, is_from_here
from hub.access.refusals import WHO
from hub.access.scope import EVERYTHING, NOTHING, Scope
from hub.access.tokens import Role, Token, digest_of
from hub.access.viewing import Guest, Viewing
from hub.disturbing.control import read_order
from hub.page.seats import LASTS_S, Seats, SeatsError, load_seats, save_seats, seats_path
from hub.page.views import NOT_HERE, WHO_ARE_YOU, MaySee
from matrix.safe import safe

PATH: Final = "/-/page/enter"
LEAVE_PATH: Final = "/-/page/leave"
COOKIE_PATH: Final = "/-/page"
HALL: Final = "hall"
BEARERS: Final = ""
"""In place of a token's name, which is never empty: who has shown the hub's badge."""
ANOTHERS: Final = "only the hub's own page may do this"
FORGOTTEN: Final = "the hub knows this browser no longer: open the link that you were given again, or paste your token"
OLD_LINK: Final = (
    "the hub takes no tokens, and this link is not of this run of it: open the one that `plugfest serve` printed when"
    " it started, on the hub's own machine"
)

log = logging.getLogger(__name__)


class Credential(msgspec.Struct, forbid_unknown_fields=True):
    """What a browser posts to come in."""

    token: str


class Farewell(msgspec.Struct, forbid_unknown_fields=True):
    """What a browser posts to leave."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Says who a request is from. `may_see` is for those without a token; `viewing` returns who knows the others."""

    may_see: MaySee
    viewing: Callable[[], Viewing]
    goes_by_address: bool = False
    seats: Seats = field(default_factory=Seats)
    one_writes: asyncio.Lock = field(default_factory=asyncio.Lock)

    def guest(self, request: web.Request) -> Guest:
        """Return who looks, and at how much; with `?hall`, who sees everything sees what the hall is shown.

        Raises:
            web.HTTPException: they may see nothing; the text says why.
        """
        token = self._token(request)
        guest = Guest(NOTHING, token, self._is_near(request), HALL in request.query)
        scope = self.scope_now(guest)
        if isinstance(scope, Scope):
            return replace(guest, scope=scope)
        if token is None and _cookie(request):
            raise web.HTTPUnauthorized(text=f"{FORGOTTEN}\n")
        raise web.HTTPForbidden(text=f"{scope}\n")

    def scope_now(self, guest: Guest) -> Scope | str:
        """Return what somebody sees by now, or the sentence that says why that is nothing."""
        viewing = self.viewing()
        if guest.token is None:
            why = WHO_ARE_YOU if viewing.knows_tokens else NOT_HERE
            seen: Scope | str = self.may_see(guest.is_near, viewing.policy) or why
        else:
            seen = viewing.scope_now(guest.token)
        if guest.is_hall and seen == EVERYTHING and viewing.desk is not None:
            return viewing.policy.of_hall
        return seen

    async def enter(self, request: web.Request) -> web.Response:
        """Give a browser that shows a token its cookie."""
        _refuse_other_pages(request)
        shown = await read_order(request, Credential)
        viewing, secret = self.viewing(), shown.token.strip()
        token = _bearer_of(secret) if is_badge(request, secret) else _token_of(secret, viewing, request)
        viewing.scope_of(token)
        said = {"name": viewing.title_of(token), "role": token.role}
        response = web.json_response(said, headers={"Cache-Control": "no-store"})
        taken = self.seats.take(token, now=time.time())
        await self._keep()
        response.set_cookie(
            _name(request), taken, max_age=int(LASTS_S), path=COOKIE_PATH, httponly=True, samesite="Strict",
            secure=_is_secure(request),
        )  # fmt: skip
        return response

    async def leave(self, request: web.Request) -> web.Response:
        """Take a browser's cookie back."""
        _refuse_other_pages(request)
        await read_order(request, Farewell)
        self.seats.leave(_cookie(request))
        await self._keep()
        response = web.json_response({})
        response.del_cookie(
            _name(request), path=COOKIE_PATH, httponly=True, samesite="Strict", secure=_is_secure(request)
        )  # fmt: skip
        return response

    def _token(self, request: web.Request) -> Token | None:
        """Return the token that somebody shows, or has shown; it may be good no longer."""
        authorization = request.headers.get("Authorization", "")
        if authorization.lower().startswith("bearer "):  # anything else is for a proxy before the hub
            return self.viewing().token_in(authorization, request)
        token = self.seats.token(_cookie(request), now=time.time())
        if token is None or token.name == BEARERS:
            return None
        request[WHO] = f"token {token.name!r}"
        return self.viewing().now(token) or token

    def _is_near(self, request: web.Request) -> bool:
        """Tell whether somebody on this machine shows the badge of this run of the hub, or their browser has before."""
        if not has_own_address(request):
            return False
        shown = self.seats.token(_cookie(request), now=time.time())
        has_shown = shown is not None and shown.name == BEARERS and shown.fits(digest_of(request.app.get(BADGE, "")))
        return has_shown or is_from_here(request) or self.goes_by_address

    def remember(self) -> None:
        """Take up who had come in before the hub was started anew."""
        if path := self.viewing().token_path:
            try:
                self.seats.put_back(load_seats(seats_path(path)), now=time.time())
            except SeatsError as exc:
                log.warning("%s; browsers have to show their tokens again", safe(str(exc)))

    async def _keep(self) -> None:
        path = self.viewing().token_path
        if path is None:
            return
        try:
            async with self.one_writes:
                kept = {digest: seat for digest, seat in self.seats.by_digest.items() if seat.name != BEARERS}
                await asyncio.to_thread(save_seats, seats_path(path), kept)
        except SeatsError as exc:
            log.warning("%s; after a restart they show their tokens again", safe(str(exc)))


def _bearer_of(badge: str) -> Token:
    """Return what stands for whoever shows the hub's badge."""
    return Token(name=BEARERS, digest=digest_of(badge), role=Role.ORGANIZER)


def _token_of(secret: str, viewing: Viewing, request: web.Request) -> Token:
    """Return the token that a browser shows.

    Raises:
        web.HTTPException: it is none; where the hub knows none, the link was one by an earlier badge.
    """
    if not viewing.knows_tokens:
        raise web.HTTPUnauthorized(text=f"{OLD_LINK}\n")
    return viewing.token_of(secret, request)


def _refuse_other_pages(request: web.Request) -> None:
    """Let in what the hub's own page asks for, and programs.

    Raises:
        web.HTTPForbidden: it comes from a page of somebody else.
    """
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin" or (origin is not None and not _is_of(origin, request.host)):
        raise web.HTTPForbidden(text=f"{ANOTHERS}\n")


def _is_of(origin: str, host: str) -> bool:
    """Tell whether an origin is that of a host; its scheme may be that of a proxy."""
    scheme, _, authority = origin.partition("://")
    page = host_in(authority, scheme) if scheme in ("http", "https") else ("", 0)
    return page != ("", 0) and page == host_in(host, scheme)


def _is_secure(request: web.Request) -> bool:
    """Tell whether a browser has come by https, also where a proxy has ended it."""
    return request.secure or request.headers.get("Origin", "").startswith("https://")


def _name(request: web.Request) -> str:
    """Return what the cookie is called: ports of one host share their cookies, and may be two hubs."""
    return f"plugfest-page-{host_in(request.host)[1]}"


def _cookie(request: web.Request) -> str:
    return request.cookies.get(_name(request), "")
