"""Recordings of several hubs as one, in the order of time."""

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from pathlib import Path
from typing import NamedTuple

import msgspec

from hub.copying.rewriting import Rewriter, referred
from hub.errors import HubError
from hub.recording.reading import Recording
from hub.recording.writable import WritableRecording
from matrix.notes import Note
from matrix.trace import Closed, Disturbed, Frame, Opened, Session, Traffic, time_of


class MergeError(HubError):
    """The recordings cannot be merged; the message says why."""


class Part(NamedTuple):
    """A recording that is merged: which hub it is of, where it can be read, and what is added to its times."""

    site: str
    path: Path
    offset_ns: int = 0


class Merged(NamedTuple):
    """What came of one part: when it begins and ends, in nanoseconds since the epoch, its clock set right; 0: empty."""

    part: Part
    sessions: int
    frames: int
    begins: int
    ends: int


def merge_recordings(
    parts: Sequence[Part], into: WritableRecording, advance_to: Callable[[int], object]
) -> list[Merged]:
    """Write parts into a new recording, in the order of time. `advance_to` is told how many items were written.

    Sessions, frames, disturbances and notes get new numbers; each session says which hub it is of. Verdicts that were
    kept are left out. Times in payloads are left as they were said.

    Raises:
        RecordingError: a part cannot be read.
        MergeError: two hubs have the same name.
        DatabaseError: the disk takes no more.
    """
    if twice := next((part.site for place, part in enumerate(parts) if part.site in _names(parts[:place])), None):
        raise MergeError(f"two of the recordings are of a hub called {twice!r}: name them, as NAME=RECORDING")
    recordings = [Recording.open(part.path) for part in parts]
    try:
        return _Merger(parts, recordings, into).merge(advance_to)
    finally:
        for recording in recordings:
            recording.close()


def _names(parts: Sequence[Part]) -> set[str]:
    return {part.site for part in parts}


class _Merger:
    def __init__(self, parts: Sequence[Part], recordings: Sequence[Recording], into: WritableRecording) -> None:
        self._parts, self._recordings = parts, recordings
        self._notes = [(source, note) for source, each in enumerate(recordings) for note in each.notes()]
        wanted: list[tuple[int, int]] = []
        for source, each in enumerate(recordings):
            wanted += referred(source, each.disturbances(), each.notes())
        self._writer = Rewriter(into, wanted)
        self._frames = [0] * len(parts)
        self._spans = [[0, 0] for _ in parts]

    def merge(self, advance_to: Callable[[int], object]) -> list[Merged]:
        streams = [self._stream(source) for source in range(len(self._parts))]
        for number, (at, source, item) in enumerate(merge(*streams, key=lambda each: each[:2]), start=1):
            self._writer.write(item, source)
            self._frames[source] += isinstance(item, Frame)
            self._spans[source] = [self._spans[source][0] or at, at]
            if number % 5_000 == 0:
                advance_to(number)
        self._write_pending()
        self._writer.finish(self._shifted_notes(), self._sites())
        for source, recording in enumerate(self._recordings):
            self._writer.link_replays(recording, source)
        return [self._merged(source, part) for source, part in enumerate(self._parts)]

    def _stream(self, source: int) -> Iterator[tuple[int, int, Traffic]]:
        """Yield a part in the order of recording; a clock that was set back does not make it another one."""
        latest = 0
        for item in self._recordings[source].all_traffic():
            shifted = shift(item, self._parts[source].offset_ns)
            latest = max(latest, time_of(shifted))
            yield latest, source, shifted

    def _write_pending(self) -> None:
        for source, recording in enumerate(self._recordings):
            for session in recording.pending():
                self._writer.write_pending(shift_session(session, self._parts[source].offset_ns), source)

    def _shifted_notes(self) -> Iterator[tuple[int, Note]]:
        shifted = [(source, shift_note(note, self._parts[source].offset_ns)) for source, note in self._notes]
        return iter(sorted(shifted, key=lambda each: each[1].at))

    def _sites(self) -> Iterator[tuple[int, str]]:
        sites = [each.sites() for each in self._recordings]
        for (source, session), number in self._writer.sessions.items():
            yield number, sites[source].get(session) or self._parts[source].site

    def _merged(self, source: int, part: Part) -> Merged:
        sessions = sum(of == source for of, _ in self._writer.sessions)
        return Merged(part, sessions, self._frames[source], *self._spans[source])


def shift(item: Traffic, by_ns: int) -> Traffic:
    """Return an item as it would have been recorded by a clock that is ahead by so much."""
    if not by_ns:
        return item
    match item:
        case Frame() | Disturbed():
            return msgspec.structs.replace(item, at=item.at + by_ns)
        case Opened(mark, session):
            return Opened(mark, shift_session(session, by_ns))
        case Closed(mark, session):
            return Closed(mark, shift_session(session, by_ns))


def shift_session(session: Session, by_ns: int) -> Session:
    """Return a session with its own times shifted."""
    names = [name for name in ("opened_at", "answered_at", "closed_at") if getattr(session, name) is not None]
    return msgspec.structs.replace(session, **{name: getattr(session, name) + by_ns for name in names})


def shift_note(note: Note, by_ns: int) -> Note:
    """Return a note with its times shifted."""
    resolved_at = None if note.resolved_at is None else note.resolved_at + by_ns
    return msgspec.structs.replace(note, at=note.at + by_ns, resolved_at=resolved_at)
