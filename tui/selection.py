"""Which frames of a session a person wants to see, and reading their ids. Runs in a worker thread."""

from array import array
from collections.abc import Container
from dataclasses import dataclass

from hub.recording import Recording


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter: frames whose payload contains a text, control frames or not, frames with findings only."""

    text: str = ""
    control: bool = True
    findings_only: bool = False

    @property
    def is_filter(self) -> bool:
        return self != Wanted()


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
    while ids and ids[-1] > newest:
        ids.pop()
    return Selected(wanted, array("q", ids), newest)
