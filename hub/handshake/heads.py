"""The heads of HTTP messages as bytes and as facts, and what the hub changes in them: next to nothing.

The lines of a head are kept as they came, and passed on as they came. Does no I/O.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Self

from hub.errors import HubError
from hub.limits import DEFAULTS
from matrix.trace import Headers

MAX_HEAD_BYTES: Final = DEFAULTS.head_bytes
"""The longest head that the hub reads: an identity of 4 KiB fits many times."""

END_OF_HEAD: Final = b"\r\n\r\n"

_REQUEST_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~\x80-\xff]+) (HTTP/1\.[01])")
_ABSOLUTE_FORM: Final = re.compile(rb"(?:ws|http)s?://[^/?#@]+((?:[/?].*)?)", re.IGNORECASE | re.DOTALL)
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-9][0-9][0-9])(?: (.*))?")
_FIELD_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_LIKE_A_REQUEST_LINE: Final = re.compile(rb"[A-Za-z]+ (.*) (HTTP/[0-9]\.[0-9])", re.DOTALL)
_QUOTABLE_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}")
_PROTOCOL: Final = re.compile(rb"[A-Z]{2,8}[/-][0-9](?:\.[0-9])?(?![0-9A-Za-z])")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

HOP_BY_HOP: Final = frozenset({"keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer"})
"""Fields for the connection that they cross only (RFC 9110 §7.6.1). Connection and Upgrade are what the upgrade is made
of: they reach the CSMS as the station wrote them, right or wrong."""


_ABOUT_THE_CONNECTION: Final = {
    "content-length": "length", "transfer-encoding": "length", "connection": "connection",
    "keep-alive": "dropped", "proxy-connection": "dropped", "trailer": "dropped",
}  # fmt: skip
"""Fields of a refusal that the hub writes anew or drops, since the connection ends with the body."""


class HeadError(HubError):
    """What came is not an HTTP head that the hub can pass on; the message says why.

    It is recorded and logged, so it quotes nothing that may hold a secret: no target, no value, no line.
    """


class HeadTooLongError(HeadError):
    """A head goes on beyond what the hub reads of one."""


@dataclass(frozen=True, slots=True)
class _Head:
    """What a request and a response have in common; `lines` are the field lines without their line ends."""

    lines: tuple[bytes, ...]

    @property
    def headers(self) -> Headers:
        """Name and value of every field, in order; bytes that are not UTF-8 are replaced."""
        return tuple((_text(name), _text(value)) for name, value in map(_name_and_value, self.lines))

    def field(self, name: str) -> str | None:
        """Return a field's value, joined by commas where it is repeated."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(values) if values else None

    def tokens(self, name: str) -> tuple[str, ...]:
        """Return the elements of a comma-separated field, without the empty ones."""
        return tuple(token for part in (self.field(name) or "").split(",") if (token := part.strip()))


@dataclass(frozen=True, slots=True)
class RequestHead(_Head):
    """An HTTP request up to its body.

    `asked` is the request target as it came; `target` is it in origin form: `/acme/CS1` for `ws://hub:9000/acme/CS1`.
    """

    method: str
    asked: str
    target: str
    version: str

    @classmethod
    def parse(cls, head: bytes) -> Self:
        """Read a head that ends with an empty line; one before it is ignored (RFC 9112 §2.2).

        Raises:
            HeadError: it is not a request of HTTP/1.
        """
        first, *lines = head.removeprefix(b"\r\n").removesuffix(END_OF_HEAD).split(b"\r\n")
        match = _REQUEST_LINE.fullmatch(first)
        if not match or not (target := _origin_form(match[2])):
            raise HeadError(f"this is not a request of HTTP/1.1: {_wrong_with_request_line(first)}")
        for number, line in enumerate(lines, start=2):
            if not _FIELD_LINE.fullmatch(line) or _CONTROL.search(line):
                raise HeadError(f"line {number} of the request is not a header field: {_wrong_with_field_line(line)}")
        method, asked, version = map(_raw_text, match.groups())
        return cls(tuple(lines), method, asked, _raw_text(target), version)

    @property
    def is_upgrade(self) -> bool:
        """True where anything in it asks for a WebSocket; whether it asks well is for the CSMS to say."""
        return "websocket" in (self.field("upgrade") or "").lower() or self.field("sec-websocket-key") is not None

    @property
    def has_body(self) -> bool:
        return self.field("transfer-encoding") is not None or (self.field("content-length") or "0").strip() != "0"

    def forwarded(self, target: str, host: str, authorization: str | None = None) -> bytes:
        """Return the head that the CSMS gets: the station's, with the CSMS's own target and Host.

        `authorization` takes the place of what the station says for itself, where the organizer wants that.
        """
        lines = [f"{self.method} {target} {self.version}".encode("utf-8", "surrogateescape")]
        named = {token.lower() for token in self.tokens("connection")} - {"upgrade", "connection"}
        for line in self.lines:
            name = _name_and_value(line)[0].decode().lower()
            if name == "host":
                lines.append(b"Host: " + host.encode())
            elif name == "authorization" and authorization is not None:
                continue
            elif name not in HOP_BY_HOP and (name not in named or name.startswith("sec-websocket-")):
                lines.append(line)
        if authorization is not None:
            lines.append(b"Authorization: " + authorization.encode())
        return b"\r\n".join(lines) + END_OF_HEAD


