"""From recorded traffic to entries: what each frame is, what an answer answers, and who the stations say they are.

It reads as the judge does, and is cheaper: a fold, in the order of recording. A message in fragments is the entry of
its last frame; the frames before it are entries without a text, because a secret may be cut in two by them.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from hub.search.entry import About, Entry, Kind
from matrix.dialect import CALL, SEND, UNKNOWN
from matrix.exchange import OPEN_REMEMBERED
from matrix.recognise import station_of, version_of, version_shown_by
from matrix.secrets import masked_frame, masked_payload, masked_words
from matrix.trace import FIRST_CONTROL_OPCODE, Closed, Disturbed, Frame, Opcode, Opened, Session, Side, Traffic
from matrix.wire import Call, CallError, CallResult, CallResultError, Garbled, Message, Send, read

LONGEST_MESSAGE: Final = 64 << 20
"""Bytes of fragments that are put together to one message."""
_TYPES: Final = range(CALL, SEND + 1)
_KINDS: Final[dict[type[Message], Kind]] = {
    Call: Kind.CALL, CallResult: Kind.CALLRESULT, CallError: Kind.CALLERROR, CallResultError: Kind.CALLRESULTERROR,
    Send: Kind.SEND, Garbled: Kind.MALFORMED,
}  # fmt: skip
_CONTROL: Final = {Opcode.CLOSE: Kind.CLOSE, Opcode.PING: Kind.PING, Opcode.PONG: Kind.PONG}


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A CALL that waits for its answer."""

    action: str
    at: int


class Talk(msgspec.Struct):
    """A session while it is open: its open CALLs and the fragments that wait for their end, by side."""

    about: About
    asked: dict[Side, dict[str, Asked]] = msgspec.field(default_factory=lambda: {side: {} for side in Side})
    fragments: dict[Side, list[bytes]] = msgspec.field(default_factory=lambda: {side: [] for side in Side})


class Annotator:
    """Makes entries. `about` is who met whom, by session: it may become known later than the entries of a session.

    `changed` are the sessions of which something became known; whoever keeps that elsewhere empties it.

    With `with_secrets`, entries hold texts as they were spoken.
    """

    def __init__(self, *, with_secrets: bool = False) -> None:
        self.about: dict[int, About] = {}
        self.talks: dict[int, Talk] = {}
        self.changed: set[int] = set()
        self._with_secrets = with_secrets
        self._products: dict[str, About] = {}
        self._unnamed: dict[str, list[int]] = {}

    def feed(self, item: Traffic) -> Entry | None:
        """Take the next item of a recording; return what it is to a search, None where it is nothing."""
        match item:
            case Frame():
                return self._frame(item)
            case Opened():
                return self._opened(item)
            case Closed():
                self.talks.pop(item.session.id, None)
            case Disturbed():
                pass
        return None

    def resume(self, about: Iterable[About], talks: dict[int, Talk]) -> None:
        """Go on where another annotator has stopped: with the sessions that it knew, and those that were open."""
        for each in about:
            self._introduce(each)
        self.talks = talks
        self.changed.clear()

    # -- sessions -----------------------------------------------------------------------------------------------------

    def _opened(self, item: Opened) -> Entry:
        session = item.session
        about = About(session.id, session.identity, session.csms, version_of(session))
        product = self._products.get(session.identity)
        if product is not None:
            about = _as_product(about, product)
        self._introduce(about)
        if session.upgraded:
            self.talks[session.id] = Talk(about)
        text = handshake_text(session)
        return Entry(
            item.mark, about, session.answered_at or session.opened_at, None, Kind.HANDSHAKE,
            text if self._with_secrets else masked_words(text),
        )  # fmt: skip

    def _introduce(self, about: About) -> None:
        self._keep(about)
        if about.vendor or about.model:
            self._products[about.identity] = about
        else:
            self._unnamed.setdefault(about.identity, []).append(about.id)

    def _recognise(self, talk: Talk, side: Side, message: Message) -> None:
        """Take up what a BootNotification says; earlier sessions of that identity that never said follow."""
        about = talk.about
        if about.version == UNKNOWN:
            about = msgspec.structs.replace(about, version=version_shown_by(message))
        if isinstance(message, Call) and message.action == "BootNotification" and side is Side.STATION:
            product = station_of(about.identity, message.payload or {})
            if product.is_known:
                about = _as_product(about, product)
                self._products[about.identity] = about
                for session in self._unnamed.pop(about.identity, ()):
                    self._set(_as_product(self.about[session], product))
        if about is not talk.about:
            self._set(about)

    def _keep(self, about: About) -> None:
        self.about[about.id] = about
        self.changed.add(about.id)

    def _set(self, about: About) -> None:
        self._keep(about)
        if about.id in self.talks:
            self.talks[about.id].about = about

    # -- frames -------------------------------------------------------------------------------------------------------

    def _frame(self, frame: Frame) -> Entry:
        talk = self.talks.get(frame.session)
        if talk is None:
            talk = Talk(self.about.get(frame.session) or About(frame.session, "", "", UNKNOWN))
        if frame.unread is not None or frame.opcode == Opcode.UNREAD:
            return self._entry(talk, frame, Kind.UNREAD, shown_text(frame, with_secrets=self._with_secrets))
        if frame.opcode >= FIRST_CONTROL_OPCODE:
            kind = _CONTROL.get(frame.opcode, Kind.CONTROL)  # type: ignore[call-overload]  # an IntEnum's key is an int
            return self._entry(talk, frame, kind, shown_text(frame, with_secrets=self._with_secrets))
        if frame.opcode == Opcode.TEXT and frame.fin:
            return self._message(talk, frame, frame.payload)
        if frame.opcode == Opcode.BINARY and frame.fin:
            return self._entry(talk, frame, Kind.BINARY, shown_text(frame, with_secrets=self._with_secrets))
        return self._fragment(talk, frame)

    def _fragment(self, talk: Talk, frame: Frame) -> Entry:
        pieces = talk.fragments[frame.side]
        begins = frame.opcode != Opcode.CONTINUATION
        if begins or sum(map(len, pieces)) > LONGEST_MESSAGE:
            pieces.clear()
        if begins or pieces:
            pieces.append(as_bytes(frame.payload))
        if not frame.fin or not pieces:
            return self._entry(talk, frame, Kind.FRAGMENT, shown_text(frame, with_secrets=self._with_secrets))
        whole = whole_message(pieces)
        pieces.clear()
        return self._message(talk, frame, whole)

    def _message(self, talk: Talk, frame: Frame, payload: str | bytes) -> Entry:
        message = read(payload, _TYPES)
        if talk.about.version == UNKNOWN or (isinstance(message, Call) and message.action == "BootNotification"):
            self._recognise(talk, frame.side, message)
        shown = payload if self._with_secrets else masked_payload(payload)
        return self._entry(talk, frame, _KINDS[type(message)], as_text(shown), *_paired(talk, frame, message))

    def _entry(
        self,
        talk: Talk,
        frame: Frame,
        kind: Kind,
        text: str,
        message_id: str = "",
        action: str = "",
        asked_at: int = -1,
    ) -> Entry:
        latency = max(frame.at - asked_at, 0) if asked_at >= 0 else None
        return Entry(frame.id, talk.about, frame.at, frame.side, kind, text, action, message_id, frame.size, latency)


