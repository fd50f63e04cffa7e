"""A gate that takes one answer out of what a side sends: for good, or for a while. Everything else goes on as it came.

It hands on whole messages only, so that what is taken out leaves the rest readable; control frames do not wait.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import orjson

from hub.disturbing.faults import AnswerFault
from hub.relaying.leg import Leg, LegEnding
from hub.relaying.tap import FrameReader, TappedFrame
from hub.writing.calling_back import call
from matrix.dialect import CALL, CALLERROR, CALLRESULT
from matrix.trace import FIRST_CONTROL_OPCODE, Opcode, Side

LONGEST: Final = 1 << 20
"""Bytes of a message that the gate looks into; a longer one is let through as it comes."""
CALLS_REMEMBERED: Final = 1_024


class AnswerWatch:
    """Listens to both sides, and knows the answer that is meant when it comes."""

    def __init__(self, wanted: AnswerFault) -> None:
        self._wanted = wanted
        self._left = wanted.number
        self._actions: dict[tuple[Side, str], str] = {}

    def is_meant(self, side: Side, text: str) -> bool:
        """Take up a message; return True for the answer that is meant, once."""
        try:
            array = orjson.loads(text)
        except orjson.JSONDecodeError:
            return False
        match array:
            case [int(kind), str(message_id), str(action), *_] if kind == CALL:
                self._remember(side, message_id, action)
            case [int(kind), str(message_id), *_] if kind in (CALLRESULT, CALLERROR):
                return self._is_counted(side, message_id) and self._count()
        return False

    def _remember(self, side: Side, message_id: str, action: str) -> None:
        self._actions[side, message_id] = action
        if len(self._actions) > CALLS_REMEMBERED:
            del self._actions[next(iter(self._actions))]

    def _is_counted(self, side: Side, message_id: str) -> bool:
        action, wanted = self._actions.get((side.other, message_id)), self._wanted
        return (wanted.side in (None, side)) and (wanted.action in (None, action))

    def _count(self) -> bool:
        self._left -= 1
        return self._left == 0


class _Message:
    """One message on its way: `is_taken` once it is known to be the answer, `is_whole` once its last byte is here."""

    __slots__ = ("is_long", "is_taken", "is_whole", "parts", "size")

    def __init__(self, *, is_long: bool = False) -> None:
        self.parts: list[str | bytes] = []
        self.size = 0
        self.is_taken = False
        self.is_whole = False
        self.is_long = is_long

    @property
    def text(self) -> str | None:
        return "".join(map(str, self.parts)) if all(isinstance(part, str) for part in self.parts) else None

    @property
    def may_go(self) -> bool:
        return self.is_whole or self.is_long


class AnswerGate:
    """One side's gate: also the tap of its leg, so that it knows where frames begin and what they mean.

    `on_taken` is called with how many frames come, in the chunk at hand, before the one that ends the answer; before
    that chunk is recorded. `on_done` is called when the answer was dropped, or handed on after all.
    """

    def __init__(
        self,
        leg: Leg,
        watch: AnswerWatch,
        by_s: float | None,
        *,
        on_taken: Callable[[int], object],
        on_done: Callable[[], object],
    ) -> None:
        self._leg = leg
        self._peer = leg.peer
        self._tap: FrameReader = leg.tap
        self._watch = watch
        self._by_s = by_s
        self._on_taken = on_taken
        self._on_done = on_done
        self._reading: _Message | None = None
        self._plan: deque[tuple[TappedFrame, _Message | None]] = deque()
        self._bytes = bytearray()
        self._gone_already = leg.tap.incomplete
        self._is_long_frame = self._gone_already > 0
        self._queue: deque[tuple[_Message | None, bytes]] = deque()
        self._late: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._taken: _Message | None = None
        self._is_open = self._opens_soon = False
        leg.tap = self
        leg.divert(self)

    # -- the tap ------------------------------------------------------------------------------------------------------

    @property
    def incomplete(self) -> int:
        return self._tap.incomplete

    @property
    def keeps_context(self) -> bool:
        return self._tap.keeps_context

    @property
    def is_between_frames(self) -> bool:
        return self._tap.is_between_frames

    @property
    def is_followed(self) -> bool:
        return self._tap.is_followed

    def whole_text(self, data: bytes) -> None:
        """Let everything take the long way."""
        del data

    def feed(self, data: bytes) -> list[TappedFrame]:
        """Read frames, and decide what becomes of each before it is recorded."""
        frames = self._tap.feed(data)
        for number, frame in enumerate(frames):
            self._plan.append((frame, self._message_of(frame, number)))
        return frames

    def finish(self) -> list[TappedFrame]:
        return self._tap.finish()

    def _message_of(self, frame: TappedFrame, number: int) -> _Message | None:
        """Return the message that a frame is a part of; None where it is of none."""
        is_long, self._is_long_frame = self._is_long_frame, False
        if frame.opcode >= FIRST_CONTROL_OPCODE or frame.opcode == Opcode.UNREAD:
            return None
        message = self._reading
        if message is None or frame.opcode != Opcode.CONTINUATION:
            message = _Message(is_long=is_long or frame.opcode == Opcode.CONTINUATION)
        message.size += frame.size
        if message.size > LONGEST:
            message.is_long = True
        if not message.is_long:
            message.parts.append(frame.payload)
        self._reading = None if frame.fin else message
        if frame.fin and not message.is_long and self._taken is None:
            self._decide(message, number)
        return message

    def _decide(self, message: _Message, number: int) -> None:
        text = message.text
        if text is not None and self._watch.is_meant(self._leg.side, text):
            message.is_taken, self._taken = True, message
            self._on_taken(number)

    # -- the gate -----------------------------------------------------------------------------------------------------

    def take(self, data: bytes) -> None:
        """Take recorded bytes, and hand on what is whole."""
        if self._is_open:
            self._peer.send(data)
            return
        self._bytes += data
        while self._plan and len(self._bytes) >= (needed := self._plan[0][0].size - self._gone_already):
            self._queue_frame(needed)
        if not self._plan and len(self._bytes) > LONGEST:
            self._let_long_frame_through()
        self._hand_on()

    def end(self, how: LegEnding) -> None:
        """End the peer, after everything that waits."""
        self._let_everything_through()
        how(self._peer)

    def fail(self, exc: Exception) -> None:
        """End the session, since a fault of ours has kept something from the peer."""
        self._peer.fail(exc)

    def open(self) -> None:
        """Let everything through, the late answer first, and leave the leg as it was."""
        if self._taken is not None and not self._taken.is_whole:
            self._opens_soon = True  # what is recorded as taken will be
            return
        if not self._is_open:
            self._is_open = True
            self._leg.meet(self._peer)
            self._leg.tap = self._tap
            self._let_everything_through()

    def _queue_frame(self, needed: int) -> None:
        frame, message = self._plan.popleft()
        raw = bytes(self._bytes[:needed])
        del self._bytes[:needed]
        self._gone_already = 0
        if message is None and frame.opcode not in (Opcode.CLOSE, Opcode.UNREAD):
            self._hand_on()  # it overtakes nothing but the fragments of a message that is not whole
            self._peer.send(raw)
            return
        self._queue.append((message, raw))
        if message is None:  # a close frame, after which nothing may come, or what nobody can read
            self._let_queue_through()
        elif frame.fin:
            message.is_whole = True

    def _let_long_frame_through(self) -> None:
        self._deliver_late()
        if self._reading is not None:
            self._reading.is_long = True
        self._is_long_frame = True
        self._hand_on()
        self._gone_already += len(self._bytes)
        self._peer.send(bytes(self._bytes))
        self._bytes.clear()

    def _hand_on(self) -> None:
        while self._queue and (self._queue[0][0] is None or self._queue[0][0].may_go):
            message, raw = self._queue.popleft()
            if message is None or not message.is_taken:
                self._go(message, raw)
            elif self._by_s is not None:
                self._late = (self._late or b"") + raw
        if self._taken is not None and self._taken.is_whole and self._timer is None:
            self._finish_taking()

    def _go(self, message: _Message | None, raw: bytes) -> None:
        if message is not None and message.is_long:
            self._deliver_late()  # it could not stand between the fragments of this one
        self._peer.send(raw)

    def _finish_taking(self) -> None:
        if self._late is None or self._by_s is None:
            self._done()
        else:
            self._timer = asyncio.get_running_loop().call_later(self._by_s, call, self._deliver_late, self)
        if self._opens_soon:
            self.open()

    def _deliver_late(self) -> None:
        if self._late is not None:
            late, self._late = self._late, None
            self._peer.send(late)
            self._done()

    def _done(self) -> None:
        on_done, self._on_done = self._on_done, _nothing
        on_done()

    def _let_queue_through(self) -> None:
        self._deliver_late()
        while self._queue:
            message, raw = self._queue.popleft()
            if message is None or not message.is_taken or self._by_s is not None:
                self._peer.send(raw)

    def _let_everything_through(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._let_queue_through()
        if self._bytes:
            self._peer.send(bytes(self._bytes))
            self._bytes.clear()


def _nothing() -> None:
    """Be called where there is nothing left to say."""
