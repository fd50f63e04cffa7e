"""Who may see what on the page: the one question that its handlers ask of every request."""

from collections.abc import Callable
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

from aiohttp import web

NOT_HERE: Final = (
    "this hub shows its page on its own machine only; "
    "`plugfest serve --page outcomes` (or `everything`) shows it to others\n"
)
PASSED_ON: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
"""Fields of a request that a proxy has passed on: who knows where it was before."""


class View(StrEnum):
    """How much of an event somebody sees."""

    EVERYTHING = "everything"
    OUTCOMES = "outcomes"  # no payload, no text of a peer, numbers in the place of names


MaySee = Callable[[web.Request], View]
"""Says what a request may see; raises `web.HTTPException` where that is nothing."""


def see_everything(_request: web.Request) -> View:
    """Show everything to everybody."""
    return View.EVERYTHING


def see_outcomes(_request: web.Request) -> View:
    """Show outcomes to everybody, and who is who to nobody."""
    return View.OUTCOMES


def see_from_here(request: web.Request) -> View:
    """Show everything to browsers on this machine, and nothing to others.

    A name in Host that is not this machine's own is refused, too: a page from elsewhere may let its name lead here.

    Raises:
        web.HTTPForbidden: it comes from elsewhere, or may have.
    """
    is_near = _is_loopback(request.remote or "") and not any(field in request.headers for field in PASSED_ON)
    if is_near and (request.url.host == "localhost" or _is_loopback(request.url.host or "")):
        return View.EVERYTHING
    raise web.HTTPForbidden(text=NOT_HERE)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
