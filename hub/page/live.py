"""The board as viewers of the page follow it: each gets what has changed since what it has.

A viewer is behind by any number of changes; what it is sent is one event that brings it up to date. So nothing is kept
for a slow one, and all that are equally far share the bytes.
"""

import asyncio
from typing import Final

from hub.page.pipe import Change

MOST_GONE: Final = 1_000
"""Pairs that are remembered as gone; who has seen more of them than that gets the whole board anew."""


class Live:
    """The board as one scope has it, and its version, which counts changes."""

    def __init__(self) -> None:
        self.version = 0
        self._pairs: dict[str, tuple[int, bytes]] = {}
        self._gone: dict[str, int] = {}
        self._status = b"{}"
        self._clock = b"null"
        self._whole_before = 1
        self._news = asyncio.Event()
        self._events: dict[int, bytes] = {}

    def take(self, change: Change) -> None:
        """Take up a change, and wake who waits for one."""
        self.version += 1
        if change.is_whole:
            self._pairs.clear()
            self._forget_gone()
        for pair in change.gone:
            if self._pairs.pop(pair, None):
                self._gone[pair] = self.version
        for pair, body in change.pairs.items():
            self._pairs[pair] = (self.version, body)
            self._gone.pop(pair, None)
        self._status = change.status
        if len(self._gone) > MOST_GONE:
            self._forget_gone()
        self._wake()

    def put_clock(self, clock: bytes) -> None:
        """Tell which round is on, as JSON, where that is another one than before."""
        if clock != self._clock:
            self._clock = clock
            if self.version:  # who has no board yet gets it with the board
                self.version += 1
                self._wake()

    def since(self, version: int) -> bytes:
        """Return the JSON that leads from a version to this one; a version that is not known leads from nothing."""
        known = version if self._whole_before <= version <= self.version else 0
        if known not in self._events:
            self._events[known] = self._event(known)
        return self._events[known]

    async def after(self, version: int) -> None:
        """Return once there is another version than this one."""
        while self.version == version:
            await self._news.wait()

    def _event(self, version: int) -> bytes:
        pairs = b",".join(body for since, body in self._pairs.values() if since > version)
        gone = b",".join(b'"%b"' % pair.encode() for pair, since in self._gone.items() if 0 < version < since)
        whole = b"false" if version else b"true"
        rest = whole, pairs, gone, self._status, self._clock
        return b'{"whole":%b,"pairs":[%b],"gone":[%b],"status":%b,"round":%b}' % rest

    def _wake(self) -> None:
        self._events.clear()
        self._news.set()
        self._news = asyncio.Event()

    def _forget_gone(self) -> None:
        self._gone.clear()
        self._whole_before = self.version
