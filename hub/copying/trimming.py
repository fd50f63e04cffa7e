"""Part of a recording as a new one: some of its sessions, or what was recorded between two moments.

What is left out is held against nobody: where something was said before, a gap is marked, as where a disk was full.
"""

from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple

import msgspec

from hub.copying.rewriting import Rewriter, gap, referred
from hub.errors import HubError
from hub.recording.reading import Recording
from hub.recording.writable import WritableRecording
from matrix.trace import Closed, Disturbed, Ending, Frame, Opened, Session, Side, Traffic, mark_of, time_of

BEFORE: Final = "trimmed: what was said before is left out"
EARLIER: Final = "trimmed: earlier sessions of this station are left out"
AFTER: Final = "trimmed: what came later is left out"


class TrimError(HubError):
    """Nothing would be left; the message says so."""


class Wanted(NamedTuple):
    """What is kept: sessions (None: all), from a moment until before another, in nanoseconds since the epoch."""

    sessions: frozenset[int] | None = None
    since: int | None = None
    until: int | None = None

    def has_begun(self, at: int) -> bool:
        return self.since is None or at >= self.since

    def has_ended(self, at: int) -> bool:
        return self.until is not None and at >= self.until


class Trimmed(NamedTuple):
    """What was kept, of how many."""

    sessions: int
    frames: int
    of_sessions: int
    cut_sessions: int


def trim(recording: Recording, wanted: Wanted, into: WritableRecording, advance_to: Callable[[int], object]) -> Trimmed:
    """Write what is wanted of a recording into a new one. `advance_to` is told the marks that were read.

    Sessions and frames keep their numbers, but for where a gap has to be marked and there is no number left for it.
    Sessions that were open at the first moment are kept with their handshake. Verdicts that were kept are left out.

    Raises:
        TrimError: nothing would be left.
        RecordingError: the recording cannot be read.
        DatabaseError: the disk takes no more.
    """
    trimmer = _Trimmer(recording, wanted, into)
    for batch in recording.batches():
        for item in batch:
            trimmer.take(item)
        advance_to(mark_of(batch[-1]))
    return trimmer.finish()


class _Trimmer:
    def __init__(self, recording: Recording, wanted: Wanted, into: WritableRecording) -> None:
        self._recording = recording
        self._wanted = wanted
        self._notes = [(0, note) for note in recording.notes()]
        pointing = referred(0, recording.disturbances(), [note for _, note in self._notes])
        self._writer = Rewriter(into, pointing, keeps_sessions=True)
        self._waiting: dict[int, Opened] = {}
        self._open: dict[int, Session] = {}
        self._doubted: set[tuple[str, str]] = set()
        self._seen = self._marked = 0
        self._cut: set[int] = set()
        self._now = 0

    def take(self, item: Traffic) -> None:
        at = self._now = max(self._now, time_of(item))
        match item:
            case Opened(_, session):
                self._seen += 1
                self._opened(item, session, at)
            case Closed(_, session):
                self._closed(item, session, at)
            case Frame() | Disturbed():
                self._said(item, at)

    def _opened(self, item: Opened, session: Session, at: int) -> None:
        is_wanted = self._wanted.sessions is None or session.id in self._wanted.sessions
        if not is_wanted or self._wanted.has_ended(at):
            self._doubted.add((session.csms, session.identity))
        elif self._wanted.has_begun(at):
            self._begin(item, session)
        else:
            self._waiting[session.id] = item

    def _begin(self, item: Opened, session: Session) -> None:
        """Write the beginning of a session; say so where an earlier one of its station is left out."""
        self._write(item)
        self._open[session.id] = session
        if session.upgraded and (session.csms, session.identity) in self._doubted:
            self._doubted.discard((session.csms, session.identity))
            self._mark_gap(session.id, (Side.STATION,), time_of(item), EARLIER)

    def _begin_late(self, session: int, at: int) -> None:
        """Write the handshake of a session that was open already when what is kept begins."""
        waiting = self._waiting.pop(session)
        self._begin(waiting, waiting.session)
        self._cut.add(session)
        self._mark_gap(session, tuple(Side), max(self._wanted.since or at, time_of(waiting)), BEFORE)

    def _closed(self, item: Closed, session: Session, at: int) -> None:
        if session.id in self._waiting:
            if not self._wanted.has_begun(at):
                del self._waiting[session.id]
                self._doubted.add((session.csms, session.identity))
                return
            self._begin_late(session.id, at)
        if session.id not in self._open:
            return
        del self._open[session.id]
        self._write(self._cut_off(session, item.mark) if self._wanted.has_ended(at) else item)

    def _said(self, item: Frame | Disturbed, at: int) -> None:
        if not self._wanted.has_begun(at) or self._wanted.has_ended(at):
            return
        if item.session in self._waiting:
            self._begin_late(item.session, at)
        if item.session in self._open:
            self._write(item)

    def finish(self) -> Trimmed:
        """Write what is left: sessions that were open to the last, and notes."""
        for number in [*self._waiting]:
            self._begin_late(number, self._now)
        for session in self._open.values() if self._wanted.until is not None else ():
            self._write(self._cut_off(session, 0))
        if self._wanted == Wanted():
            for session in self._recording.pending():
                self._writer.write_pending(session)
        if not self._writer.sessions:
            raise TrimError(f"nothing is left of {self._recording.name!r}: no session in it is what is asked for")
        sites = self._recording.sites()
        self._writer.finish(self._notes, [(each, sites.get(each)) for _, each in self._writer.sessions])
        self._writer.link_replays(self._recording)
        return Trimmed(len(self._writer.sessions), self._writer.frames - self._marked, self._seen, len(self._cut))

    def _cut_off(self, session: Session, mark: int) -> Closed:
        self._cut.add(session.id)
        end: dict[str, Any] = {"closed_at": self._wanted.until, "closed_by": None, "ending": Ending.HUB}
        codes = {"station_close": None, "csms_close": None}
        return Closed(mark, msgspec.structs.replace(session, **end, **codes, fault=session.fault or AFTER))

    def _mark_gap(self, session: int, sides: Collection[Side], at: int, why: str) -> None:
        for side in sides:
            self._marked += 1
            self._writer.write(gap(session, side, at, why))

    def _write(self, item: Traffic) -> None:
        self._writer.write(item, at_least=mark_of(item))
