"""Whether a request comes from the hub's own machine: neither by way of a proxy, nor by a name that others may own."""

import socket
from ipaddress import ip_address
from typing import Final

from aiohttp import web
from yarl import URL

PASSED_ON: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
"""Fields of a request that a proxy has passed on: who knows where it was before."""
OWN_NAMES: Final = frozenset({"localhost", socket.gethostname().lower()})


def is_from_here(request: web.Request) -> bool:
    """Tell whether a request comes from a program on this machine.

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
