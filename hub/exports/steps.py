"""A session as the steps of a sequence diagram."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import orjson

from hub.exports.contents import Contents
from hub.exports.spoken import Listener, Message
from matrix.dialect import CALLERROR, CALLRESULTERROR
from matrix.finding import Finding
from matrix.safe import safe
from matrix.trace import Closed, Disturbed, Frame, Opcode, Opened, Phase, Session, Side, Traffic, time_of

MOST: Final = 2_000
"""Steps of a diagram; a longer one is no picture any more."""
PAUSE_NS: Final = 5_000_000_000
"""From how long on it is shown that nothing happened."""
DETAIL: Final = 200
"""Characters of a payload that a step tells."""
_KEY_QUOTES: Final = re.compile(r'"([A-Za-z_][A-Za-z0-9_]*)":')


@dataclass(frozen=True, slots=True)
class Arrow:
    """Something that a side sent. `is_answer` and `is_error` say how it is drawn, `is_quiet` that it matters less."""

    at: int
    side: Side
    name: str
    detail: str = ""
    is_answer: bool = False
    is_error: bool = False
    is_quiet: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is said of both sides: a pause, a disturbance, the end."""

    at: int
    text: str


Step = Arrow | Remark


def steps_of(contents: Contents) -> Iterator[Step]:
    """Yield the steps of the one session that is to be exported, `MOST` at most; all texts are safe to show."""
    listener, before = Listener(), 0
    items = contents.traffic()
    for item in islice(items, MOST):
        at = time_of(item)
        if before and at - before >= PAUSE_NS:
            yield Remark(at, f"{_lasting(at - before)} later")
        before = at
        yield from _steps(contents, item, listener)
    if more := sum(isinstance(item, Frame) for item in items):
        contents.left_out["frames of a diagram that is too long"] += more
        yield Remark(before, f"{more} more frames are not drawn")


def _lasting(ns: int) -> str:
    seconds = ns // 1_000_000_000
    minutes, hours = seconds // 60, seconds // 3600
    return f"{seconds} s" if seconds < 120 else f"{minutes} min" if minutes < 120 else f"{hours} h"


def _steps(contents: Contents, item: Traffic, listener: Listener) -> Iterator[Step]:
    match item:
        case Opened(_, session):
            yield from _handshake(contents, session)
        case Closed(_, session):
            yield Remark(time_of(item), _end(session))
        case Disturbed():
            what = {Phase.BEGUN: "", Phase.TOUCHED: ": touches what follows", Phase.ENDED: ": over"}[item.phase]
            yield Remark(item.at, safe(f"disturbed on purpose: {item.text}{what}", DETAIL))
        case Frame():
            yield _arrow(contents, item, listener.hear(item))


def _handshake(contents: Contents, session: Session) -> Iterator[Step]:
    found = contents.findings.of_handshake(session.id)
    asked = tuple(each for each in found if each.side is Side.STATION)
    answered = tuple(each for each in found if each.side is Side.CSMS)
    at = session.answered_at or session.opened_at
    if session.origin is not None:
        yield Remark(at, safe(f"imported from {session.origin}: the handshake was not seen", DETAIL))
        return
    offers = safe(", ".join(session.offered), DETAIL)
    yield Arrow(session.opened_at, Side.STATION, safe(f"GET {session.path}", 80), offers, findings=asked)
    if session.status is None:
        yield Remark(at, safe(session.fault or "no answer", DETAIL))
        return
    name = safe(f"{session.status} {session.reason}".strip(), 80)
    is_error = session.status != 101
    yield Arrow(at, Side.CSMS, name, safe(session.chosen or "", 80), True, is_error, findings=answered)


def _end(session: Session) -> str:
    by = f" by {session.closed_by.label}" if session.closed_by else ""
    return safe(f"{session.ending or 'ended'}{by}" + (f": {session.fault}" if session.fault else ""), DETAIL)


def _arrow(contents: Contents, frame: Frame, message: Message | None) -> Arrow:
    found = contents.findings.at(frame)
    if message is not None:
        return _said(contents, frame, message, found)
    shown = contents.shown(frame)
    payload = shown.payload if isinstance(shown.payload, bytes) else shown.payload.encode()
    if frame.unread is not None or frame.opcode == Opcode.UNREAD:
        return Arrow(frame.at, frame.side, "not read", safe(frame.unread or "", DETAIL), is_error=True, findings=found)
    if frame.opcode == Opcode.CLOSE:
        code = int.from_bytes(payload[:2]) if len(payload) >= 2 else 1005
        words = safe(payload[2:].decode("utf-8", "replace"), DETAIL)
        return Arrow(frame.at, frame.side, f"close {code}", words, findings=found)
    name = Opcode(frame.opcode).name.lower() if frame.opcode in list(Opcode) else f"opcode {frame.opcode}"
    if not frame.fin or frame.opcode == Opcode.CONTINUATION:
        return Arrow(
            frame.at, frame.side, "fragment", f"{len(frame.payload)} of a message", is_quiet=True, findings=found
        )
    words = safe(payload[:DETAIL].decode("utf-8", "replace"), DETAIL)
    return Arrow(frame.at, frame.side, name, words, is_quiet=name in ("ping", "pong"), findings=found)


def _said(contents: Contents, frame: Frame, message: Message, found: tuple[Finding, ...]) -> Arrow:
    text = contents.shown_text(frame, message.text)
    if not message.kind:
        return Arrow(frame.at, frame.side, "not OCPP-J", safe(text, DETAIL), is_error=True, findings=found)
    is_error = message.kind in (CALLERROR, CALLRESULTERROR)
    code = f" {message.rest[0]}" if is_error and message.rest else ""
    name = safe(f"{message.action or '(no request)'}{code}", 80)
    return Arrow(
        frame.at, frame.side, name, _payload(text, 3 if message.is_call else 2), not message.is_call, is_error,
        findings=found,
    )  # fmt: skip


def _payload(text: str, place: int) -> str:
    """Return the start of what a message carries, without the quotes around plain names."""
    try:
        carried = orjson.loads(text)[place:]
    except (orjson.JSONDecodeError, TypeError):
        return safe(text, DETAIL)
    shown = " ".join(orjson.dumps(each).decode() for each in carried)
    return safe(_KEY_QUOTES.sub(r"\1: ", shown).replace(",", ", "), DETAIL)
