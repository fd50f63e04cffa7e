"""A control connection, at either end: words out in order, words in, and a deadline for hearing nothing."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Final

from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.web import WebSocketResponse

from hub.errors import HubError
from hub.tunnel.words import Bye, OfAgent, OfHub, Ping, Pong, Timing, Why, WordsError, encode

MOST_WAITING: Final = 10_000
"""How many words may wait for a side that takes none, before it is taken for gone."""
COMPLAINT_S: Final = 1.0

Word = OfAgent | OfHub


class LinkError(HubError):
    """The other side said nothing that could be understood, or left first; the message says which."""


class SilentError(LinkError):
    """Nothing was heard from the other side until the deadline: the path is broken, or as good as that."""


class PartedError(LinkError):
    """The other side said that it parts, and why."""

    def __init__(self, bye: Bye) -> None:
        super().__init__(bye.text)
        self.bye = bye


class Link:
    """A WebSocket that is spoken through from `first` or `run` on, until `run` ends."""

    def __init__(
        self, socket: WebSocketResponse | ClientWebSocketResponse, decode: Callable[[bytes], Any], timing: Timing
    ) -> None:
        self.round_trip_s: float | None = None
        self._socket = socket
        self._decode = decode
        self._timing = timing
        self._words: asyncio.Queue[Word | None] = asyncio.Queue(MOST_WAITING)
        self._overflowed = asyncio.Event()
        self._heard_at = monotonic()
        self._pinged_at: dict[int, float] = {}

    def say(self, word: Word) -> None:
        """Send a word, after those before it."""
        try:
            self._words.put_nowait(word)
        except asyncio.QueueFull:
            self._overflowed.set()

    def part(self, bye: Bye) -> None:
        """Send a last word, and end."""
        self.say(bye)
        with suppress(asyncio.QueueFull):
            self._words.put_nowait(None)

    async def first(self) -> Any:
        """Return the first word of the other side.

        Raises:
            PartedError: it is a good-bye.
            LinkError: there is none in time, or it cannot be read.
        """
        try:
            async with asyncio.timeout(self._timing.hello_s):
                word = await self._next()
        except WordsError as exc:
            await self._complain(exc)
            raise LinkError(str(exc)) from exc
        except TimeoutError as exc:
            raise SilentError(f"it said nothing for {self._timing.hello_s:g} s") from exc
        if isinstance(word, Bye):
            raise PartedError(word)
        return word

    async def run(self, hear: Callable[[Any], None], report: Callable[[], Word] | None = None) -> None:
        """Speak and listen until the other side is gone, or `part` has ended it, which is no error.

        What `report` returns is said with each ping.

        Raises:
            PartedError: the other side has ended it.
            SilentError: nothing was heard for too long.
            LinkError: it left, or cannot be understood.
        """
        self._heard_at = monotonic()
        works = [self._write(), self._keep(report), self._read(hear), self._burst()]
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _write(self) -> None:
        while (word := await self._words.get()) is not None:
            try:
                await self._socket.send_bytes(encode(word))
            except (ConnectionError, RuntimeError) as exc:  # RuntimeError: the socket is closing
                raise LinkError("its connection ended") from exc

    async def _keep(self, report: Callable[[], Word] | None) -> None:
        number = 0
        while (silent_s := monotonic() - self._heard_at) < self._timing.deadline_s:
            number += 1
            self._pinged_at = {number: monotonic()}
            self.say(Ping(number))
            if report is not None:
                self.say(report())
            await self._pause(min(self._timing.keepalive_s, max(self._timing.deadline_s - silent_s, 0.001)))
        raise SilentError(f"nothing was heard for {self._timing.deadline_s:g} s")

    async def _pause(self, seconds: float) -> None:
        """Wait. What it takes beyond that, as this program did not run or was busy, is not the other side's silence."""
        due = monotonic() + seconds
        await asyncio.sleep(seconds)
        now = monotonic()
        self._heard_at = min(self._heard_at + max(now - due, 0.0), now)

    async def _read(self, hear: Callable[[Any], None]) -> None:
        while True:
            try:
                word = await self._next()
            except WordsError as exc:
                await self._complain(exc)
                raise LinkError(str(exc)) from exc
            self._heard_at = monotonic()
            match word:
                case Ping(number):
                    self.say(Pong(number))
                case Pong(number):
                    self._note_round_trip(number)
                case Bye():
                    raise PartedError(word)
                case _:
                    hear(word)

    async def _complain(self, exc: WordsError) -> None:
        with suppress(ConnectionError, RuntimeError, TimeoutError):
            async with asyncio.timeout(COMPLAINT_S):
                await self._socket.send_bytes(encode(Bye(Why.GARBLED, str(exc))))

    async def _burst(self) -> None:
        await self._overflowed.wait()
        raise LinkError(f"it took none of {MOST_WAITING} messages")

    async def _next(self) -> Any:
        message = await self._socket.receive()
        if message.type is WSMsgType.BINARY:
            return self._decode(message.data)
        if message.type is WSMsgType.TEXT:
            raise WordsError("it is a text frame")
        raise LinkError("its connection ended") from self._socket.exception()

    def _note_round_trip(self, number: int) -> None:
        if pinged_at := self._pinged_at.pop(number, None):
            self.round_trip_s = monotonic() - pinged_at
