"""The browsers that follow the board in one scope, served together: the same bytes into one connection after another.

A connection that has not taken what it was given last is passed over, and is given all that it has missed at once
later: nothing queues up for a slow one. Bytes are written straight to the transports, since a task and a writer for
each browser cost the relay's loop several times as much.
"""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Final

import msgspec

from hub.access.viewing import Guest
from hub.page.live import Live

QUIET_S: Final = 15.0
"""After this long without news a comment is sent: proxies close connections that say nothing."""
LOOK_AGAIN_S: Final = 1.0
"""How soon is looked again at who was passed over."""
TAKES_S: Final = 60.0
"""A viewer that takes nothing for this long is let go."""
AT_ONCE: Final = 32
"""Viewers that are served before the relay has its turn again."""
_COMMENT: Final = b": nothing new\n\n"


@dataclass(eq=False, slots=True)
class Viewer:
    """A browser, who looks in it, the version that it has, and since when it has not taken anything (0.0: it has)."""

    transport: asyncio.WriteTransport
    guest: Guest
    version: int
    slow_since: float = 0.0
    told_at: float = 0.0
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    def leave(self, why: str = "") -> None:
        """Let go of it; with a sentence, it is told why, and does not come again."""
        if why and not self.transport.is_closing():
            told = msgspec.json.encode({"why": why})
            self.transport.write(_framed(b"event: farewell\ndata: %b\n\n" % told))
        self.is_over.set()


class Audience:
    """All who follow the board in one scope. `epoch` tells its versions from those of any other one."""

    def __init__(self, live: Live) -> None:
        self.viewers: set[Viewer] = set()
        self.epoch = secrets.token_hex(4)
        self._live = live
        self._chunks: dict[int, bytes] = {}
        self._chunks_of = -1

    def join(self, transport: asyncio.WriteTransport, guest: Guest, version: int) -> Viewer:
        """Serve a browser that has a version; its response's head has been written."""
        viewer = Viewer(transport, guest, version, told_at=time.monotonic())
        self.viewers.add(viewer)
        self._serve(viewer, time.monotonic())
        return viewer

    async def run(self) -> None:
        """Serve whoever has joined, until this is cancelled."""
        while True:
            version = self._live.version
            await self._serve_all()
            try:
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await self._live.after(version)
            except TimeoutError:
                continue

    async def _serve_all(self) -> None:
        now = time.monotonic()
        for number, viewer in enumerate([*self.viewers]):
            self._serve(viewer, now)
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)

    def _serve(self, viewer: Viewer, now: float) -> None:
        if viewer.transport.is_closing():
            viewer.leave()
        elif viewer.transport.get_write_buffer_size():
            self._pass_over(viewer, now)
        elif viewer.version != self._live.version:
            viewer.transport.write(self._chunk(viewer.version))
            viewer.version, viewer.slow_since, viewer.told_at = self._live.version, 0.0, now
        elif now - viewer.told_at > QUIET_S:
            viewer.transport.write(_framed(_COMMENT))
            viewer.slow_since, viewer.told_at = 0.0, now

    def _pass_over(self, viewer: Viewer, now: float) -> None:
        viewer.slow_since = viewer.slow_since or now
        if now - viewer.slow_since > TAKES_S:
            viewer.transport.abort()
            viewer.leave()

    def _chunk(self, version: int) -> bytes:
        """Return the event that leads from a version to the latest, framed for the wire; made once for all."""
        latest = self._live.version
        if self._chunks_of != latest:
            self._chunks, self._chunks_of = {}, latest
        if version not in self._chunks:
            event = b"id: %b-%d\nevent: board\ndata: %b\n\n" % (self.epoch.encode(), latest, self._live.since(version))
            self._chunks[version] = _framed(event)
        return self._chunks[version]


def _framed(event: bytes) -> bytes:
    """Return a chunk of a chunked body (RFC 9112 §7.1)."""
    return b"%x\r\n%b\r\n" % (len(event), event)
