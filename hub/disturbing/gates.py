"""Gates that disturb what one side sends by time alone: bytes go on later, or slower, in order, and none is lost."""

import asyncio
from collections import deque
from random import Random
from typing import Final

from hub.relaying.leg import Hold, Leg, LegEnding
from hub.writing.calling_back import call

HELD_BYTES: Final = 1 << 20
"""How much a gate holds before its side is not read from any more: the peer notices, as with a slow network."""
_TICK_OF_CLOCK_S: Final = 1e-3
TICK_S: Final = 0.05
"""How often a narrow gate lets some bytes through."""


class TimedGate:
    """The gate before the peer of a leg, and what waits there. `open` it to be rid of it."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._peer = leg.peer
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._held = 0
        self._ending: LegEnding | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_open = False
        leg.divert(self)

    def take(self, data: bytes) -> None:
        """Hold bytes until their time comes. What was on its way when the gate was opened goes straight on."""
        if self._is_open:
            self._peer.send(data)
            return
        self._waiting.append((self._due(), data))
        self._held += len(data)
        if self._held > HELD_BYTES and not self._leg.is_lost:
            self._leg.hold(Hold.DISTURBANCE)
        self._set_timer()

    def end(self, how: LegEnding) -> None:
        """End the peer once it has what waits."""
        self._ending = how
        self._end_if_empty()

    def fail(self, exc: Exception) -> None:
        """End the session, since a fault of ours has kept something from the peer."""
        self._peer.fail(exc)

    def open(self) -> None:
        """Let everything through, and leave the leg as it was."""
        if self._is_open:
            return
        self._is_open = True
        self._leg.meet(self._peer)
        if self._timer:
            self._timer.cancel()
        while self._waiting:
            self._let_through(self._waiting.popleft()[1])
        self._end_if_empty()

    def _due(self) -> float:
        """Return when bytes that come now go on, in the loop's time."""
        raise NotImplementedError

    def _set_timer(self) -> None:
        if self._timer is None and self._waiting and not self._is_open:
            self._timer = self._loop.call_at(self._waiting[0][0], call, self._time_is_up, self)

    def _time_is_up(self) -> None:
        self._timer = None
        self._advance()
        self._end_if_empty()
        self._set_timer()

    def _advance(self) -> None:
        """Let through what is due."""
        # a timer may come a tick of the clock early
        while self._waiting and self._waiting[0][0] <= self._loop.time() + _TICK_OF_CLOCK_S:
            self._let_through(self._waiting.popleft()[1])

    def _let_through(self, data: bytes) -> None:
        self._peer.send(data)
        self._held -= len(data)
        if self._held <= HELD_BYTES // 2 and not self._leg.is_lost:
            self._leg.release(Hold.DISTURBANCE)

    def _end_if_empty(self) -> None:
        if self._ending and not self._waiting:
            ending, self._ending = self._ending, None
            ending(self._peer)


class LateGate(TimedGate):
    """Hands on everything so much later, give or take the jitter; nothing overtakes what came before it."""

    def __init__(self, leg: Leg, delay_s: float, jitter_s: float, random: Random) -> None:
        super().__init__(leg)
        self._delay_s = delay_s
        self._jitter_s = jitter_s
        self._random = random
        self._last_due = 0.0

    def _due(self) -> float:
        late_s = self._delay_s + self._random.uniform(-self._jitter_s, self._jitter_s)
        self._last_due = max(self._last_due, self._loop.time() + late_s)
        return self._last_due


class ShutGate(TimedGate):
    """Hands on nothing before it is opened."""

    def _due(self) -> float:
        return 0.0

    def _set_timer(self) -> None:
        pass


class NarrowGate(TimedGate):
    """Hands on so many bytes a second at most."""

    def __init__(self, leg: Leg, bytes_per_s: float) -> None:
        super().__init__(leg)
        self._bytes_per_s = bytes_per_s
        self._allowance = 0.0
        self._counted_at = self._loop.time()

    def _due(self) -> float:
        if not self._waiting:
            self._counted_at, self._allowance = self._loop.time(), min(self._allowance, 0.0)
        return 0.0

    def _set_timer(self) -> None:
        if self._timer is None and self._waiting and not self._is_open:
            self._timer = self._loop.call_later(max(TICK_S, 1 / self._bytes_per_s), call, self._time_is_up, self)

    def _advance(self) -> None:
        now = self._loop.time()
        self._allowance += (now - self._counted_at) * self._bytes_per_s
        self._counted_at = now
        while self._waiting and self._allowance >= 1:
            due, data = self._waiting.popleft()
            part = data[: int(self._allowance)]
            self._allowance -= len(part)
            if len(part) < len(data):
                self._waiting.appendleft((due, data[len(part) :]))
            self._let_through(part)


class NoGate:
    """Hands on nothing, ever: what comes is recorded, and its way ends here."""

    def __init__(self, leg: Leg) -> None:
        self._peer = leg.peer
        leg.divert(self)

    def take(self, data: bytes) -> None:
        """Take bytes, and do nothing with them."""

    def end(self, how: LegEnding) -> None:
        """End the peer."""
        how(self._peer)

    def fail(self, exc: Exception) -> None:
        """End the session, since a fault of ours has left the peer as it was."""
        self._peer.fail(exc)
