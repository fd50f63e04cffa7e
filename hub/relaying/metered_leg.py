"""A leg that reads no faster than it may, and ends a session whose other side reads nothing for too long."""

import asyncio
from typing import Final

from hub.limits import Limits
from hub.relaying.deflate import DeflateParameters
from hub.relaying.leg import Hold, Leg
from hub.relaying.splice import Splice
from hub.relaying.tap import Tap
from matrix.trace import Side

BURST_S: Final = 1.0
"""A side that was quiet may send so many seconds' worth at once."""
TICK_S: Final = 0.001


class MeteredLeg(Leg):
    """Takes a plain leg's place where a limit asks for it, so that no other session pays for the counting."""

    __slots__ = ("_impatience", "_limits", "_loop", "_paid_until")

    def __init__(self, splice: Splice, side: Side, transport: asyncio.Transport, tap: Tap, limits: Limits) -> None:
        super().__init__(splice, side, transport, tap)
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._paid_until = 0.0
        self._impatience: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not (rate := self._limits.bytes_per_s):
            return
        self._paid_until = max(self._paid_until, self._loop.time() - BURST_S) + len(data) / rate
        if Hold.RATE not in self._holds:
            self._wait_or_go_on()

    def _wait_or_go_on(self) -> None:
        """Read on once what was read is paid for; uvloop's timers may come a millisecond early."""
        if self.is_lost:
            return
        owed_s = self._paid_until - self._loop.time()
        if owed_s > 0:
            self.hold(Hold.RATE)
            self._loop.call_later(max(owed_s, TICK_S), self._wait_or_go_on)
        else:
            self.release(Hold.RATE)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._limits.unread_s:
            self._impatience = self._loop.call_later(self._limits.unread_s, self._give_up)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        self._be_patient()
        super().connection_lost(exc)

    def _be_patient(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None

    def _give_up(self) -> None:
        waiting, seconds = self.transport.get_write_buffer_size(), self._limits.unread_s
        sentence = f"{self.side.label} read nothing for {seconds:g} s, while {waiting} bytes waited for it"
        self._splice.end_by_hub(sentence, "the other side does not read")


def leg_of(
    splice: Splice, side: Side, transport: asyncio.Transport, deflate: DeflateParameters | None, limits: Limits
) -> Leg:
    """Return the leg of a side, held to the limits; `deflate` is how its messages may be compressed."""
    tap = Tap(side, deflate=deflate, max_frame_bytes=limits.frame_bytes, max_inflated_bytes=limits.inflated_bytes)
    if not transport.is_closing():  # uvloop lets nobody touch one that is gone already
        transport.set_write_buffer_limits(limits.unsent_bytes)
    if limits.bytes_per_s or limits.unread_s:
        return MeteredLeg(splice, side, transport, tap, limits)
    return Leg(splice, side, transport, tap)
