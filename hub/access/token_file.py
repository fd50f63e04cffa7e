"""A token file as a running hub has it: read again when it changes, and the failures of those who have no token."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hub.access.tokens import Token, TokenError, Tokens, read_tokens
from matrix.safe import safe

LOOK_S: Final = 1.0

log = logging.getLogger(__name__)


class TokenFile:
    """The tokens of the moment. A broken edit is refused, and the tokens stay as they were.

    Raises, when made:
        TokenError: the file cannot be used.
    """

    def __init__(self, path: Path, *, look_s: float = LOOK_S) -> None:
        self.path = path
        self.tokens: Tokens = read_tokens(path)
        self._look_s = look_s
        self._seen = self._stamp()
        self._is_news = False

    async def follow(self, changed: Callable[[], object]) -> None:
        """Look after the file for good, and call back when there are other tokens."""
        while True:
            await asyncio.sleep(self._look_s)
            self.look()
            if self._is_news:
                self._is_news = False
                changed()

    def look(self) -> None:
        """Read the file again now where it has changed, for somebody who was given a token a moment ago."""
        if (stamp := self._stamp()) != self._seen:
            self._seen = stamp
            self._is_news |= self._read_again()

    def _read_again(self) -> bool:
        try:
            self.tokens = read_tokens(self.path)
        except TokenError as exc:
            log.error("the tokens stay as they were: %s", safe(str(exc)))  # noqa: TRY400 - a mistake in a file, no bug
            return False
        log.info("%s was read again: %d tokens", self.path, len(self.tokens.by_name))
        return True

    def _stamp(self) -> tuple[int, int, int]:
        try:
            status = self.path.stat()
        except OSError:
            return 0, 0, 0
        return status.st_mtime_ns, status.st_size, status.st_ino


class Failures:
    """How often an address may fail: `most` at once, and one more every `again_s`. Does no I/O, and reads no clock."""

    def __init__(self, most: int = 10, again_s: float = 6.0, *, most_known: int = 4_096) -> None:
        self._most = most
        self._again_s = again_s
        self._most_known = most_known
        self._paid_until: dict[str, float] = {}

    def is_too_many(self, address: str, *, now: float) -> bool:
        """Tell whether an address has to wait before anything it shows is looked at."""
        return self._paid_until.get(address, now) - now > (self._most - 1) * self._again_s

    def note(self, address: str, *, now: float) -> None:
        """Count a failure. Of very many addresses, the ones that failed longest ago are forgotten."""
        paid_until = max(self._paid_until.pop(address, now), now) + self._again_s
        self._paid_until[address] = paid_until
        if len(self._paid_until) > self._most_known:
            del self._paid_until[next(iter(self._paid_until))]


def allows(token: Token, csmses: set[str], *, stations: bool) -> str | None:
    """Say what a token does not allow of what its agent wants to bring; None where it allows all of it."""
    if refused := sorted(csmses - {*token.csmses}):
        names = ", ".join(map(repr, token.csmses)) or "none"
        return f"the token {token.name!r} is not for the CSMS {refused[0]!r}; it is for {names}"
    if stations and not token.may_bring_stations:
        return f"the token {token.name!r} brings no stations: the organizer allows it by `stations = true`"
    return None
