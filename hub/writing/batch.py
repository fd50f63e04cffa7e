"""What one transaction of the recorder holds, and the statements that write it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from hub.recording.database import Transaction
from matrix.notes import Note
from matrix.trace import Disturbed, Ending, Replay, Session, Side

Row = dict[str, Any]
TextRow = tuple[int, int, int, str, int, int, str]
"""A whole text message in one frame, as nearly all are: what is the same for all of them stands in the statement."""
ReadFrameRow = tuple[int, int, int, str, int, str | bytes, int, int, int, int]
"""A frame whose payload is what was meant."""
FrameRow = tuple[int, int, int, str, int, str | bytes, int, int, int, int, str | None]
DisturbanceRow = tuple[int, int, int, int, str, str, str, str | None, int | None]

INSERT_FRAME: Final = (
    "INSERT INTO frame (id, session, at, side, opcode, payload, fin, rsv, masked, size, unread)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_READ_FRAME: Final = (
    "INSERT INTO frame (id, session, at, side, opcode, payload, fin, rsv, masked, size)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_TEXT: Final = "INSERT INTO frame VALUES(?,?,?,?,1,1,0,?,?,?,NULL)"
"""In the order of the table's columns, and short: for each row APSW hashes all of it to find the statement again."""
_INSERT_PARTIAL: Final = "INSERT INTO partial (session, side, at, bytes) VALUES (?, ?, ?, ?)"
DELETE_PARTIAL: Final = "DELETE FROM partial WHERE session = ? AND side = ?"

_SESSION_COLUMNS: Final = (
    "id", "opened_at", "answered_at", "closed_at", "identity", "csms", "path", "upstream", "remote", "tls", "tunnel",
    "offered", "chosen", "status", "reason", "request", "response", "body", "fault", "closed_by", "ending",
    "station_close", "csms_close", "origin", "clock", "opened_mark", "closed_mark",
)  # fmt: skip
_PUT_SESSION: Final = (
    f"INSERT INTO session ({', '.join(_SESSION_COLUMNS)})"  # noqa: S608 - the names are our own
    f" VALUES ({', '.join(f':{name}' for name in _SESSION_COLUMNS)})"
    f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = :{name}' for name in _SESSION_COLUMNS[1:])}"
)
_END_SESSION: Final = (
    "UPDATE session SET closed_at = :closed_at, closed_by = :closed_by, ending = :ending,"
    " station_close = :station_close, csms_close = :csms_close, fault = coalesce(:fault, fault),"
    " closed_mark = :closed_mark WHERE id = :id"
)
INSERT_DISTURBANCE: Final = (
    "INSERT INTO disturbance (id, number, session, at, phase, fault, text, side, frame)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_NOTE_COLUMNS: Final = (
    "id", "at", "author", "subject", "reference", "contested", "text", "session", "action", "rule", "frame",
    "resolved_at", "resolved_by", "resolution",
)  # fmt: skip
_PUT_NOTE: Final = (
    f"INSERT INTO note ({', '.join(_NOTE_COLUMNS)})"  # noqa: S608 - the names are our own
    f" VALUES ({', '.join(f':{name}' for name in _NOTE_COLUMNS)})"
    f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = :{name}' for name in _NOTE_COLUMNS[1:])}"
)
_PUT_REPLAY: Final = (
    "INSERT OR REPLACE INTO replay (session, recording, origin, origin_at, side, speed)"
    " VALUES (:session, :recording, :origin, :origin_at, :side, :speed)"
)
_PUT_PLAYED: Final = (
    "INSERT OR IGNORE INTO replay (session, recording, origin, origin_at, side, speed)"
    " VALUES (:session, '', 0, 0, :side, '')"
)
_PUT_IMPROVISED: Final = "INSERT INTO improvised (session, message_id, action) VALUES (:session, :message_id, :action)"


class Stream(NamedTuple):
    """One direction of one session: what `side` sends."""

    session: int
    side: str


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How an open session ended, or (`closed_at` is None) how it began to end."""

    id: int
    closed_at: int | None = None
    closed_by: Side | None = None
    ending: Ending | None = None
    fault: str | None = None
    station_close: int | None = None
    csms_close: int | None = None


def session_row(session: Session, opened_mark: int | None, closed_mark: int | None) -> tuple[str, Row]:
    """Return the statement that writes a whole session, and its row."""
    row: Row = {name: getattr(session, name, None) for name in _SESSION_COLUMNS}
    for name in ("offered", "request", "response"):
        row[name] = orjson.dumps(row[name]).decode()
    return _PUT_SESSION, row | {"opened_mark": opened_mark, "closed_mark": closed_mark}


def end_row(end: SessionEnd, closed_mark: int | None) -> tuple[str, Row]:
    """Return the statement that writes a session's end, and its row."""
    row: Row = {name: getattr(end, name) for name in SessionEnd.__slots__}
    return _END_SESSION, row | {"closed_mark": closed_mark}


