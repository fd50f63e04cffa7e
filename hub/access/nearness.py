"""Whether a request comes from the hub's own user, on the hub's own machine.

It has to come from that machine, neither by way of a proxy nor by a name that others may own; and since a proxy may say
nothing of itself, it has to show the badge of the running hub too (hub.access.badge, ADR 32).
"""

import hmac
import socket
from ipaddress import ip_address
from typing import Final

from aiohttp import web
from yarl import URL

PASSED_ON: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
"""Fields of a request that a proxy has passed on: who knows where it was before."""
BADGE: Final = web.AppKey("badge", str)
"""Where the hub's application has its badge; without one, nothing is near."""
FIELD: Final = "Plugfest-Badge"
OWN_NAMES: Final = frozenset({"localhost", socket.gethostname().lower()})


def is_from_here(request: web.Request) -> bool:
    """Tell whether a request comes from a program of the hub's own user, on this machine."""
    return is_badge(request, request.headers.get(FIELD, ""))


def is_badge(request: web.Request, shown: str) -> bool:
    """Tell whether what is shown with a request is the hub's badge, and on this machine, where alone it counts."""
    badge = request.app.get(BADGE, "")
    is_it = hmac.compare_digest(badge.encode(), shown.encode("utf-8", "surrogatepass"))
    return badge != "" and is_it and has_own_address(request)


def has_own_address(request: web.Request) -> bool:
    """Tell whether a request seems to come from this machine, which grants nothing: a silent proxy's does, too.

    A name in Host that is not this machine's own is a stranger's: a page from elsewhere may let its name lead here.
    """
    if not is_loopback(request.remote or "") or any(field in request.headers for field in PASSED_ON):
        return False
    host, _ = host_in(request.host)
    return host in OWN_NAMES or is_loopback(host)


def host_in(authority: str, scheme: str = "http") -> tuple[str, int]:
    """Return host and port that a Host field, or the part of a URL like it, names; "" and 0 where it is none."""
    try:
        url = URL(f"{scheme}://{authority}")
        return (url.host or "").lower(), url.port or 0
    except ValueError:
        return "", 0


def is_loopback(address: str) -> bool:
    """Tell whether an address is one that leads to this machine only; False for a name."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
