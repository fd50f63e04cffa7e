"""Recorded sessions, out of `.session` and HAR files, into a new recording: as they were recorded."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from hub.copying.fresh import fresh_recording
from hub.imports.har import har_sessions, is_har
from hub.imports.importer import FOLDED_EVERY, WRITTEN_TOGETHER, check_free
from hub.imports.talks import JITTER_NS
from hub.recording.database import TRUNCATE, Transaction
from hub.recording.reading import Beginning
from hub.recording.writable import WritableRecording
from hub.session_file import Head, Part, open_session, session_from, traffic_of
from hub.session_records import is_session_file
from hub.writing.batch import Batch, Stream, disturbance_row, note_row, played_rows, session_row
from matrix.notes import Note
from matrix.trace import Closed, Disturbed, Frame, Opened, Session, Traffic, mark_of, time_of

TOLD_EVERY: Final = 1_000
"""Items after which it is told how far an import is."""


_Pointing = TypeVar("_Pointing", Disturbed, Note)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of an import: how many sessions and frames, and whether they have the numbers that they had."""

    sessions: int
    frames: int
    keeps_numbers: bool


@dataclass(slots=True, eq=False)
class Source:
    """One session of a file, which can be read again. `number` is its own in the new recording.

    `marks` has the new marks of what notes and disturbances point to, by the old ones, once they are known.
    """

    read: Callable[[], tuple[Head, Iterator[Part]]]
    session: Session
    number: int = 0
    opened_mark: int | None = None
    closed_mark: int | None = None
    aside: list[Disturbed | Note | Beginning] = field(default_factory=list)
    marks: dict[int, int] = field(default_factory=dict)
    items: int = 0


def is_recorded(path: Path) -> bool:
    """Tell by its beginning whether a file holds recorded sessions, rather than a log."""
    return is_session_file(path) or is_har(path)


def import_sessions(
    paths: Sequence[Path], recording: Path, csms: str, advance_to: Callable[[float], object]
) -> Restored:
    """Write a new recording of the sessions that files hold; `csms` is the CSMS where a browser's file names none.

    They keep their numbers where these fit together: each there once, and in the order of time. `advance_to` is told
    which share of all is done, from 0 to 1. Nothing is left under the recording's name, or beside it, unless all has
    gone well.

    Raises:
        HubError: a file cannot be read, or is damaged, or there can be no recording in that place.
    """
    check_free(recording)
    sources = [source for path in paths for source in _sources(path, csms)]
    sources.sort(key=lambda source: source.session.opened_at)
    keeps = _fit_together(sources)
    for number, source in enumerate(sources, start=1):
        source.number = source.session.id if keeps else number
    with fresh_recording(recording) as writable:
        frames = Copyist(writable, keeps=keeps).copy(sources, advance_to)
    return Restored(len(sources), frames, keeps)


def _sources(path: Path, csms: str) -> Iterator[Source]:
    if not is_har(path):
        yield Source(lambda: open_session(path), open_session(path)[0].session)
        return
    for records in har_sessions(path, csms):

        def read(records: list[Any] = records) -> tuple[Head, Iterator[Part]]:
            return session_from(path, ((word, dict(fields)) for word, fields in records))

        yield Source(read, read()[0].session)


def _fit_together(sources: Sequence[Source]) -> bool:
    """Read everything once; tell whether all sessions may keep their numbers."""
    notes = [part.id for source in sources for part in _look(source) if isinstance(part, Note)]
    numbers = [source.session.id for source in sources]
    if len({*numbers}) < len(numbers) or len({*notes}) < len(notes):
        return False
    latest_mark = latest = 0
    for item in merge(*(traffic_of(*source.read()) for source in sources), key=mark_of):
        if mark_of(item) == latest_mark or time_of(item) < latest - JITTER_NS:
            return False
        latest_mark, latest = mark_of(item), max(latest, time_of(item))
    return True


