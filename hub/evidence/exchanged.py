"""A message of a recording with what it answers or is answered by, as something to be copied."""

from dataclasses import dataclass
from typing import Final

from hub.errors import HubError
from hub.exports.spoken import Listener, Message
from hub.recording.reading import Recording
from matrix.dialect import CALLERROR, CALLRESULT
from matrix.secrets import masked
from matrix.trace import Session, Side

ANSWERS: Final = (CALLRESULT, CALLERROR)
AROUND: Final = 1_000
"""Frames before and after that are looked at for the other message: a session may have millions."""


class NotCopiedError(HubError):
    """A frame cannot be copied as anything; the message says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message, who said it, and the frame that it ends with."""

    frame: int
    at: int
    side: Side
    message: Message


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What was asked, and what was answered, if it was; `request` is the message itself where it is neither."""

    session: Session
    request: Said
    answer: Said | None = None

    @property
    def frames(self) -> tuple[int, ...]:
        """The frames that findings about it stand at."""
        return (self.request.frame,) if self.answer is None else (self.request.frame, self.answer.frame)


def exchanged(recording: Recording, frame: int, *, with_secrets: bool = False) -> Exchanged:
    """Return the exchange that a frame is of; secrets in its texts are hidden, as on every screen.

    Raises:
        RecordingError: there is no such frame.
        NotCopiedError: it says no text, or not the end of one.
    """
    session = recording.session(recording.frame(frame).session)
    said = [_hidden(each, with_secrets=with_secrets) for each in _said_around(recording, session.id, frame)]
    chosen = next((each for each in said if each.frame == frame), None)
    if chosen is None:
        raise NotCopiedError(f"frame {frame} is no message of text, or not the last fragment of one")
    return Exchanged(session, *_pair(said, chosen))


def _said_around(recording: Recording, session: int, frame: int) -> list[Said]:
    """Return the messages near a frame that have the id of the one that ends with it, and that one."""
    before = recording.frame_ids_before(session, frame, AROUND)
    first = before[-1] if before else frame
    listener = Listener()
    said: list[Said] = []
    for each in recording.frames_page(session, after=first - 1, limit=2 * AROUND):
        message = listener.hear(each)
        if message is not None:
            said.append(Said(each.id, each.at, each.side, message))
    wanted = next((each.message.id for each in said if each.frame == frame), "")
    return [each for each in said if each.frame == frame or (wanted and each.message.id == wanted)]


def _pair(said: list[Said], chosen: Said) -> tuple[Said, Said | None]:
    if chosen.message.is_call:
        later = (each for each in said if each.frame > chosen.frame and each.side is chosen.side.other)
        return chosen, next((each for each in later if each.message.kind in ANSWERS), None)
    if chosen.message.kind in ANSWERS:
        earlier = (each for each in reversed(said) if each.frame < chosen.frame and each.side is chosen.side.other)
        request = next((each for each in earlier if each.message.is_call), None)
        if request is not None:
            return request, chosen
    return chosen, None


def _hidden(said: Said, *, with_secrets: bool) -> Said:
    if with_secrets:
        return said
    return Said(said.frame, said.at, said.side, said.message._replace(text=masked(said.message.text)))
