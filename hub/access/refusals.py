"""Every refusal in the log: who wanted what from where, and why not; so many a minute, and how many were left out."""

import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import orjson
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from hub.access.tokens import PREFIX
from hub.throttle import Throttle
from matrix.safe import safe

REFUSED: Final = frozenset({401, 403, 429})
WHO: Final = web.RequestKey("who", str)
"""Where a request keeps whose it is, once that is known: a token's name."""
HIDDEN: Final = web.RequestKey("hidden", str)
"""Where a request keeps why it is answered as if there were nothing: only the log tells."""
LONGEST: Final = 200
_SECRET: Final = re.compile(f"{PREFIX}[A-Za-z0-9_-]+")

log = logging.getLogger(__name__)


class Refusals:
    """Writes refusals into the log. Whoever is refused a thousand times fills no disk."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._throttle = Throttle()
        self._clock = clock
        self._left_out = 0

    def note(self, who: str, address: str, what: str, why: str) -> None:
        """Tell a refusal, or count it where the same one, but for what follows a `?`, or enough others were told."""
        refusal = "\0".join((who, what.partition("?")[0], why))
        if self._throttle.admits(address, refusal, now=self._clock()) is None:
            self._left_out += 1
            return
        more = f" ({self._left_out} more were refused since the last such line)" if self._left_out else ""
        self._left_out = 0
        shown = (_shown(who or "somebody"), _shown(address), _shown(what), _shown(why))
        log.info("refused: %s from %s, %s: %s%s", *shown, more)


class Unreadable(logging.Filter):
    """Makes a line of what aiohttp logs with a traceback: that a request cannot be read. Once a minute and host."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._throttle = Throttle()
        self._clock = clock

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything else through as it is."""
        exc = record.exc_info[1] if record.exc_info else None
        if not isinstance(exc, HttpProcessingError):
            return True
        host = str(record.args[0]) if isinstance(record.args, tuple) and record.args else "somewhere"
        if self._throttle.admits(host, "unreadable", now=self._clock()) is not None:
            why = " ".join(exc.message.split())
            log.info("a request from %s for the hub itself cannot be read: %s", _shown(host), _shown(why))
        return False


APP_LOG: Final = logging.getLogger("hub.app")
"""What aiohttp has to say of requests for the hub itself."""
APP_LOG.addFilter(Unreadable())


def noting_refusals(refusals: Refusals | None = None) -> Middleware:
    """Return the middleware that sees all that an application refuses, whichever handler does it."""
    book = refusals or Refusals()

    @web.middleware
    async def note_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as exc:
            _note(book, request, exc.status, exc.text)
            raise
        _note(book, request, response.status, response.text if isinstance(response, web.Response) else "")
        return response

    return note_refusals


def _note(book: Refusals, request: web.Request, status: int, text: str | None) -> None:
    why = request.get(HIDDEN, "") or (_sentence(text or "") if status in REFUSED else "")
    if why:
        what = f"{request.method} {request.path_qs}"
        book.note(request.get(WHO, ""), request.remote or "somewhere", what, why.strip())


def _sentence(text: str) -> str:
    """Return why somebody was refused, also where that is in a JSON object for a program."""
    with suppress(orjson.JSONDecodeError):
        match orjson.loads(text):
            case {"error": str(why)}:
                return why
    return text


def _shown(text: str) -> str:
    """Return a text for the log: no secret, whoever put one into an address, and nothing that acts on a terminal."""
    return safe(_SECRET.sub(f"{PREFIX}...", text), LONGEST)
