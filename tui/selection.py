"""Which frames of a session a person wants to see, and reading their ids. Runs in a worker thread."""

from array import array
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from hub.recording import Recording
from matrix.secrets import LONGEST, masked_frame

AT_ONCE: Final = 64
"""Frames that are read at once to see whether what is shown of them contains a text."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter: frames whose payload contains a text, control frames or not, frames with findings only."""

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


def select(recording: Recording, session: int, wanted: Wanted, found: Container[int], *, after: int = 0) -> Selected:
    """Read the ids of a session's frames after one that a filter lets through; `found` are those with findings.

    Raises:
        RecordingError: the recording cannot be read.
    """
    newest = recording.last_mark()
    if newest <= after:
        return Selected(wanted, array("q"), after)
    ids = recording.frame_ids(session, after=after, containing=wanted.text, control=wanted.control)
    if wanted.findings_only:
        ids = [frame for frame in ids if frame in found]
    if wanted.text and not wanted.with_secrets:
        ids = _that_show(recording, ids, wanted.text)
    while ids and ids[-1] > newest:
        ids.pop()
    return Selected(wanted, array("q", ids), newest)


def _that_show(recording: Recording, ids: list[int], text: str) -> list[int]:
    """Return those of the frames in which a text is to be seen: a search must not find out what is hidden."""
    wanted, found = text.lower(), list[int]()
    for start in range(0, len(ids), AT_ONCE):
        for frame in recording.heads(ids[start : start + AT_ONCE], characters=LONGEST + 1):
            shown = masked_frame(frame).payload
            is_all_seen = shown is frame.payload and len(frame.payload) <= LONGEST
            if is_all_seen or (isinstance(shown, str) and wanted in shown.lower()):
                found.append(frame.id)
    return found
