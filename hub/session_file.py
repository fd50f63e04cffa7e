"""One session in a file of its own, without a loss: what `.session` files are (docs/exporting.md).

Its records are `session`, then in the order of recording `frame` and `disturbance`, then `note` and `beginning`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from hub.recording.reading import Beginning, Recording, handshake_of
from hub.session_records import Record, SessionFileError, packed, records_of
from matrix.notes import Note
from matrix.trace import Closed, Disturbed, Frame, Opcode, Opened, Session, Traffic, mark_of

LATEST_NS: Final = 9_000_000_000_000_000_000
"""The year 2255: no time, and no other number, is beyond it."""


class Head(msgspec.Struct, frozen=True):
    """A session as it stood when it was written out, and where it was opened and closed in the order of recording."""

    session: Session
    opened_mark: int | None
    closed_mark: int | None


Part = Frame | Disturbed | Note | Beginning
"""What a session consists of besides its row."""
_KINDS: Final[dict[str, type[Any]]] = {
    "frame": Frame, "disturbance": Disturbed, "note": Note, "beginning": Beginning
}  # fmt: skip
_FRAME: Final = msgspec.defstruct(
    "frame",
    [
        (each.name, each.type) if each.required else (each.name, each.type, each.default)
        for each in msgspec.structs.fields(Frame)
        if each.name != "payload"
    ],
)
"""A frame without its payload: msgspec checks no type that is either text or bytes."""
_WORDS: Final = {kind: word for word, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A whole session. Frames and disturbances are in the order of recording, which their marks number."""

    head: Head
    frames: tuple[Frame, ...] = ()
    disturbances: tuple[Disturbed, ...] = ()
    notes: tuple[Note, ...] = ()
    beginnings: tuple[Beginning, ...] = ()

    @property
    def session(self) -> Session:
        return self.head.session

    @property
    def parts(self) -> tuple[Part, ...]:
        """Everything but the head, in the order in which a file has it."""
        steps: Iterable[Frame | Disturbed] = self.disturbances
        return (*merge(self.frames, steps, key=mark_of), *self.notes, *self.beginnings)

    def traffic(self) -> list[Traffic]:
        """Return it as the judge wants it."""
        return [*traffic_of(self.head, self.parts)]


def session_parts(recording: Recording, session: int) -> tuple[Head, Iterator[Part]]:
    """Return one session of a recording, as of this moment; its frames are read as they are taken.

    Raises:
        RecordingError: there is no such session, or it cannot be read.
    """
    with recording.at_one_moment():
        head = Head(recording.session(session), *recording.marks(session))
        steps: list[Frame | Disturbed] = [*recording.disturbances(session)]
        rest: list[Part] = [
            *(note for note in recording.notes() if note.session == session),
            *recording.beginnings(session),
        ]
        until = recording.last_mark()
    return head, _parts(recording, head, steps, rest, until)


def _parts(
    recording: Recording, head: Head, steps: list[Frame | Disturbed], rest: list[Part], until: int
) -> Iterator[Part]:
    frames: Iterable[Frame | Disturbed] = () if head.opened_mark is None else recording.frames(head.session.id)
    for item in merge(frames, steps, key=mark_of):
        if mark_of(item) > until:
            break
        yield item
    yield from rest


def session_of(recording: Recording, session: int) -> SessionFile:
    """Return one session of a recording, all of it in memory.

    Raises:
        RecordingError: there is no such session, or it cannot be read.
    """
    return _whole(*session_parts(recording, session))


def traffic_of(head: Head, parts: Iterable[Part]) -> Iterator[Traffic]:
    """Yield what the judge is given of a session: opened, what happened, closed; nothing of a pending handshake."""
    opened = None if head.opened_mark is None else Opened(head.opened_mark, handshake_of(head.session))
    for item in parts:
        if not isinstance(item, Frame | Disturbed):
            continue
        if opened is not None and mark_of(item) > opened.mark:
            yield opened
            opened = None
        yield item
    if opened is not None:
        yield opened
    if head.closed_mark is not None:
        yield Closed(head.closed_mark, head.session)


# -- writing ----------------------------------------------------------------------------------------------------------


def session_bytes(head: Head, parts: Iterable[Part]) -> Iterator[bytes]:
    """Yield the bytes of a file with one session; of its parts, frames and disturbances come first, in their order."""
    return packed(chain((("session", head_fields(head)),), ((word_of(part), fields_of(part)) for part in parts)))


def write_session(file: BinaryIO, head: Head, parts: Iterable[Part]) -> None:
    """Write one session: frames and disturbances first, in the order of recording.

    Raises:
        OSError: it cannot be written.
    """
    file.writelines(session_bytes(head, parts))


