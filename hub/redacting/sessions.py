"""Handshakes, notes and disturbances with pseudonyms in them."""

import re
from http import HTTPStatus
from typing import Final

import msgspec

from hub.redacting.kinds import Kind, kind_of_header
from hub.redacting.messages import redacted
from hub.redacting.redactor import Redactor
from matrix.notes import Note
from matrix.trace import Disturbed, Headers, Replay, Session
from matrix.wire import NotJsonError

_BASIC: Final = re.compile(r"(?P<before>basic user=)(?P<user>.*)(?P<after> password=.*)", re.IGNORECASE | re.DOTALL)
_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9_-]*[ \t]+)?(?P<rest>.*)", re.DOTALL)
_IN_TLS: Final = re.compile(
    r"(?<=[A-Za-z]=)(?P<name>[^=]*?)(?=, [A-Za-z0-9.]+=|, issued by |, serial |\Z)"
    r"|(?<=serial )(?P<serial>[0-9A-Fa-f]+)|(?<=SHA-256 )(?P<digest>[0-9A-Fa-f]+)"
)
_TUNNEL: Final = re.compile(r"(?<=:)[^,]+")
PHRASES: Final = frozenset(status.phrase for status in HTTPStatus)
"""What the standard says in the first line of an answer."""


def redacted_session(redactor: Redactor, session: Session) -> Session:
    """Return a session with pseudonyms in it; times, outcome and subprotocols stay."""
    named = redactor.value
    kept = ((Kind.IDENTITY, session.identity), (Kind.VENDOR, session.csms))
    redactor.spared |= {name for kind, name in kept if kind not in redactor.kinds}
    return msgspec.structs.replace(
        session,
        identity=named(Kind.IDENTITY, session.identity),
        csms=named(Kind.VENDOR, session.csms),
        path=_path(redactor, session),
        upstream=redactor.sentence(session.upstream),
        remote=named(Kind.ADDRESS, session.remote),
        tls=None if session.tls is None else _tls(redactor, session.tls),
        tunnel=None if session.tunnel is None else _TUNNEL.sub(lambda m: named(Kind.VENDOR, m[0]), session.tunnel),
        offered=tuple(redactor.digests(redactor.kept(offer)) for offer in session.offered),
        chosen=None if session.chosen is None else redactor.digests(redactor.kept(session.chosen)),
        reason=session.reason if session.reason in PHRASES else named(Kind.TEXT, session.reason),
        request=_headers(redactor, session.request),
        response=_headers(redactor, session.response),
        body=_body(redactor, session.body),
        fault=None if session.fault is None else redactor.sentence(session.fault),
        origin=None if session.origin is None else _origin(redactor, session.origin),
    )


def redacted_note(redactor: Redactor, note: Note) -> Note:
    """Return a note with pseudonyms for who wrote it and what it says."""
    return msgspec.structs.replace(
        note,
        author=redactor.value(Kind.PERSON, note.author),
        text=redactor.value(Kind.TEXT, note.text),
        action=redactor.kept(note.action),
        resolved_by=redactor.value(Kind.PERSON, note.resolved_by),
        resolution=redactor.value(Kind.TEXT, note.resolution),
    )


def redacted_step(redactor: Redactor, step: Disturbed) -> Disturbed:
    """Return a step of a disturbance; the organizer's words stay, but for known values."""
    return msgspec.structs.replace(step, text=redactor.kept(step.text))


def redacted_replay(redactor: Redactor, replay: Replay) -> Replay:
    """Return what a session was played from without the name of the file; number and time tell the session in it."""
    is_kept = Kind.TEXT not in redactor.kinds
    return msgspec.structs.replace(replay, recording=redactor.kept(replay.recording) if is_kept else "")


def _path(redactor: Redactor, session: Session) -> str:
    """Return the request target: the CSMS's name in it has the pseudonym, if any, that the CSMS has."""
    if Kind.ADDRESS not in redactor.kinds and Kind.IDENTITY not in redactor.kinds:
        return redactor.kept(session.path)
    prefix = f"/{session.csms}/"
    if not session.csms or not session.path.startswith(prefix):
        return redactor.path(session.path)
    return f"/{redactor.value(Kind.VENDOR, session.csms)}/{redactor.path(session.path[len(prefix) :])}"


def _origin(redactor: Redactor, origin: str) -> str:
    """Return what a session was imported from: a file's name, which may name anybody, and the format of its log."""
    name, bracket, form = origin.partition(" (")
    return (redactor.segment(name) if Kind.TEXT in redactor.kinds else redactor.kept(name)) + bracket + form


def _tls(redactor: Redactor, tls: str) -> str:
    facts, mark, certificate = tls.partition("; client certificate ")
    return facts + mark + _IN_TLS.sub(lambda match: redactor.value(Kind.CERTIFICATE, match[0]), certificate)


def _headers(redactor: Redactor, headers: Headers) -> Headers:
    return tuple((redactor.kept(name), _header(redactor, kind_of_header(name), value)) for name, value in headers)


def _header(redactor: Redactor, kind: Kind, value: str) -> str:
    match kind:
        case Kind.CREDENTIAL if basic := _BASIC.fullmatch(value):
            user = redactor.value(Kind.IDENTITY, basic["user"])
            return f"{basic['before']}{user}{redactor.digests(basic['after'])}"
        case Kind.CREDENTIAL if "hmac:" in value:
            return redactor.digests(redactor.kept(value))
        case Kind.CREDENTIAL:
            split = _SCHEME.fullmatch(value)
            assert split is not None
            return (split["scheme"] or "") + redactor.value(Kind.CREDENTIAL, split["rest"])
        case Kind.KEYWORD:
            return redactor.digests(redactor.kept(value))
        case _:
            return redactor.digests(value) if "hmac:" in value else redactor.value(kind, value)


def _body(redactor: Redactor, body: str) -> str:
    if body.lstrip()[:1] in ("{", "[") and Kind.TEXT in redactor.kinds:
        try:
            return redacted(redactor, body, depth=1)
        except NotJsonError:
            pass
    return redactor.value(Kind.TEXT, body)
