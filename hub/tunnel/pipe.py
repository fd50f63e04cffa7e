"""Bytes between two connections as they are: with back-pressure, half-closes as far as the two can, and resets."""

import asyncio
import errno
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any, Final

from hub.handshake.dial import HeadReader
from hub.tunnel.flow import Count
from hub.tunnel.words import How
from hub.writing.calling_back import is_of_ours

UNSENT_BYTES: Final = 64 << 10
"""What may wait for a slow reader before the other connection is not read from."""

_LINGER_NOT_AT_ALL: Final = struct.pack("ii", 1, 0)
_PATH_ERRORS: Final = frozenset(
    {errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
)

Tell = Callable[[How, Exception | None], Coroutine[Any, Any, None]]
"""Tells the hub how the local side has left, by which error if any, and returns once it knows."""


class End(asyncio.Protocol):
    """One of the two connections; `other` takes what it sends."""

    other: "End"

    def __init__(self, reader: HeadReader, left: Callable[["End", Exception | None], None]) -> None:
        self.transport = reader.transport
        self.received = 0
        self.exception: Exception | None = None
        self.is_lost = False
        self.is_held = False
        self.has_ended = False
        self.was_told = False
        self._reader = reader
        self._left = left
        if not self.transport.is_closing():  # uvloop lets nobody touch one that is gone already
            self.transport.set_write_buffer_limits(UNSENT_BYTES)

    def take_over(self) -> None:
        """Become the connection's protocol, and go on where its reader stopped."""
        self._reader.give_way(self)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if not self.other.is_lost:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        if not self.has_ended:
            self.has_ended = True
            self._left(self, None)
        # TLS has no half-close here: the event loop closes the transport whatever this returns, and would warn.
        return self.transport.can_write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self.has_ended = True
        self.exception = exc
        self._left(self, exc)

    def pause_writing(self) -> None:
        if not self.other.is_lost:
            self.other.is_held = True
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        self.other.is_held = False
        if not self.other.is_lost and not self.other.has_ended:
            self.other.transport.resume_reading()

    def end(self) -> None:
        """End the stream to its peer, which may go on sending where that is possible."""
        if self.is_lost or self.transport.is_closing() or self.was_told:
            return
        self.was_told = True
        if self.transport.can_write_eof() and not self.has_ended:
            self.transport.write_eof()
        else:
            self.transport.close()

    def close(self) -> None:
        """Close it, once what was written is sent."""
        if not self.is_lost:
            self.transport.close()

    def reset(self) -> None:
        """Break it off, as the other one broke."""
        if not self.is_lost:
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
            self.transport.abort()


class Pipe:
    """A connection to the hub and one to a local peer, each taking what the other sends.

    How the local peer leaves is told to the hub before it is passed on: a tunnel that breaks looks different then.
    """

    def __init__(self, hub: HeadReader, local: HeadReader, tell: Tell) -> None:
        self.hub = End(hub, self._hub_left)
        self.local = End(local, self._local_left)
        self.hub.other, self.local.other = self.local, self.hub
        self._tell = tell
        self._telling: asyncio.Task[None] | None = None
        self._endings: list[Callable[[], None]] = []
        self._is_over = asyncio.Event()
        self._is_aborted = False

    @property
    def count(self) -> Count:
        """What has crossed the connection to the hub, as it is compared with what the hub counts."""
        return Count(given=self.local.received, taken=self.hub.received, is_full=self.hub.is_held)

    async def run(self) -> None:
        """Pass bytes until both connections are gone."""
        self.local.take_over()
        self.hub.take_over()
        try:
            await self._is_over.wait()
        finally:
            self.abort()
            if self._telling is not None:
                self._telling.cancel()
                await asyncio.gather(self._telling, return_exceptions=True)

    def abort(self) -> None:
        """Break both off, since there is no tunnel any more."""
        self._is_aborted = True
        self.local.reset()
        self.hub.reset()

    def _hub_left(self, hub: End, exc: Exception | None) -> None:
        self._pass_on(hub, exc)
        self._note_end()

    def _local_left(self, local: End, exc: Exception | None) -> None:
        if self._is_aborted:
            self._note_end()
            return
        self._endings.append(lambda: self._pass_on(local, exc))
        if self._telling is None:
            self._telling = asyncio.get_running_loop().create_task(self._tell_and_pass_on(exc))
        elif self._telling.done():
            self._pass_endings_on()
        self._note_end()

    async def _tell_and_pass_on(self, exc: Exception | None) -> None:
        if not self.hub.is_lost:
            await self._tell(_how(exc), exc)
        self._pass_endings_on()

    def _pass_endings_on(self) -> None:
        endings, self._endings = self._endings, []
        for end in endings:
            end()

    def _pass_on(self, side: End, exc: Exception | None) -> None:
        """Do to the other connection what was done to this one."""
        if exc is not None:
            side.other.reset()
        elif side.is_lost:
            side.other.close()
        else:
            side.other.end()

    def _note_end(self) -> None:
        if self.hub.is_lost and self.local.is_lost:
            self._is_over.set()


def _how(exc: Exception | None) -> How:
    if exc is None:
        return How.FIN
    is_path = is_of_ours(exc) or (isinstance(exc, OSError) and exc.errno in _PATH_ERRORS)
    return How.PATH if is_path else How.RESET