@dataclass(frozen=True, slots=True)
class ResponseHead(_Head):
    """An HTTP response up to its body; `raw` is the head as it came."""

    status: int
    reason: str
    raw: bytes

    @classmethod
    def parse(cls, head: bytes) -> Self:
        """Read a head that ends with an empty line. Odd field lines are kept: the station is to see them.

        Raises:
            HeadError: it is not a response of HTTP/1.
        """
        first, *lines = head.removesuffix(END_OF_HEAD).split(b"\r\n")
        if not (match := _STATUS_LINE.fullmatch(first)):
            raise HeadError(f"the answer is not one of HTTP/1.1: {_wrong_with_status_line(first)}")
        return cls(tuple(lines), int(match[1]), _text(match[2] or b""), head)

    def with_body(self, body: bytes) -> bytes:
        """Return the whole response as the station gets it: the body in one piece, the connection closed after it.

        What says so stands where the CSMS said what it did about the two; all other lines are as they came.
        """
        length = b"" if self.status in (204, 304) else b"Content-Length: %d" % len(body)
        ours = {"length": length, "connection": b"Connection: close"}
        lines = [self.raw.partition(b"\r\n")[0]]
        for line in self.lines:
            about = _ABOUT_THE_CONNECTION.get(_text(_name_and_value(line)[0]).lower())
            mine = line if about is None else ours.pop(about, b"")
            lines.append(line if _is_alike(line, mine) else mine)
        return b"\r\n".join(filter(None, [*lines, *ours.values()])) + END_OF_HEAD + body


def refusal(status: int, sentence: str, *fields: str) -> bytes:
    """Return the response by which the hub says no, in a sentence."""
    body = f"{sentence}\n".encode("utf-8", "replace")
    head = ResponseHead.parse(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode() + END_OF_HEAD)
    lines = ("Content-Type: text/plain; charset=utf-8", "X-Content-Type-Options: nosniff", *fields)
    return ResponseHead(_encoded(lines), status, head.reason, head.raw).with_body(body)


def _origin_form(target: bytes) -> bytes | None:
    """Return a target without scheme and host, which a server has to accept (RFC 9112 §3.2.2); None for other forms."""
    if target.startswith(b"/"):
        return target
    if not (match := _ABSOLUTE_FORM.fullmatch(target)):
        return None
    return match[1] if match[1].startswith(b"/") else b"/" + match[1]


def _wrong_with_request_line(line: bytes) -> str:
    if not (match := _LIKE_A_REQUEST_LINE.fullmatch(line)):
        return "it does not begin with a method, a target and a version"
    target, version = match.groups()
    if not version.startswith(b"HTTP/1."):
        return f"its version is {_text(version)}"
    if not _origin_form(target):
        return "its target is neither a path nor a ws:// or http:// URL without a user"
    return "its target contains a space or a control character"


def _wrong_with_field_line(line: bytes) -> str:
    name, colon, _ = line.partition(b":")
    if line.startswith((b" ", b"\t")):
        return "it begins with white space"
    if not colon:
        return "it has no colon"
    if not _QUOTABLE_NAME.fullmatch(name.rstrip(b" \t")):
        return "it does not begin with a name"
    if name.endswith((b" ", b"\t")):
        return f"there is white space between {_text(name.rstrip())!r} and its colon"
    return f"the value of {_text(name)!r} contains a control character"


def _wrong_with_status_line(line: bytes) -> str:
    match = _PROTOCOL.match(line)
    return f"it begins with {_text(match[0])!r}" if match else "it does not begin with a version and a status"


def _encoded(lines: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(line.encode() for line in lines)


def _name_and_value(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.strip(b" \t")


def _is_alike(line: bytes, other: bytes) -> bool:
    return _name_and_value(line.lower()) == _name_and_value(other.lower())


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def storable(text: str) -> str:
    """Return a text that was decoded to be sent on as one that can be stored: odd bytes are replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _raw_text(raw: bytes) -> str:
    """Decode what will be sent on: `surrogateescape` brings the same bytes back."""
    return raw.decode("utf-8", "surrogateescape")
