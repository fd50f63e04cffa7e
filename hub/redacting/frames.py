"""Frames with pseudonyms in them: fragments are put together for that, and taken apart again at the same bytes."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from hub.redacting.kinds import Kind
from hub.redacting.messages import redacted
from hub.redacting.redactor import Redactor
from matrix.exchange import join
from matrix.trace import FIRST_CONTROL_OPCODE, Frame, Opcode, Side
from matrix.wire import NotJsonError, parse_json

_ANSWERS: Final = re.compile(r'\s*\[\s*[34]\s*,\s*"[^"\\]{1,36}"')
"""How text begins that nobody can read and that is taken for an answer all the same (`matrix.wire`)."""
_CLOSE_CODE: Final = 2
_NEUTRAL: Final = str.maketrans(
    {chr(code): "0" if chr(code).isdigit() else "x" for code in range(128) if chr(code).isalnum()}
)


class FrameRedactor:
    """Takes the frames of a recording in order, and hands them on redacted: those of fragments once all are there."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._fragments: dict[tuple[int, Side], list[Frame]] = {}

    def take(self, frame: Frame) -> Iterator[Frame]:
        """Take the next frame; yield what is done."""
        stream = (frame.session, frame.side)
        if frame.unread is not None or frame.opcode == Opcode.UNREAD:
            yield from self.cut(stream)
            yield self._unread(frame)
        elif frame.opcode >= FIRST_CONTROL_OPCODE:
            yield self._control(frame)
        elif frame.opcode == Opcode.TEXT and frame.fin and not frame.rsv and isinstance(frame.payload, str):
            yield msgspec.structs.replace(frame, payload=self._text(frame.payload))
        else:
            yield from self._fragment(frame, stream)

    def rest(self) -> Iterator[Frame]:
        """Yield the fragments of messages that never came to their end."""
        for stream in [*self._fragments]:
            yield from self.cut(stream)

    def cut(self, stream: tuple[int, Side]) -> Iterator[Frame]:
        """Yield the fragments of a message that does not go on."""
        for frame in self._fragments.pop(stream, ()):
            yield msgspec.structs.replace(frame, payload=self._neutral(frame.payload))

    def _fragment(self, frame: Frame, stream: tuple[int, Side]) -> Iterator[Frame]:
        if frame.opcode != Opcode.CONTINUATION:
            yield from self.cut(stream)
        fragments = self._fragments.setdefault(stream, [])
        fragments.append(frame)
        if frame.fin:
            yield from self._whole(self._fragments.pop(stream))

    def _whole(self, frames: list[Frame]) -> Iterator[Frame]:
        message = join([frame.payload for frame in frames])
        new = self._text(message) if isinstance(message, str) else self._bytes(message)
        octets = new.encode() if isinstance(new, str) else new
        at = 0
        for frame in frames:
            end = at + len(frame.payload.encode() if isinstance(frame.payload, str) else frame.payload)
            piece = octets[at:end]
            yield msgspec.structs.replace(frame, payload=piece.decode() if isinstance(frame.payload, str) else piece)
            at = end

    def _text(self, text: str) -> str:
        try:
            return redacted(self._redactor, text)
        except NotJsonError:
            return self._unreadable(text)

    def _bytes(self, message: bytes) -> bytes:
        """Replace a message that came as bytes: in a binary frame, or as text that is not UTF-8."""
        try:
            return redacted(self._redactor, message.decode()).encode()
        except (NotJsonError, UnicodeDecodeError):
            answer = _ANSWERS.match(message.decode("latin-1"))
            kept = answer.end() if answer else 0
            return self._redactor.kept(message[:kept].decode("latin-1")).encode("latin-1") + self._neutral_bytes(
                message[kept:]
            )

    def _unreadable(self, text: str) -> str:
        """Return text that is no JSON either, and begins like an answer where it did."""
        if Kind.UNREADABLE not in self._redactor.kinds:
            return self._redactor.kept(text)
        answer = _ANSWERS.match(text)
        kept = answer.end() if answer else 0
        new = self._redactor.kept(text[:kept]) + neutral(text[kept:])
        if _is_json(new):
            new = new[:kept] + "x" * len(neutral(text[kept:]))
        return self._redactor.tally.note(Kind.UNREADABLE, text, new)

    def _control(self, frame: Frame) -> Frame:
        code = _CLOSE_CODE if frame.opcode == Opcode.CLOSE else 0
        payload = frame.payload
        if isinstance(payload, str):
            return msgspec.structs.replace(frame, payload=payload[:code] + self._said(payload[code:]))
        return msgspec.structs.replace(frame, payload=payload[:code] + self._said_in_bytes(payload[code:]))

    def _said(self, text: str) -> str:
        return self._redactor.value(Kind.TEXT, text)

    def _said_in_bytes(self, words: bytes) -> bytes:
        try:
            return self._said(words.decode()).encode()
        except UnicodeDecodeError:
            pseudonym = self._redactor.pseudonyms.of_bytes(words)
            return pseudonym if Kind.UNREADABLE in self._redactor.kinds else words

    def _unread(self, frame: Frame) -> Frame:
        why = None if frame.unread is None else self._redactor.sentence(frame.unread)
        return msgspec.structs.replace(frame, payload=self._neutral(frame.payload), unread=why)

    def _neutral(self, payload: str | bytes) -> str | bytes:
        if Kind.UNREADABLE not in self._redactor.kinds:
            return self._redactor.kept(payload) if isinstance(payload, str) else payload
        if isinstance(payload, str):
            return self._redactor.tally.note(Kind.UNREADABLE, payload, neutral(payload))
        return self._neutral_bytes(payload)

    def _neutral_bytes(self, octets: bytes) -> bytes:
        """Replace bytes; what is UTF-8 stays so, what is not stays that, and what is no JSON does not become it."""
        if Kind.UNREADABLE not in self._redactor.kinds:
            return octets
        try:
            new = neutral(octets.decode()).encode()
        except UnicodeDecodeError:
            new = neutral(octets.decode("latin-1")).encode("latin-1")
        if _is_json(new):
            new = b"x" * len(octets)
        self._redactor.tally.note(Kind.UNREADABLE, octets.decode("latin-1"), new.decode("latin-1"))
        return new


def neutral(text: str) -> str:
    """Return a text with an x for each letter and a 0 for each digit, as long in UTF-8; other characters stay."""
    return "".join(each if each.isascii() else _wide(each) for each in text.translate(_NEUTRAL))


def _wide(letter: str) -> str:
    """Return one character for all of as many bytes in UTF-8; the first, as a byte, is none of any such text."""
    return "\xff" if letter < "\u0800" else "\u4e00" if letter < "\U00010000" else "\U00020000"


def _is_json(text: str | bytes) -> bool:
    try:
        parse_json(text)
    except NotJsonError:
        return False
    return True