def head_fields(head: Head) -> dict[str, Any]:
    """Return the fields of the record of a session; `played`, which older hubs do not know, where somebody was."""
    fields = fields_of(head.session) | {"opened_mark": head.opened_mark, "closed_mark": head.closed_mark}
    return {name: value for name, value in fields.items() if name != "played" or value is not None}


def word_of(part: Part) -> str:
    """Return the word of a part's record."""
    return _WORDS[type(part)]


def fields_of(part: Session | Part) -> dict[str, Any]:
    """Return the fields of a session or a part of it; which session it is stands in the session's own."""
    return {name: getattr(part, name) for name in part.__struct_fields__ if name != "session"}


# -- reading ----------------------------------------------------------------------------------------------------------


def read_session(path: Path) -> SessionFile:
    """Read a whole session file.

    Raises:
        SessionFileError: it is none, is cut off, damaged, or of a newer version.
    """
    return _whole(*open_session(path))


def open_session(path: Path) -> tuple[Head, Iterator[Part]]:
    """Read the beginning of a session file, which is whole; its parts are read as they are taken.

    Raises:
        SessionFileError: it is none, is cut off, damaged, or of a newer version; also while parts are taken.
    """
    return session_from(path, records_of(path))


def session_from(path: Path, records: Iterator[Record]) -> tuple[Head, Iterator[Part]]:
    """Return the session that records tell of, which were read from a file.

    Raises:
        SessionFileError: they make no sense; also while parts are taken.
    """
    head = _head(path, next(records, ("", {})))
    return head, _read_parts(path, head, records)


def _whole(head: Head, parts: Iterable[Part]) -> SessionFile:
    taken = [*parts]
    return SessionFile(
        head,
        frames=tuple(part for part in taken if isinstance(part, Frame)),
        disturbances=tuple(part for part in taken if isinstance(part, Disturbed)),
        notes=tuple(part for part in taken if isinstance(part, Note)),
        beginnings=tuple(part for part in taken if isinstance(part, Beginning)),
    )


def _head(path: Path, record: Record) -> Head:
    word, fields = record
    if word != "session":
        raise SessionFileError(f"{str(path)!r} is damaged: a session does not come first in it")
    marks = {name: fields.pop(name, None) for name in ("opened_mark", "closed_mark")}
    session = _made(path, "session", Session, fields)
    _check_numbers(path, "session", marks)
    head: Head = _made(path, "session", Head, {"session": session, **marks})
    if session.id < 1 or 0 in marks.values() or (head.opened_mark is None and head.closed_mark is not None):
        raise SessionFileError(f"{str(path)!r} is damaged: its session has no place in the order of recording")
    return head


def _read_parts(path: Path, head: Head, records: Iterator[Record]) -> Iterator[Part]:
    opened, closed = head.opened_mark or 0, head.closed_mark or LATEST_NS
    latest = 0
    for word, fields in records:
        if word not in _KINDS:
            raise SessionFileError(f"{str(path)!r} was written by a newer version of the hub: unknown value {word!r}")
        kind = _KINDS[word]
        own = {} if kind is Beginning else {"session": head.session.id}
        part: Part = _made(path, word, kind, fields | own)
        if isinstance(part, Frame | Disturbed):
            mark = mark_of(part)
            outside = isinstance(part, Frame) and not (head.opened_mark and opened < mark < closed)
            if mark <= latest or mark in (opened, closed) or outside:
                raise SessionFileError(f"{str(path)!r} is damaged: {word} {mark} is not in the order of recording")
            latest = mark
        yield part


def _made(path: Path, word: str, kind: type[Any], fields: dict[str, Any]) -> Any:
    """Make a part of its fields, all of which have to be known and within their bounds."""
    if unknown := sorted(map(str, set(fields) - set(kind.__struct_fields__))):
        raise SessionFileError(
            f"{str(path)!r} was written by a newer version of the hub: unknown field {unknown[0]!r} of a {word}"
        )
    _check_numbers(path, word, fields)
    try:
        return _frame(fields) if kind is Frame else msgspec.convert(fields, kind, builtin_types=(bytes,))
    except ValueError as exc:
        raise SessionFileError(f"{str(path)!r} is damaged: a {word} in it: {exc}") from exc


def _frame(fields: dict[str, Any]) -> Frame:
    payload = fields.pop("payload", None)
    if not isinstance(payload, str | bytes):
        raise ValueError("its payload is neither text nor bytes")  # noqa: TRY004 - as msgspec says it
    return Frame(payload=payload, **msgspec.structs.asdict(msgspec.convert(fields, _FRAME)))


def _check_numbers(path: Path, word: str, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        least = Opcode.UNREAD if name == "opcode" else 0
        if isinstance(value, int) and not least <= value <= LATEST_NS:
            raise SessionFileError(f"{str(path)!r} is damaged: {name} of a {word} is {value}")
