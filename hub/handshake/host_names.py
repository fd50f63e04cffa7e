"""The addresses of a host, each name looked up in a thread of its own.

The event loops look names up in a few threads that all share: one CSMS whose name server is silent would keep everybody
from every CSMS, and the hub from its end, for as long as the system waits.
"""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any, Final

LOOKUP_S: Final = 5.0
"""How long somebody waits for an address; the lookup itself goes on, and may serve who asks later."""

Addresses = list[tuple[Any, ...]]
_Name = tuple[str, int]
_Lookup = asyncio.Future[Addresses]


class NoAddressError(OSError):
    """A host has no address that is known; the message says why."""


_lookups: Final[dict[tuple[asyncio.AbstractEventLoop, _Name], _Lookup]] = {}
"""Those that are going on: who asks for the same name meanwhile waits for the same answer."""


async def addresses_of(host: str, port: int) -> Addresses:
    """Return where a TCP connection to a host can be made, as `socket.getaddrinfo` does.

    Raises:
        NoAddressError: nowhere, or nobody says where.
    """
    with suppress(OSError, UnicodeError):
        return _found(host, port, socket.AI_NUMERICHOST)
    try:
        async with asyncio.timeout(LOOKUP_S):
            return await asyncio.shield(_lookup((host, port)))
    except TimeoutError:
        raise NoAddressError(f"nobody says which address {host!r} has, within {LOOKUP_S:g} s") from None
    except UnicodeError as exc:
        raise NoAddressError(f"{host!r} cannot be the name of a host") from exc
    except OSError as exc:
        raise NoAddressError(f"{host!r} has no address: {(exc.strerror or str(exc)).lower()}") from exc


def _lookup(name: _Name) -> _Lookup:
    loop = asyncio.get_running_loop()
    key = loop, name
    if key not in _lookups:
        _lookups[key] = loop.create_future()
        _lookups[key].add_done_callback(lambda done: _forget(key, done))
        threading.Thread(target=_look_up, args=(loop, _lookups[key], name), name="lookup", daemon=True).start()
    return _lookups[key]


def _forget(key: tuple[asyncio.AbstractEventLoop, _Name], done: _Lookup) -> None:
    del _lookups[key]
    if not done.cancelled():
        done.exception()  # nobody may be there any more to hear of it


def _look_up(loop: asyncio.AbstractEventLoop, lookup: _Lookup, name: _Name) -> None:
    found: Addresses | OSError | UnicodeError
    try:
        found = _found(*name)
    except (OSError, UnicodeError) as exc:
        found = exc
    with suppress(RuntimeError):  # the loop is closed, and nobody waits
        loop.call_soon_threadsafe(_settle, lookup, found)


def _settle(lookup: _Lookup, found: Addresses | OSError | UnicodeError) -> None:
    if isinstance(found, Exception):
        lookup.set_exception(found)
    else:
        lookup.set_result(found)


def _found(host: str, port: int, flags: int = 0) -> Addresses:
    return [*socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)]
