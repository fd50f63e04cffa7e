"""What frames say: messages put together of their fragments, answers with the action of the CALL that they answer."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import orjson

from hub.exports.fragments import text_of
from matrix.dialect import CALL, CALLERROR, CALLRESULT, CALLRESULTERROR, SEND
from matrix.exchange import join
from matrix.recent import Recent
from matrix.trace import FIRST_CONTROL_OPCODE, Frame, Opcode, Side

KINDS: Final = {
    CALL: "CALL", CALLRESULT: "CALLRESULT", CALLERROR: "CALLERROR", CALLRESULTERROR: "CALLRESULTERROR", SEND: "SEND"
}  # fmt: skip
REMEMBERED: Final = 4_096
"""Message ids that a side has open at most."""


class Message(NamedTuple):
    """A message of OCPP-J. `text` is all of it, `rest` what comes after its id and, of a CALL, its action.

    `kind` is 0, and `id` and `action` are "", where it has no shape that tells them. The action of an answer is that
    of the CALL which it answers, "" where that was not seen.
    """

    text: str
    kind: int = 0
    id: str = ""
    action: str = ""
    rest: tuple[object, ...] = ()

    @property
    def is_call(self) -> bool:
        return self.kind in (CALL, SEND)

    @property
    def name(self) -> str:
        """The name of its type, "" where it has none."""
        return KINDS.get(self.kind, "")


@dataclass(slots=True)
class Stream:
    """What one side has said so far: the fragments of a message that goes on, and the CALLs that are open."""

    pieces: list[str | bytes] = field(default_factory=list)
    is_text: bool = False
    calls: Recent[str, str] = field(default_factory=lambda: Recent(REMEMBERED))


@dataclass(slots=True)
class Listener:
    """Listens to both sides of one session."""

    _streams: dict[Side, Stream] = field(default_factory=lambda: {side: Stream() for side in Side})

    def hear(self, frame: Frame) -> Message | None:
        """Return the message that a frame completes; None for a control frame, a fragment, and what is no text."""
        text = self._text(frame)
        return None if text is None else self._message(frame.side, text)

    def _text(self, frame: Frame) -> str | None:
        stream = self._streams[frame.side]
        if frame.opcode >= FIRST_CONTROL_OPCODE:
            return None
        if frame.opcode == Opcode.TEXT:
            stream.pieces, stream.is_text = [], True
        if frame.opcode not in (Opcode.TEXT, Opcode.CONTINUATION) or frame.unread is not None:
            stream.is_text = False
        if not stream.is_text:
            return None
        stream.pieces.append(frame.payload)
        if not frame.fin:
            return None
        message, stream.pieces, stream.is_text = join(stream.pieces), [], False
        text = text_of(message) if isinstance(message, bytes) else message
        return text if isinstance(text, str) else None

    def _message(self, side: Side, text: str) -> Message:
        try:
            array = orjson.loads(text)
        except orjson.JSONDecodeError:
            return Message(text)
        match array:
            case [int(kind), str(name), str(action), *rest] if kind in (CALL, SEND):
                if kind == CALL:
                    self._streams[side].calls[name] = action
                return Message(text, int(kind), name, action, (*rest,))
            case [int(kind), str(name), *rest] if kind in (CALLRESULT, CALLERROR, CALLRESULTERROR):
                asked = self._streams[side.other if kind != CALLRESULTERROR else side].calls.get(name, "")
                return Message(text, int(kind), name, asked, (*rest,))
            case _:
                return Message(text)
