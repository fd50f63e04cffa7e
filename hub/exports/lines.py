"""JSON Lines: one object for each session that opens or ends, each frame and each disturbance, in their order."""

from collections.abc import Iterator
from typing import Any

import orjson

from hub.exports.contents import Contents, iso
from hub.exports.spoken import Listener, Message
from matrix.finding import Finding
from matrix.safe import safe_json
from matrix.trace import Closed, Disturbed, Frame, Opened, Traffic, session_of, time_of


def jsonl(contents: Contents) -> Iterator[bytes]:
    """Yield the lines."""
    listeners: dict[int, Listener] = {}
    for item in contents.traffic():
        listener = listeners.setdefault(session_of(item), Listener())
        if isinstance(item, Closed):
            del listeners[item.session.id]
        line = orjson.dumps(_as_object(contents, item, listener)).decode()
        yield safe_json(line).encode() + b"\n"


def _as_object(contents: Contents, item: Traffic, listener: Listener) -> dict[str, Any]:
    match item:
        case Opened(_, session):
            kind, fields, findings = "opened", _fields(session), contents.findings.of_handshake(session.id)
        case Closed(_, session):
            kind, fields, findings = "closed", _fields(session), ()
        case Disturbed():
            kind, fields, findings = "disturbed", _fields(item), ()
        case Frame():
            kind, fields, findings = "frame", _frame(contents, item, listener.hear(item)), contents.findings.at(item)
    said = {"findings": [_finding(each) for each in findings]} if findings else {}
    return {"item": kind, "time": iso(time_of(item)), **fields, **said}


def _frame(contents: Contents, frame: Frame, message: Message | None) -> dict[str, Any]:
    shown = contents.shown(frame)
    fields = _fields(shown)
    if isinstance(shown.payload, bytes):
        fields["payload"], fields["payload_hex"] = None, shown.payload.hex()
    if shown is not frame:
        fields["secrets"] = "hidden"
    if message is not None and message.kind:
        fields |= {"type": message.name, "message_id": message.id, "action": message.action}
    return fields


def _fields(of: Any) -> dict[str, Any]:
    return {name: getattr(of, name) for name in of.__struct_fields__}


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule, "severity": finding.severity, "side": finding.side, "action": finding.action,
        "pointer": finding.pointer, "text": finding.text,
    }  # fmt: skip