def _paired(talk: Talk, frame: Frame, message: Message) -> tuple[str, str, int]:
    """Return a message's id, its action, and when what it answers was asked (-1: it answers nothing)."""
    match message:
        case Call():
            asked = talk.asked[frame.side]
            asked[message.id] = Asked(message.action, frame.at)
            if len(asked) > OPEN_REMEMBERED:
                del asked[next(iter(asked))]
            return message.id, message.action, -1
        case Send():
            return message.id, message.action, -1
        case CallResult() | CallError():
            call = talk.asked[frame.side.other].pop(message.id, None)
            return (message.id, call.action, call.at) if call else (message.id, "", -1)
        case CallResultError():
            return message.id, "", -1
        case Garbled():
            return message.answers or "", "", -1


def _as_product(about: About, product: Any) -> About:
    """Return who met whom, with what a station says it is: an `About` or a `matrix.boards.pair.Station`."""
    return msgspec.structs.replace(about, vendor=product.vendor, model=product.model, firmware=product.firmware)


def handshake_text(session: Session) -> str:
    """Return a handshake as text, a line each: what was asked for, what the answer was, and why it failed."""
    lines = [
        session.identity, session.csms, session.path, session.remote, session.tls or "", session.tunnel or "",
        session.origin or "", session.fault or "", f"{session.status or ''} {session.reason}", session.body,
        *(f"{name}: {value}" for name, value in (*session.request, *session.response)),
    ]  # fmt: skip
    return "\n".join(filter(None, lines))


def shown_text(frame: Frame, *, with_secrets: bool = False) -> str:
    """Return the text of a frame that is no message of its own."""
    payload = (frame if with_secrets else masked_frame(frame)).payload
    if frame.opcode == Opcode.CLOSE and isinstance(payload, bytes) and len(payload) >= 2:
        return f"{int.from_bytes(payload[:2])} {payload[2:].decode('utf-8', 'replace')}"
    return f"{as_text(payload)} {frame.unread}" if frame.unread else as_text(payload)


def whole_message(fragments: list[bytes]) -> str | bytes:
    """Put the fragments of a message together: as text, where it is UTF-8."""
    whole = b"".join(fragments)
    try:
        return whole.decode()
    except UnicodeDecodeError:
        return whole


def as_bytes(payload: str | bytes) -> bytes:
    """Return a payload as it crossed the wire."""
    return payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload


def as_text(payload: str | bytes) -> str:
    """Return a payload as text; bytes that are no UTF-8 with a replacement character each."""
    return payload if isinstance(payload, str) else payload.decode("utf-8", "replace")
