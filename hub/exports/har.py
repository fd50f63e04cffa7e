"""HAR 1.2 with `_webSocketMessages`, as Chrome writes it: one entry for each session, as its station saw it.

What HAR has no field for stands in fields named `_plugfest`, which other programs pass over: with them, an import gives
the session back as it was recorded.
"""

import base64
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from hub.exports.contents import Contents, iso
from hub.recording.reading import Beginning
from hub.session_file import Head, Part, fields_of, head_fields, word_of
from matrix import __version__
from matrix.safe import safe_json
from matrix.trace import Frame, Headers, Session, Side

MOST_FIELDS: Final = 100
TYPES: Final = {Side.STATION: "send", Side.CSMS: "receive"}
NOWHERE: Final = "plugfest.invalid"
"""Stands for the host of a URL where nobody has named one (RFC 2606)."""


def har(contents: Contents) -> Iterator[bytes]:
    """Yield the text of the archive."""
    creator = {"name": "plugfest", "version": __version__}
    yield b'{"log":{"version":"1.2","creator":' + _json(creator) + b',"pages":[],"entries":['
    between = b"\n"
    for head, parts in contents.apart():
        yield between
        yield from _entry(contents, head, parts)
        between = b",\n"
    yield b"\n]}}\n"


def _entry(contents: Contents, head: Head, parts: Iterator[Part]) -> Iterator[bytes]:
    """Yield an entry: its messages one by one, and then what else there is of the session."""
    yield _json(_fields(head.session))[:-1] + b',"_webSocketMessages":['
    rest: list[tuple[str, dict[str, Any]]] = []
    between = b"\n"
    for part in parts:
        if isinstance(part, Frame):
            yield between + _json(_message(contents.shown(part)))
            between = b",\n"
        elif isinstance(part, Beginning) and not contents.with_secrets:
            contents.left_out["beginnings of frames"] += 1
        else:
            rest.append((word_of(part), _plain(fields_of(part))))
    findings = contents.findings.of_handshake(head.session.id)
    told = {"findings": [f"{each.rule} {each.severity} {each.side}: {each.text}" for each in findings]}
    yield b'],"_plugfest":' + _json({"session": head_fields(head), "parts": rest, **told}) + b"}"


def _message(frame: Frame) -> dict[str, Any]:
    """Return a frame as Chrome has it: text as it is, everything else in base64."""
    is_text = isinstance(frame.payload, str)
    payload = frame.payload.encode() if isinstance(frame.payload, str) else frame.payload
    data = frame.payload if is_text else base64.b64encode(payload).decode()
    fields = {name: value for name, value in fields_of(frame).items() if name not in ("payload", "side", "opcode")}
    return {
        "type": TYPES[frame.side], "time": frame.at / 1e9, "opcode": frame.opcode, "data": data,
        "_plugfest": fields | {"is_base64": not is_text},
    }  # fmt: skip


def _fields(session: Session) -> dict[str, Any]:
    """Return the entry of a session without its messages; times in ms, sizes -1 where nobody knows them (HAR 1.2)."""
    ended = session.closed_at or session.answered_at or session.opened_at
    answered = session.answered_at or session.opened_at
    wait, receive = (answered - session.opened_at) / 1e6, max(ended - answered, 0) / 1e6
    return {
        "startedDateTime": iso(session.opened_at, digits=6), "time": wait + receive, "_resourceType": "websocket",
        "request": _request(session), "response": _response(session), "cache": {},
        "timings": {"send": 0, "wait": wait, "receive": receive}, "comment": f"{session.identity} -> {session.csms}",
    }  # fmt: skip


def _request(session: Session) -> dict[str, Any]:
    return {
        "method": "GET", "url": _url(session), "httpVersion": "HTTP/1.1", "headers": _headers(session.request),
        "queryString": _query(session.path), "cookies": [], "headersSize": -1, "bodySize": 0,
    }  # fmt: skip


def _response(session: Session) -> dict[str, Any]:
    return {
        "status": session.status or 0, "statusText": session.reason, "httpVersion": "HTTP/1.1",
        "headers": _headers(session.response), "cookies": [], "redirectURL": "", "headersSize": -1, "bodySize": -1,
        "content": {"size": len(session.body.encode()), "mimeType": "x-unknown", "text": session.body},
    }  # fmt: skip


def _query(path: str) -> list[dict[str, str]]:
    with suppress(ValueError):  # more fields than anybody has
        fields = parse_qsl(path.partition("?")[2], keep_blank_values=True, max_num_fields=MOST_FIELDS)
        return [{"name": name, "value": value} for name, value in fields]
    return []


def _url(session: Session) -> str:
    host = session.header("Host") or NOWHERE
    scheme = "wss" if session.tls or session.upstream.startswith("wss:") else "ws"
    return f"{scheme}://{host}{session.path or f'/{session.csms}/{session.identity}'}"


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in fields.items()
    }


def _json(value: object) -> bytes:
    return safe_json(orjson.dumps(value).decode()).encode()
