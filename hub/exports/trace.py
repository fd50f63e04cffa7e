"""The Open OCPP Trace format, version 1.1: one JSON object for each message."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import orjson

from hub.exports.contents import Contents, iso
from hub.exports.spoken import Listener, Message
from matrix.dialect import CALL, CALLERROR, CALLRESULT, SUBPROTOCOLS
from matrix.safe import safe_json
from matrix.trace import FIRST_CONTROL_OPCODE, Closed, Frame, Opened, Session, Side, session_of

DIRECTIONS: Final = {Side.STATION: "cp-to-csms", Side.CSMS: "csms-to-cp"}


def trace(contents: Contents) -> Iterator[bytes]:
    """Yield the records. What is no CALL, CALLRESULT or CALLERROR has no place in the format, and is counted."""
    last = {frame.session: frame.id for frame, _ in _messages(contents, Counter())}
    for frame, message in _messages(contents, contents.left_out):
        yield _record(contents, frame, message, is_last=last[frame.session] == frame.id)


def _messages(contents: Contents, left_out: Counter[str]) -> Iterator[tuple[Frame, Message]]:
    listeners: dict[int, Listener] = {}
    for item in contents.traffic():
        match item:
            case Frame():
                message = listeners.setdefault(item.session, Listener()).hear(item)
                if message is not None and message.kind in (CALL, CALLRESULT, CALLERROR):
                    yield item, message
                elif message is not None or not _is_fragment(item):
                    left_out[_what(item, message)] += 1
            case Opened(_, session):
                left_out["handshakes"] += session.origin is None
            case Closed():
                listeners.pop(session_of(item), None)
            case _:
                left_out["disturbances"] += 1


def _is_fragment(frame: Frame) -> bool:
    return frame.opcode < FIRST_CONTROL_OPCODE and frame.unread is None and not frame.fin


def _what(frame: Frame, message: Message | None) -> str:
    if frame.opcode >= FIRST_CONTROL_OPCODE:
        return "pings, pongs and closes"
    if message is None:
        return "frames that are no text, or could not be read"
    return f"messages of type {message.name}" if message.kind else "texts that are no OCPP-J message"


def _record(contents: Contents, frame: Frame, message: Message, *, is_last: bool) -> bytes:
    session = contents.sessions[frame.session]
    text = contents.shown_text(frame, message.text)
    fields: dict[str, Any] = {
        "schemaVersion": "1.1", "timestamp": iso(frame.at), **_version(session), "transport": "json",
        "chargePointId": session.identity, "direction": DIRECTIONS[frame.side], "messageType": message.name,
        "messageId": message.id,
    }  # fmt: skip
    if message.kind == CALL:
        fields["action"] = message.action
    meta = {"csms": session.csms, "session": session.id, "frame": frame.id}
    meta |= {"last": True} if is_last else {}
    meta |= {"secrets": "hidden"} if text != message.text else {}
    fields |= _parts(text, message.kind) | {"raw": text, "meta": meta}
    return safe_json(orjson.dumps(fields).decode()).encode() + b"\n"


def _version(session: Session) -> dict[str, str]:
    version = SUBPROTOCOLS.get(session.chosen or "")
    return {} if version is None else {"ocppVersion": version}


def _parts(text: str, kind: int) -> dict[str, Any]:
    """Return the payload of a message, or its error, as far as it has them; nothing of what is hidden as a whole."""
    try:
        _, _, *rest = orjson.loads(text)
    except ValueError:
        return {"error": {}} if kind == CALLERROR else {}
    if kind == CALLERROR:
        return {"error": _error(rest)}
    payload = rest[1:] if kind == CALL else rest
    return {"payload": payload[0]} if payload else {}


def _error(rest: list[Any]) -> dict[str, Any]:
    """Return an error; a code or a description that is no text is found in `raw` alone, as the format wants it."""
    named = dict(zip(("code", "description", "details"), rest, strict=False))
    return {name: value for name, value in named.items() if name == "details" or isinstance(value, str)}
