"""Finding entries: what the index proposes, held against the query as it stands in the recording.

Texts come from the recording and are masked, whatever the index says: it cannot make a secret findable.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from hub.recording.reading import Recording
from hub.search.annotator import Annotator, as_bytes, as_text, handshake_text, shown_text, whole_message
from hub.search.entry import KINDS, About, Entry, Kind, Opinion
from hub.search.indexing import Index
from hub.search.matching import matches
from hub.search.plan import SIDES, Known, plan
from hub.search.query import Query
from matrix.dialect import UNKNOWN
from matrix.secrets import masked_payload, masked_words
from matrix.trace import FIRST_CONTROL_OPCODE, Frame, Opcode
from matrix.wire import Garbled, read

AT_ONCE: Final = 500
"""Entries that are read at once to be held against a query."""
FRAGMENTS: Final = 4_096
"""Fragments that are put together to one message, at most."""
_TYPES: Final = range(2, 7)


def find(
    index: Index, recording: Recording, query: Query, opinion: Opinion, *, after: int = 0,
    is_stopped: Callable[[], bool] = bool,
) -> Iterator["array[int]"]:  # fmt: skip
    """Yield the marks of what is found after a mark, in order, in portions: there may be many.

    Raises:
        RecordingError: the recording cannot be read.
        DatabaseError: the index cannot be read.
    """
    bounds = plan(query, Known(index.actions, index.about, index.opened, index.pieces, opinion))
    marks, unsure = index.marks(bounds, after=after)
    start = 0
    for first in range(0, len(unsure), AT_ONCE):
        if is_stopped():
            return
        some = unsure[first : first + AT_ONCE]
        found = {entry.mark for entry in entries(index, recording, some) if matches(query, entry, opinion)}
        end = bisect_right(marks, some[-1])
        refused = set(some) - found
        yield array("q", (mark for mark in marks[start:end] if mark not in refused))
        start = end
    yield marks[start:]


def entries(index: Index, recording: Recording, marks: "array[int]") -> Iterator[Entry]:
    """Yield entries by their marks, in order; texts are as they may be shown."""
    frames = {frame.id: frame for frame in recording.frames_by_id(marks)}
    for row in index.rows(marks):
        about = index.about.get(row.session) or About(row.session, "", "", UNKNOWN)
        kind = KINDS[row.kind]
        frame = frames.get(row.mark)
        if kind is Kind.HANDSHAKE:
            text, message_id = masked_words(handshake_text(recording.session(row.session))), ""
        elif frame is None:
            continue
        else:
            text, message_id = _said(recording, frame, kind)
        yield Entry(row.mark, about, row.at, SIDES[row.side], kind, text, row.action, message_id, row.size, row.latency)


def _said(recording: Recording, frame: Frame, kind: Kind) -> tuple[str, str]:
    """Return the text of a frame as it may be shown, and its message id."""
    if frame.opcode >= FIRST_CONTROL_OPCODE or kind in (Kind.FRAGMENT, Kind.BINARY, Kind.UNREAD):
        return shown_text(frame), ""
    payload = whole_of(recording, frame) if frame.opcode == Opcode.CONTINUATION else frame.payload
    message = read(payload, _TYPES)
    message_id = (message.answers or "") if isinstance(message, Garbled) else message.id
    return as_text(masked_payload(payload)), message_id


def entry_alone(recording: Recording, frame: Frame, about: About, annotator: Annotator) -> Entry:
    """Return the entry of a frame by itself: what it answers, and how fast, is not known of it.

    The annotator has seen no session; it says whether secrets are shown.
    """
    if frame.opcode == Opcode.CONTINUATION and frame.fin:
        frame = msgspec.structs.replace(frame, opcode=Opcode.TEXT, payload=whole_of(recording, frame))
    entry = annotator.feed(frame)
    assert entry is not None
    return msgspec.structs.replace(entry, about=about)


def whole_of(recording: Recording, last: Frame) -> str | bytes:
    """Return the message that ends with a frame, put together from its fragments."""
    parts = [as_bytes(last.payload)]
    for number in recording.frame_ids_before(last.session, last.id, FRAGMENTS):
        for frame in recording.frames_by_id([number]):
            if frame.side is last.side and 0 <= frame.opcode < FIRST_CONTROL_OPCODE:
                parts.append(as_bytes(frame.payload))
                if frame.opcode != Opcode.CONTINUATION:
                    return whole_message(parts[::-1])
    return whole_message(parts[::-1])