def disturbance_row(step: Disturbed) -> DisturbanceRow:
    """Return the row of a step of a disturbance."""
    side = None if step.side is None else step.side.value
    return (
        step.mark, step.number, step.session, step.at, step.phase.value, step.fault.value, step.text, side, step.frame
    )  # fmt: skip


def note_row(note: Note) -> tuple[str, Row]:
    """Return the statement that writes a note, new or resolved, and its row."""
    row: Row = {name: getattr(note, name, None) for name in _NOTE_COLUMNS}
    reference = f"session {note.session} {note.action}".strip()
    return _PUT_NOTE, row | {"subject": "cell", "reference": reference, "contested": note.is_open}


def replay_row(replay: Replay) -> tuple[str, Row]:
    """Return the statement that writes what a session was played from, and its row."""
    return _PUT_REPLAY, msgspec.to_builtins(replay)


def played_rows(session: Session) -> list[tuple[str, Row]]:
    """Return the statement that writes who was played in a session that is a copy, with its row; none if nobody was.

    What it was played from, a feed and a file of one session do not say.
    """
    return [] if session.played is None else [(_PUT_PLAYED, {"session": session.id, "side": session.played.value})]


def improvised_row(session: int, message_id: str, action: str) -> tuple[str, Row]:
    """Return the statement that marks an answer as improvised, and its row."""
    return _PUT_IMPROVISED, {"session": session, "message_id": message_id, "action": action}


@dataclass(slots=True)
class Partial:
    """What a batch does to the kept beginnings of one stream's frames."""

    clear: bool = False
    rows: list[tuple[int, str, int, bytes]] = field(default_factory=list)


@dataclass(slots=True)
class Batch:
    """What one transaction holds, and what is to be done once it is committed."""

    sessions: list[tuple[str, Row]] = field(default_factory=list)
    texts: list[TextRow] = field(default_factory=list)
    frames: list[ReadFrameRow] = field(default_factory=list)
    unread_frames: list[FrameRow] = field(default_factory=list)
    partials: dict[Stream, Partial] = field(default_factory=dict)
    disturbances: list[DisturbanceRow] = field(default_factory=list)
    notes: list[tuple[str, Row]] = field(default_factory=list)
    afterwards: list[tuple[Callable[[Any], object], Any]] = field(default_factory=list)
    waiting_bytes: int = 0
    """What is to be handed on."""

    def keep_beginning(self, stream: Stream, at: int, beginning: bytes, *, clear: bool) -> None:
        """Keep the bytes of a frame that is not complete yet; `clear` where they begin a new one."""
        partial = self.partials.setdefault(stream, Partial())
        if clear:
            partial.clear = True
            partial.rows.clear()
        if beginning:
            partial.rows.append((*stream, at, beginning))

    def extend(self, later: "Batch") -> None:
        """Take over what another batch holds, as what comes after."""
        self.sessions += later.sessions
        self.texts += later.texts
        self.frames += later.frames
        self.unread_frames += later.unread_frames
        for stream, partial in later.partials.items():
            self.keep_beginning(stream, 0, b"", clear=partial.clear)
            self.partials[stream].rows += partial.rows
        self.disturbances += later.disturbances
        self.notes += later.notes
        self.afterwards += later.afterwards
        self.waiting_bytes += later.waiting_bytes

    def write(self, transaction: Transaction) -> None:
        """Write everything in one transaction.

        Raises:
            DatabaseError: nothing was written.
        """
        if not (self.texts or self.frames or self.unread_frames or self.sessions or self.partials) and not (
            self.disturbances or self.notes
        ):
            return
        with transaction as cursor:
            for statement, row in self.sessions:
                cursor.execute(statement, row)
            if self.texts:
                cursor.executemany(_INSERT_TEXT, self.texts)
            if self.frames:
                cursor.executemany(_INSERT_READ_FRAME, self.frames)
            if self.unread_frames:
                cursor.executemany(INSERT_FRAME, self.unread_frames)
            for stream, partial in self.partials.items():
                if partial.clear:
                    cursor.execute(DELETE_PARTIAL, stream)
                cursor.executemany(_INSERT_PARTIAL, partial.rows)
            if self.disturbances:
                cursor.executemany(INSERT_DISTURBANCE, self.disturbances)
            for statement, row in self.notes:
                cursor.execute(statement, row)
