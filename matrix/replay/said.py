"""What both sides of a recorded session said, message by message, and what answered what."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from matrix.dialect import SUBPROTOCOLS, UNKNOWN, Dialect, dialect
from matrix.exchange import join
from matrix.recognise import version_shown_by
from matrix.trace import Frame, Opcode, Session, Side
from matrix.wire import Call, CallError, CallResult, Garbled, Message, read


@dataclass(frozen=True, slots=True)
class Said:
    """A message, or a control frame (`message` is None), of either side; `frame` is the last one that it came in."""

    frame: int
    at: int
    side: Side
    opcode: int
    content: str | bytes
    message: Message | None

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else self.content.decode("utf-8", "replace")

    @property
    def bytes(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else self.content.encode()


def said_in(session: Session, frames: Iterable[Frame]) -> tuple[Dialect, list[Said]]:
    """Return what was said in a session, in order, and how the version that it was said in differs from others."""
    contents = [*whole_messages(frames)]
    spoken = dialect(_version(session, contents))
    types = spoken.message_types
    return spoken, [
        Said(
            frame.id, frame.at, frame.side, opcode, content,
            read(content, types) if opcode in (Opcode.TEXT, Opcode.BINARY) else None,
        )
        for frame, opcode, content in contents
    ]  # fmt: skip


def answers_in(said: Iterable[Said]) -> dict[int, Said]:
    """Return what answered which CALL, of both sides, by the CALL's frame."""
    answers: dict[int, Said] = {}
    waiting: dict[tuple[Side, str], Said] = {}
    for each in said:
        match each.message:
            case Call(id=message_id):
                waiting[each.side, message_id] = each
            case CallResult(id=message_id) | CallError(id=message_id) | Garbled(answers=str(message_id)):
                if (call := waiting.pop((each.side.other, message_id), None)) is not None:
                    answers[call.frame] = each
    return answers


def whole_messages(frames: Iterable[Frame]) -> Iterator[tuple[Frame, int, str | bytes]]:
    """Yield messages and control frames in order: the last frame of each, the opcode of the first, what it says.

    What the recording could not read is left out.
    """
    begun: dict[Side, tuple[int, list[str | bytes]]] = {}
    for frame in frames:
        if frame.unread is not None or frame.opcode == Opcode.UNREAD:
            begun.pop(frame.side, None)
        elif frame.opcode >= Opcode.CLOSE:
            yield frame, frame.opcode, frame.payload
        elif frame.opcode == Opcode.CONTINUATION and frame.side not in begun:
            continue
        else:
            if frame.opcode != Opcode.CONTINUATION:
                begun[frame.side] = (frame.opcode, [])
            opcode, pieces = begun[frame.side]
            pieces.append(frame.payload)
            if frame.fin:
                del begun[frame.side]
                yield frame, opcode, join(pieces)


def _version(session: Session, contents: Sequence[tuple[Frame, int, str | bytes]]) -> str:
    """Return the version that was agreed upon, else the one that the messages show."""
    if (agreed := SUBPROTOCOLS.get(session.chosen or "")) is not None:
        return agreed
    every = dialect(UNKNOWN).message_types
    for _, opcode, content in contents:
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            shown = version_shown_by(read(content, every))
            if shown != UNKNOWN:
                return shown
    return UNKNOWN
