"""A damaged recording, read as far as it is whole, into a new one that says where something is missing.

What may be missing is not held against anybody: in every session that was open there, and at the beginning of the next
of every station, stands a frame that was not read, as where a disk was full.
"""

from collections.abc import Callable, Iterable
from heapq import merge
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from hub.copying.rewriting import Rewriter, gap, referred
from hub.errors import HubError
from hub.recording.database import Connection, connect
from hub.recording.reading import handshake_of
from hub.recording.writable import WritableRecording
from hub.salvaging.found_rows import Heap
from hub.salvaging.leaves import opened_pages
from matrix.trace import Closed, Disturbed, Ending, Frame, Opened, Session, Side, Traffic, mark_of, time_of

WHY: Final = "the recording is damaged: what was said here is lost"
END: Final = "the recording is damaged: how this session ended is lost"
LOST: Final = "damaged recording"
"""The origin of a session of which only frames are left."""


class SalvageError(HubError):
    """Nothing can be read from a damaged file; the message says so."""


class Salvaged(NamedTuple):
    """What could be read.

    `missing` counts numbers in the order of recording of which nothing is left, in so many `gaps`; `lost_sessions` are
    those of which only frames are left.
    """

    sessions: int
    frames: int
    missing: int
    gaps: int
    lost_sessions: int

    @property
    def sentence(self) -> str:
        """What could be read, in words."""
        read = f"{_counted(self.frames, 'frame')} of {_counted(self.sessions, 'session')} can be read"
        lost = f"; of {_counted(self.lost_sessions, 'session')} only frames are left" if self.lost_sessions else ""
        if not self.missing:
            return f"{read}, and no number is missing in the order of recording{lost}"
        where = f"at least {_counted(self.missing, 'item')} missing, in {_counted(self.gaps, 'place')}"
        return f"{read}; {where}{lost}; what may be missing is held against nobody"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def salvage(path: Path, into: WritableRecording, advance_to: Callable[[int], object]) -> Salvaged:
    """Write what can be read of a damaged recording into a new one. `advance_to` is told how many pages were read.

    Frames keep their numbers where what marks a gap needs no more of them than are missing; later ones move up.

    Raises:
        SalvageError: nothing can.
        DatabaseError: the new one cannot be written to.
    """
    beside = into.path.with_name(f"{into.path.name}.found")
    connection = connect(beside)
    try:
        heap = Heap(connection, _columns(into.connection))
        try:
            with opened_pages(path) as (pages, _):
                heap.take_all(pages, advance_to)
        except OSError as exc:
            raise SalvageError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc
        if not heap.frames and not heap.sessions:
            raise SalvageError(f"nothing can be read from {str(path)!r}: no frame and no session is left in it")
        return _Teller(heap, into).tell()
    finally:
        connection.close()
        beside.unlink(missing_ok=True)


def _columns(connection: Connection) -> list[str]:
    return [str(name) for (name,) in connection.execute("SELECT name FROM pragma_table_info('session')")]


class _Teller:
    """Writes what was found in the order of recording, and what marks the gaps."""

    def __init__(self, heap: Heap, into: WritableRecording) -> None:
        self._heap = heap
        notes = list(heap.notes.values())
        self._writer = Rewriter(into, referred(0, heap.steps.values(), notes), keeps_sessions=True)
        self._now = 0
        self._mark = 0
        self._open: dict[int, Session] = {}
        self._told: set[int] = set()
        self._doubts: dict[tuple[str, str], int] = {}
        self._missing = self._gaps = self._lost_sessions = self._marked = 0

    def tell(self) -> Salvaged:
        """Write everything."""
        for item in merge(self._heap.frames_in_order(), self._others(), key=mark_of):
            if mark_of(item) > self._mark + 1:
                self._gap(mark_of(item) - self._mark - 1, time_of(item))
            self._mark = max(self._mark, mark_of(item))
            self._take(item)
        self._gap(0, self._now)
        for session in [*self._open.values()]:
            end = msgspec.structs.replace(
                session, closed_at=self._now, closed_by=None, ending=Ending.HUB, fault=session.fault or END
            )
            self._write(Closed(0, end))
        self._writer.finish((0, note) for note in self._heap.notes.values())
        return Salvaged(
            len(self._writer.sessions),
            self._writer.frames - self._marked,
            self._missing,
            self._gaps,
            self._lost_sessions,
        )

    def _others(self) -> Iterable[Traffic]:
        items: list[Traffic] = [*self._heap.steps.values()]
        for session, opened_mark, closed_mark in self._heap.sessions.values():
            if opened_mark is not None:
                items.append(Opened(opened_mark, handshake_of(session)))
            if closed_mark is not None:
                items.append(Closed(closed_mark, session))
        return sorted(items, key=mark_of)

    def _take(self, item: Traffic) -> None:
        match item:
            case Opened(_, session):
                self._begin(item, session)
            case Closed(_, session):
                self._open.pop(session.id, None)
                self._write(item)
            case Frame():
                if item.session not in self._heap.sessions and item.session not in self._open:
                    self._begin_lost(item)
                self._write(item)
            case Disturbed():
                if item.session in self._heap.sessions:
                    self._write(item)
        self._now = max(self._now, time_of(item))

    def _begin(self, item: Traffic, session: Session) -> None:
        self._write(item)
        if not session.upgraded:
            return
        self._open[session.id] = session
        key = session.csms, session.identity
        if self._doubts.get(key, 0) < self._gaps:
            self._doubts[key] = self._gaps
            self._mark_gap(session.id, Side.STATION, time_of(item))

    def _begin_lost(self, frame: Frame) -> None:
        """Open a session of which nothing is known but what was said in it."""
        session = Session(
            id=frame.session, opened_at=frame.at, identity=f"(session {frame.session})", csms="", origin=LOST
        )
        self._lost_sessions += 1
        self._write(Opened(0, session))
        self._open[session.id] = session
        self._told.add(session.id)
        for side in Side:
            self._mark_gap(session.id, side, frame.at)

    def _gap(self, missing: int, at: int) -> None:
        """Say in every open session that something may be missing.

        At the time of what came before: what was waited for since then is not held against anybody.
        """
        self._missing += missing
        self._gaps += bool(missing)
        for session in self._open.values():
            for side in (Side.STATION,) if session.id in self._told else Side:
                self._mark_gap(session.id, side, self._now or at)
            self._told.add(session.id)
            self._doubts[session.csms, session.identity] = self._gaps

    def _mark_gap(self, session: int, side: Side, at: int) -> None:
        self._marked += 1
        self._writer.write(gap(session, side, at, WHY))

    def _write(self, item: Traffic) -> None:
        self._writer.write(item, at_least=mark_of(item))
