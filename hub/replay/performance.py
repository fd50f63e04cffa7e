"""One session on its stage: a player, the link to the live peer, and the time."""

import asyncio
import time

from hub.replay.link import Link
from hub.replay.origin import mark_improvised
from hub.replay.plan import Told
from hub.writing.recorder import Recorder
from matrix.replay.player import Player


class Performance:
    """Plays one session to its end."""

    def __init__(self, player: Player, link: Link, recorder: Recorder) -> None:
        self._player = player
        self._link = link
        self._recorder = recorder
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._marked = 0
        link.hear, link.ended, link.when_writable = self._hear, player.closed, self._go_on

    async def play(self, identity: str, told: Told) -> None:
        """Return once the session has ended, or is to be ended; `told` is called with what came of it, either way.

        `identity` is the station's as it is now.
        """
        self._go_on()
        try:
            await self._link.gone
        except asyncio.CancelledError:
            self._player.closed("the replay was stopped")
            self._link.abort("the replay was stopped")
            raise
        finally:
            if self._timer:
                self._timer.cancel()
            told(self._player.report(self._link.session, identity))

    def _hear(self, message: str | bytes) -> None:
        self._player.heard(message, time.time_ns())
        self._go_on()

    def _go_on(self) -> None:
        """Do what is to be done now, and come back when there is more."""
        if self._link.is_full:
            return
        for act in self._player.take(time.time_ns()):
            self._link.do(act)
        self._mark_improvised()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if (at := self._player.wake_at) is not None:
            self._timer = self._loop.call_later(max(at - time.time_ns(), 0) / 1e9, self._go_on)

    def _mark_improvised(self) -> None:
        improvised = self._player.improvised_ids
        while self._marked < len(improvised):
            mark_improvised(self._recorder, self._link.session, *improvised[self._marked])
            self._marked += 1
