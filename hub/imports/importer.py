"""Logs into a new recording: sessions and frames as the hub would have recorded them; what no log holds is left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import count
from pathlib import Path
from typing import Final

from hub.copying.fresh import fresh_recording
from hub.imports.entries import ImportLogError
from hub.imports.log import Log, Skipped
from hub.imports.source import Told
from hub.imports.talks import Happening, Heard, Over, Talk
from hub.recording.database import TRUNCATE, Transaction
from hub.recording.writable import WritableRecording
from hub.writing.batch import Batch, SessionEnd, end_row, session_row
from matrix.trace import Ending, Opcode, Session

WRITTEN_TOGETHER: Final = 5_000
FOLDED_EVERY: Final = 100_000
"""Frames after which the write-ahead log is folded into the file."""
TOLD_OF: Final = 1_000
"""Skipped lines that are remembered one by one."""


@dataclass(slots=True)
class Imported:
    """What came of an import: `skipped` are the first lines that could not be read, `lines_skipped` counts them all.

    `without_version` are the sessions whose OCPP version the logs do not tell.
    """

    logs: list[Log] = field(default_factory=list)
    sessions: int = 0
    without_version: int = 0
    lines_skipped: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, skipped: Skipped) -> None:
        """Note a line that was passed over."""
        self.lines_skipped += 1
        if len(self.skipped) < TOLD_OF:
            self.skipped.append(skipped)

    @property
    def messages(self) -> int:
        return sum(log.count.messages for log in self.logs)


def import_logs(
    paths: Sequence[Path], recording: Path, told: Told, csms: str, advance_to: Callable[[int], object]
) -> Imported:
    """Write a new recording of what logs hold. `advance_to` is told how many bytes of them have been read.

    Nothing is left under the recording's name, or beside it, unless all has gone well.

    Raises:
        ImportLogError: a log cannot be read or recognised, holds no message, or there is something under that name.
        RecorderError: there can be no recording in that place.
    """
    check_free(recording)
    imported = Imported()
    imported.logs = [Log(path, told, imported.skip) for path in paths]
    with fresh_recording(recording) as writable:
        scribe = Scribe(writable, imported, csms)
        for happening in merge(*(log.happenings() for log in imported.logs), key=lambda each: each.at):
            scribe.write(happening)
            if scribe.is_full:
                scribe.flush()
                advance_to(sum(log.place for log in imported.logs))
        scribe.flush()
        if not imported.messages:
            raise ImportLogError(_nothing(imported))
    return imported


def check_free(recording: Path) -> None:
    """Look whether a new recording can have that name.

    Raises:
        ImportLogError: there is something.
    """
    if recording.exists() or recording.is_symlink():
        raise ImportLogError(f"there is something at {str(recording)!r} already; an import makes a new recording")


def _nothing(imported: Imported) -> str:
    names = ", ".join(repr(log.source.name) for log in imported.logs)
    if not imported.skipped:
        return f"no message could be read from {names}"
    first = imported.skipped[0]
    return f"no message could be read from {names}; line {first.line} of {first.file!r}: {first.why}"


class Scribe:
    """Writes what happened into a recording, some thousand frames at a time."""

    def __init__(self, recording: WritableRecording, imported: Imported, csms: str) -> None:
        self._recording = recording
        self._imported = imported
        self._csms = csms
        self._marks = count(1)
        self._numbers = count(1)
        self._batch = Batch()
        self._unfolded = 0
        self._open: dict[str, Talk] = {}

    @property
    def is_full(self) -> bool:
        return len(self._batch.unread_frames) >= WRITTEN_TOGETHER

    def write(self, happening: Happening) -> None:
        """Take up what happened.

        Raises:
            ImportLogError: a station is in two logs at the same time.
        """
        match happening:
            case Heard():
                self._hear(happening)
            case Over():
                self._end(happening)

    def flush(self) -> None:
        """Write what was taken up.

        Raises:
            DatabaseError: the disk takes no more.
        """
        self._unfolded += len(self._batch.unread_frames)
        self._batch.write(Transaction(self._recording.connection))
        self._batch = Batch()
        if self._unfolded >= FOLDED_EVERY:
            self._unfolded = 0
            self._recording.connection.wal_checkpoint(mode=TRUNCATE)

    def _hear(self, heard: Heard) -> None:
        talk = heard.talk
        if not talk.number:
            self._begin(talk, heard.at)
        opcode, payload = (Opcode.UNREAD, b"") if heard.text is None else (Opcode.TEXT, heard.text)
        row = (
            next(self._marks), talk.number, heard.at, heard.side.value, int(opcode), payload, 1, 0, 0, 0, heard.why
        )  # fmt: skip
        self._batch.unread_frames.append(row)

    def _begin(self, talk: Talk, at: int) -> None:
        """Open a session just before its first message: nothing tells since when it was really open."""
        other = self._open.get(talk.identity)
        if other is not None and other.source is not talk.source:
            raise ImportLogError(_twice(other, talk))
        self._open[talk.identity] = talk
        talk.number = next(self._numbers)
        self._imported.sessions += 1
        self._imported.without_version += not talk.version
        session = Session(
            id=talk.number, opened_at=at - 1, identity=talk.identity, csms=talk.csms or self._csms,
            origin=talk.source.origin, chosen=f"ocpp{talk.version}" if talk.version else None, clock=talk.clock,
        )  # fmt: skip
        self._batch.sessions.append(session_row(session, next(self._marks), None))

    def _end(self, over: Over) -> None:
        talk = over.talk
        if self._open.get(talk.identity) is talk:
            del self._open[talk.identity]
        if talk.number:
            fault = None if talk.words is None else f"the log says: {talk.words}"
            end = SessionEnd(talk.number, closed_at=over.at, ending=Ending.UNSEEN, fault=fault)
            self._batch.sessions.append(end_row(end, next(self._marks)))


def _twice(one: Talk, other: Talk) -> str:
    names = f"{one.source.name!r} and {other.source.name!r}"
    return (
        f"{one.identity!r} is in both {names} at the same time: where they are of the two sides of one session, import"
        " one of them; where they are of two stations, import each into its own recording"
    )
