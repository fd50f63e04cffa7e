"""Notes on contested cells: what is asked for, looked over, and written where no hub has the recording."""

import time
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from hub.errors import HubError
from hub.recording.database import DatabaseError, Transaction
from hub.recording.file_kind import TRIM_HINT
from hub.recording.lock_file import BRIEFLY
from hub.recording.migrations import INDEX_FRAMES
from hub.recording.reading import Recording
from hub.recording.writable import open_for_writing
from hub.salvaging.damage import damage_of
from hub.writing.batch import note_row
from matrix.boards.pair import CONNECT, FRAMING
from matrix.dialect import dialect
from matrix.notes import Note
from matrix.recognise import version_of
from matrix.rule import rule_named
from matrix.trace import Session

LONGEST_NAME: Final = 80
LONGEST_TEXT: Final = 2_000
MOST_NOTES: Final = 1_000
SQLITE_BITS: Final = 64
"""A number of a recording has fewer."""


class NoteError(HubError):
    """That cannot be noted; the message says why."""


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody wants to have noted: a cell contested, or (with `resolve`, the number of a note) that resolved.

    A cell is named by a session, or one of its frames, and a message type; without one, it is the pair as a whole.
    """

    author: str
    text: str
    session: int | None = None
    action: str = ""
    rule: str = ""
    frame: int | None = None
    resolve: int | None = None


def noted(recording: Recording, order: Order, at: int) -> Note:
    """Return the note that an order makes of a recording at a time (ns): a new one with the id 0, or one resolved.

    Raises:
        NoteError: it says too little, too much, or names what is not there.
        RecordingError: the recording cannot be read.
    """
    author = _within(order.author, LONGEST_NAME, "the name of who says it")
    text = _within(order.text, LONGEST_TEXT, "the text")
    notes = recording.notes()
    if order.resolve is not None:
        return _resolved(notes, order.resolve, author, text, at)
    if len(notes) >= MOST_NOTES:
        raise NoteError(f"there are {len(notes)} notes already, and more are not kept")
    session = _session_of(recording, order)
    _check_action(recording, session, order.action)
    _check_rule(order.rule)
    return Note(
        id=0, at=at, author=author, text=text, session=session.id, action=order.action, rule=order.rule,
        frame=order.frame,
    )  # fmt: skip


def _within(text: str, longest: int, what: str) -> str:
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    if not text:
        raise NoteError(f"{what} is missing")
    if len(text) > longest:
        raise NoteError(f"{what} has {len(text)} characters, and {longest} are the most")
    return text


def _resolved(notes: list[Note], number: int, author: str, text: str, at: int) -> Note:
    note = next((note for note in notes if note.id == number), None)
    if note is None:
        raise NoteError(f"there is no note {number}")
    if not note.is_open:
        raise NoteError(f"note {number} was resolved by {note.resolved_by!r} already: {note.resolution!r}")
    return msgspec.structs.replace(note, resolved_at=at, resolved_by=author, resolution=text)


def _session_of(recording: Recording, order: Order) -> Session:
    for number in (order.session, order.frame):
        if number is not None and number.bit_length() >= SQLITE_BITS:
            raise NoteError(f"there is no session or frame {number}")
    if order.frame is None:
        if order.session is None:
            raise NoteError("say what is contested: a session, or a frame of one")
        return recording.session(order.session)
    session = recording.frame(order.frame).session
    if order.session not in (None, session):
        raise NoteError(f"frame {order.frame} is one of session {session}, not of {order.session}")
    return recording.session(session)


def _check_action(recording: Recording, session: Session, action: str) -> None:
    """Look whether there is such a row: one of the version's, or one that was heard in this session."""
    if not action or action in (CONNECT, FRAMING) or action in dialect(version_of(session)).actions:
        return
    if not recording.frame_ids(session.id, containing=f'"{action}"'):
        raise NoteError(f"there is no message type {action!r} in session {session.id}")


def _check_rule(code: str) -> None:
    try:
        if code:
            rule_named(code)
    except KeyError as exc:
        raise NoteError(f"there is no rule {code!r}; `plugfest rules` lists them") from exc


def write_note(path: Path, order: Order) -> Note:
    """Write a note into a recording that no hub writes to; the index of a judged recording is kept.

    Nothing else in this process may have the recording open (`hub.recording.database`).

    Raises:
        LockedError: a hub writes to it.
        HubError: it cannot be noted, or not there.
    """
    if damage := damage_of(path, thorough=False):
        raise NoteError(f"{str(path)!r} is damaged, and takes no note: {damage}; {TRIM_HINT}")
    with closing(Recording.open(path)) as recording:
        noted(recording, order, 0)
        has_index = recording.has_frame_index()
    writable = open_for_writing(path, where=BRIEFLY)
    with closing(writable):
        note = noted(Recording(path, writable.connection), order, time.time_ns())
        note = msgspec.structs.replace(note, id=note.id or writable.last_note + 1)
        try:
            with Transaction(writable.connection) as cursor:
                cursor.execute(*note_row(note))
                if has_index:
                    cursor.execute(INDEX_FRAMES)
        except DatabaseError as exc:
            raise NoteError(f"{str(path)!r} takes no note: {exc}") from exc
    return note
