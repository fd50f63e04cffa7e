"""How other machines reach a hub that listens on every address of its own."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from yarl import URL

EVERY: Final = ("0.0.0.0", "::")  # noqa: S104 - it is looked for, and nothing listens there by it
_FAR: Final = ("192.0.2.1", 9)
"""RFC 5737: for documentation. The system chooses its own address for the way there, and nothing is sent."""


def for_others(doors: Iterable[str]) -> str | None:
    """Return what stations write in the place of an address that is every address; None where no door has that."""
    for door in doors:
        url = URL(door)
        if url.host in EVERY:
            such = f", such as {url.with_host(own)}" if (own := own_address()) else ""
            return f"{url.host} is every address of this machine: stations use one of them, or its name{such}"
    return None


def own_address() -> str | None:
    """Return the IPv4 address by which this machine reaches others; None where it has no way out."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        probe.connect(_FAR)
        return str(probe.getsockname()[0])
    return None
