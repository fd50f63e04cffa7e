"""Values of options as they are typed, read: what cannot be used is told with its option."""

import re
from collections.abc import Iterable
from typing import Final

from hub.errors import HubError
from hub.handshake.admission import ANY_ORIGIN
from hub.handshake.switchboard import shown_url

NO_HOSTS: Final = (ANY_ORIGIN, "null", "file://")
"""What may be allowed beside a scheme and a host; `file://` is what arduinoWebSockets sends, and so many stations."""
_ORIGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\s]+/?")


class OptionError(HubError):
    """An option's value that cannot be used; the message names the option and the value."""


def host_and_port(listen: str, option: str = "--listen") -> tuple[str, int]:
    """Read HOST:PORT, [IPv6]:PORT or PORT.

    Raises:
        OptionError: it is none of these.
    """
    host, _, port = listen.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise OptionError(f"{option} wants HOST:PORT, got {listen!r}")
    return host.strip("[]") or "127.0.0.1", int(port)


def origin_of(origin: str) -> str:
    """Return an origin as RFC 6454 writes it.

    Raises:
        OptionError: it is none.
    """
    if origin in NO_HOSTS or _ORIGIN.fullmatch(origin):
        return origin
    raise OptionError(f"--allow-origin wants an origin such as https://host or http://host:8080, or *, got {origin!r}")


def names_and_urls(options: Iterable[str]) -> dict[str, str]:
    """Read NAME=URL options.

    Raises:
        OptionError: one is not like that, or a name comes twice.
    """
    found: dict[str, str] = {}
    for option in options:
        name, equals, url = option.partition("=")
        if not equals or not name or not url:
            raise OptionError(f"--csms wants NAME=URL, got {shown_url(option)!r}")
        if name in found:
            raise OptionError(f"--csms names {name!r} twice: {shown_url(found[name])!r} and {shown_url(url)!r}")
        found[name] = url
    return found