def _look(source: Source) -> Iterator[Part]:
    """Yield the parts of a session; note what stands aside, and which marks that points to."""
    for part in source.read()[1]:
        source.items += 1
        if not isinstance(part, Frame):
            source.aside.append(part)
            if isinstance(part, Disturbed | Note) and part.frame is not None:
                source.marks[part.frame] = 0
        yield part


def _timed(source: Source) -> Iterator[tuple[int, Source, Traffic]]:
    """Yield what happened in a session, each with a time that never goes back."""
    latest = 0
    for item in traffic_of(*source.read()):
        latest = max(latest, time_of(item))
        yield latest, source, item


class Copyist:
    """Writes sessions into a recording, in the order of time, or (`keeps`) of the marks that they have."""

    def __init__(self, recording: WritableRecording, *, keeps: bool) -> None:
        self._recording = recording
        self._keeps = keeps
        self._marks = count(1)
        self._notes = count(1)
        self._batch = Batch()
        self._frames = 0
        self._written = 0

    def copy(self, sources: Sequence[Source], advance_to: Callable[[float], object]) -> int:
        """Copy all sessions; return how many frames they have."""
        total = max(sum(source.items for source in sources), 1)
        happened: Iterable[tuple[int, Source, Traffic]]
        happened = merge(*map(_timed, sources), key=lambda each: mark_of(each[2]) if self._keeps else each[0])
        for number, (_, source, item) in enumerate(happened):
            self._take(source, item)
            if number % TOLD_EVERY == 0:
                advance_to(number / total)
            if len(self._batch.unread_frames) >= WRITTEN_TOGETHER:
                self._flush()
        for source in sources:
            self._finish(source)
        self._flush()
        return self._frames

    def _take(self, source: Source, item: Traffic) -> None:
        mark = mark_of(item) if self._keeps else next(self._marks)
        match item:
            case Opened():
                source.opened_mark = mark
            case Closed():
                source.closed_mark = mark
            case Disturbed():
                source.marks[item.mark] = mark
            case Frame():
                self._frames += 1
                if item.id in source.marks:
                    source.marks[item.id] = mark
                self._batch.unread_frames.append((
                    mark, source.number, item.at, item.side, item.opcode, item.payload, item.fin, item.rsv, item.masked,
                    item.size, item.unread,
                ))  # fmt: skip

    def _finish(self, source: Source) -> None:
        """Write what has to know the marks of all the rest."""
        session = msgspec.structs.replace(source.session, id=source.number)
        self._batch.sessions += (
            session_row(session, source.opened_mark, source.closed_mark), *played_rows(session)
        )  # fmt: skip
        first_steps: dict[int, int] = {}
        for part in source.aside:
            match part:
                case Disturbed():
                    mark = source.marks[part.mark]
                    number = part.number if self._keeps else first_steps.setdefault(part.number, mark)
                    self._batch.disturbances.append(disturbance_row(_moved(part, source, mark=mark, number=number)))
                case Note():
                    note = _moved(part, source, id=part.id if self._keeps else next(self._notes))
                    self._batch.notes.append(note_row(note))
                case Beginning():
                    stream = Stream(source.number, part.side.value)
                    self._batch.keep_beginning(stream, part.at, part.bytes, clear=False)

    def _flush(self) -> None:
        """Write what was taken up, and now and then fold the write-ahead log into the file.

        Raises:
            DatabaseError: the disk takes no more.
        """
        before, after = self._written, self._written + len(self._batch.unread_frames)
        self._batch.write(Transaction(self._recording.connection))
        self._batch, self._written = Batch(), after
        if before // FOLDED_EVERY < after // FOLDED_EVERY:
            self._recording.connection.wal_checkpoint(mode=TRUNCATE)


def _moved(part: _Pointing, source: Source, **fields: int) -> _Pointing:
    """Return a disturbance or a note with its new numbers; the frame that it points to may be in no file."""
    frame = None if part.frame is None else source.marks[part.frame] or None
    return msgspec.structs.replace(part, session=source.number, frame=frame, **fields)
