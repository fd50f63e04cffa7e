"""Which frames of a session a person wants to see, and reading their ids. Runs in a worker thread."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from hub.recording.reading import Recording
from hub.search.annotator import Annotator
from hub.search.entry import About, Entry
from hub.search.finder import entry_alone
from hub.search.matching import matches
from hub.search.parser import parse
from hub.search.query import EVERYTHING, All, Query, Words
from matrix.trace import FIRST_CONTROL_OPCODE, Frame
from tui.reading.opinion import Judged
from tui.reading.verdicts import SessionVerdicts, Verdicts

AT_ONCE: Final = 64
"""Frames that are read at once to be held against a filter."""
ESCAPE: Final = "\\u"
"""What a text may be written with otherwise."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter: frames that a text lets through (docs/searching.md), control frames or not, with findings only.

    `text` is a filter that can be parsed.
    """

    text: str = ""
    control: bool = True
    findings_only: bool = False
    with_secrets: bool = False

    @property
    def is_filter(self) -> bool:
        return self != Wanted(with_secrets=self.with_secrets)


@dataclass(frozen=True, slots=True)
class Selected:
    """The ids that a filter lets through, and the newest mark of the recording when they were read."""

    wanted: Wanted
    ids: "array[int]"
    newest: int


def select(recording: Recording, about: About, wanted: Wanted, verdicts: Verdicts, *, after: int = 0) -> Selected:
    """Read the ids of the frames of a session after one that a filter lets through.

    Raises:
        RecordingError: the recording cannot be read.
    """
    newest = recording.last_mark()
    if newest <= after:
        return Selected(wanted, array("q"), after)
    query, said = parse(wanted.text), verdicts.of(about.id)
    ids = _candidates(recording, about.id, wanted, query, said, after)
    if wanted.findings_only:
        found = frozenset(said.found_frames)
        ids = [frame for frame in ids if frame in found]
    if query != EVERYTHING:
        entries, opinion = _entries(recording, ids, about, wanted, said), Judged(verdicts)
        ids = [entry.mark for entry in entries if matches(query, entry, opinion)]
    while ids and ids[-1] > newest:
        ids.pop()
    return Selected(wanted, array("q", ids), newest)


def _candidates(
    recording: Recording, session: int, wanted: Wanted, query: Query, verdicts: SessionVerdicts, after: int
) -> list[int]:
    """Return the ids of frames that may be wanted: where a word is, those that have it, or were found to be wrong."""
    word = _word_of(query)
    if not word:
        return recording.frame_ids(session, after=after, control=wanted.control)
    ids = set(recording.frame_ids(session, after=after, containing=word, control=wanted.control))
    ids.update(recording.frame_ids(session, after=after, containing=ESCAPE, control=wanted.control))
    found = [frame for frame in verdicts.found_frames if frame > after]
    spoken = recording.frames_by_id(found) if not wanted.control else ()
    ids.update(found)
    return sorted(ids.difference(frame.id for frame in spoken if frame.opcode >= FIRST_CONTROL_OPCODE))


def _word_of(query: Query) -> str:
    """Return a word that has to stand in each message, or in what was found there; "" where there is none."""
    parts = query.queries if isinstance(query, All) else (query,)
    words = [part.text for part in parts if isinstance(part, Words) and part.text.isascii()]
    return max(words, key=len, default="")


def _entries(
    recording: Recording, ids: list[int], about: About, wanted: Wanted, verdicts: SessionVerdicts
) -> Iterator[Entry]:
    annotator = Annotator(with_secrets=wanted.with_secrets)
    for start in range(0, len(ids), AT_ONCE):
        for frame in recording.frames_by_id(ids[start : start + AT_ONCE]):
            entry = entry_alone(recording, frame, about, annotator)
            yield _joined(recording, entry, frame, verdicts)


def _joined(recording: Recording, entry: Entry, frame: Frame, verdicts: SessionVerdicts) -> Entry:
    """Return an entry with what the judge knows of its exchange."""
    joined = verdicts.joined(frame.id)
    if joined is None or joined.answer != frame.id:
        return entry
    calls = recording.heads([joined.call], characters=1)
    latency = max(frame.at - calls[0].at, 0) if calls else None
    return msgspec.structs.replace(entry, action=joined.action, latency_ns=latency)
