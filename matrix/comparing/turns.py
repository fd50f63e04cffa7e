"""What was said in a session, turn by turn: each CALL with its answer, in the order in which the CALLs were recorded.

For putting two sessions side by side (`matrix.comparing.diff`), which need not have been judged. Texts are kept as they
crossed, and read when they are compared: a session of 100,000 messages stays a matter of megabytes.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

import msgspec
import orjson

from matrix.dialect import UNKNOWN, Dialect, dialect
from matrix.exchange import join
from matrix.recognise import version_of, version_shown_by
from matrix.trace import FIRST_CONTROL_OPCODE, Closed, Frame, Opcode, Opened, Session, Side, Traffic
from matrix.wire import Call, CallError, CallResult, CallResultError, Garbled, Message, Send, read


class Form(StrEnum):
    """What begins a turn."""

    CALL = "CALL"
    SEND = "SEND"
    STRAY = "answer to nothing"  # no CALL is open under its message id, or it says that an answer cannot be used
    GARBLED = "no message"
    UNREAD = "not recorded"  # a gap, or bytes that no frame could be read from


class Turn(msgspec.Struct):
    """A CALL with its answer, a SEND, or what is neither; `action` is empty where there is none. Peer text.

    `frame` and `answer_frame` are where the texts end, `at` and `answered_at` when that was.
    """

    form: Form
    side: Side
    action: str
    frame: int
    at: int
    text: str | bytes
    answer_frame: int | None = None
    answered_at: int | None = None
    answer: str | bytes | None = None

    @property
    def name(self) -> str:
        """What it is called where people read it; peer text."""
        return self.action or f"({self.form})"


class Talk(msgspec.Struct):
    """One session and its turns; `version` is that of its messages. The session's end is set once it has come."""

    session: Session
    version: str
    turns: list[Turn]

    @property
    def has_gaps(self) -> bool:
        """True where something that was said is missing, so that nothing can be said of what is not there."""
        return any(turn.form is Form.UNREAD for turn in self.turns)


class Listener:
    """Feed it traffic in the order of recording; `talks` are the sessions that it was asked for (None: all)."""

    def __init__(self, wanted: Iterable[int] | None = None) -> None:
        self._wanted = None if wanted is None else frozenset(wanted)
        self._hearings: dict[int, _Hearing] = {}

    @property
    def talks(self) -> dict[int, Talk]:
        return {session: hearing.talk for session, hearing in self._hearings.items()}

    def feed(self, item: Traffic) -> None:
        """Take up the next item. Whatever a peer sent, this does not raise."""
        match item:
            case Frame():
                if (hearing := self._hearings.get(item.session)) is not None:
                    hearing.hear(item)
            case Opened():
                if self._wanted is None or item.session.id in self._wanted:
                    self._hearings[item.session.id] = _Hearing(item.session)
            case Closed():
                if (hearing := self._hearings.get(item.session.id)) is not None:
                    hearing.talk.session = item.session


class _Hearing:
    """One session as it is listened to: what is open, and the fragments that are to become a message."""

    def __init__(self, session: Session) -> None:
        self.talk = Talk(session, version_of(session), [])
        self._dialect: Dialect = dialect(self.talk.version)
        self._open: dict[tuple[Side, str], Turn] = {}
        self._fragments: dict[Side, list[str | bytes]] = {Side.STATION: [], Side.CSMS: []}

    def hear(self, frame: Frame) -> None:
        if frame.unread is not None or frame.opcode == Opcode.UNREAD:
            self._fragments[frame.side].clear()
            self._add(Form.UNREAD, frame, frame.unread or "")
        elif frame.opcode < FIRST_CONTROL_OPCODE:
            self._hear_data(frame)

    def _hear_data(self, frame: Frame) -> None:
        fragments = self._fragments[frame.side]
        if frame.opcode != Opcode.CONTINUATION:
            fragments.clear()
        fragments.append(frame.payload)
        if frame.fin:
            text = join(fragments)
            fragments.clear()
            self._take(frame, text)

    def _take(self, frame: Frame, text: str | bytes) -> None:
        message = read(text, self._dialect.message_types)
        if self.talk.version == UNKNOWN:
            self._recognise(message)
        match message:
            case Call():
                self._open[frame.side, message.id] = self._add(Form.CALL, frame, text, message.action)
            case Send():
                self._add(Form.SEND, frame, text, message.action)
            case CallResult() | CallError():
                self._answer(frame, text, message.id)
            case CallResultError():
                self._add(Form.STRAY, frame, text)
            case Garbled(answers=str(message_id)) if (frame.side.other, message_id) in self._open:
                self._answer(frame, text, message_id)
            case _:
                self._add(Form.GARBLED, frame, text)

    def _recognise(self, message: Message) -> None:
        self.talk.version = version_shown_by(message)
        self._dialect = dialect(self.talk.version)

    def _answer(self, frame: Frame, text: str | bytes, message_id: str) -> None:
        turn = self._open.pop((frame.side.other, message_id), None)
        if turn is None:
            self._add(Form.STRAY, frame, text)
        else:
            turn.answer, turn.answer_frame, turn.answered_at = text, frame.id, frame.at

    def _add(self, form: Form, frame: Frame, text: str | bytes, action: str = "") -> Turn:
        turn = Turn(form, frame.side, action, frame.id, frame.at, text)
        self.talk.turns.append(turn)
        return turn


NOT_ANSWERED: Final = "no answer"


class Said(msgspec.Struct, frozen=True):
    """One message as it is compared: its kind in words, and what it holds; what is no payload holds its own text.

    `holds` can be written as JSON again, so it is 254 levels deep at most.
    """

    kind: str
    holds: Any
    id: str = ""


def said(text: str | bytes | None, version: str) -> Said:
    """Read a message for comparing; None is an answer that never came."""
    if text is None:
        return Said(NOT_ANSWERED, None)
    words = text if isinstance(text, str) else text.decode("utf-8", "replace")
    match read(text, dialect(version).message_types):
        case Call() as call:
            return Said("CALL", _writable(call.payload, words), call.id)
        case Send() as send:
            return Said("SEND", _writable(send.payload, words), send.id)
        case CallResult() as result:
            return Said("CALLRESULT", _writable(result.payload, words), result.id)
        case CallError() | CallResultError() as error:
            kind = "CALLERROR" if isinstance(error, CallError) else "CALLRESULTERROR"
            holds = {"errorCode": error.code, "errorDescription": error.description, "errorDetails": error.details}
            return Said(kind, _writable(holds, words), error.id)
        case _:
            return Said(Form.GARBLED.value, words.encode("utf-8", "replace").decode())


def _writable(payload: dict[str, Any] | None, words: str) -> Any:
    try:
        orjson.dumps(payload)
    except orjson.JSONEncodeError:
        return words
    return words if payload is None else payload
