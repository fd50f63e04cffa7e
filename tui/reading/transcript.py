"""The frames of one session as a list of any length: ids in memory, frames fetched a page at a time.

A million ids take 8 MB and a quarter of a second; what is drawn needs one page. Payloads are cut in pages, because a
page of 16 MiB messages would take a gigabyte; `Transcript.whole` fetches one message in full.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from hub.recording.reading import Recording
from matrix.secrets import masked_frame, masked_payload
from matrix.trace import FIRST_CONTROL_OPCODE, Frame, Opcode
from tui.reading.vantage import NOW

PAGE: Final = 64
PAGES_KEPT: Final = 32
HEAD: Final = 512
"""Characters of a payload that a page holds."""
FRAGMENTS: Final = 4_096
"""Fragments that are put together to one message, at most."""

Courtesy = Callable[[], AbstractContextManager[None]]
"""Keeps others from competing for the interpreter while a page is read."""


class Transcript:
    """The frames of a session that a filter lets through, in the order of recording.

    Secrets in payloads are hidden (matrix/secrets.py), unless it is made `with_secrets`.
    Raises `hub.recording.rows.RecordingError` from whatever reads, where the file cannot be read any more.
    """

    def __init__(
        self,
        recording: Recording,
        ids: Iterable[int] = (),
        *,
        courtesy: Courtesy = nullcontext,
        with_secrets: bool = False,
    ) -> None:
        self._recording = recording
        self._courtesy = courtesy
        self._with_secrets = with_secrets
        self._ids = array("q", ids)
        self._until = NOW
        self._length = len(self._ids)
        self._pages: OrderedDict[int, list[Frame]] = OrderedDict()

    def __len__(self) -> int:
        return self._length

    def limit(self, until: int) -> None:
        """Hold only the frames up to a mark."""
        self._until = until
        self._length = bisect_right(self._ids, until)

    @property
    def later(self) -> int:
        """How many frames there are beyond the mark that limits it."""
        return len(self._ids) - self._length

    def extend(self, ids: Iterable[int]) -> None:
        """Add ids that come after all others."""
        self._pages.pop(len(self._ids) // PAGE, None)
        self._ids.extend(ids)
        self.limit(self._until)

    def id_at(self, index: int) -> int:
        """Return the frame id of a line."""
        return self._ids[index]

    def head(self, index: int) -> Frame | None:
        """Return the frame of a line with the start of its payload; None where the file has lost it."""
        number, place = divmod(index, PAGE)
        page = self._pages.get(number)
        if page is None:
            page = self._fetch(number)
        self._pages.move_to_end(number)
        wanted = self._ids[index]
        if place < len(page) and page[place].id == wanted:
            return page[place]
        return next((frame for frame in page if frame.id == wanted), None)

    def find(self, frame: int) -> int | None:
        """Return the line of a frame; None where the filter hides it."""
        index = bisect_left(self._ids, frame)
        return index if index < self._length and self._ids[index] == frame else None

    def nearest(self, frame: int) -> int:
        """Return the line of a frame, or of the first one after it, or the last line."""
        return max(min(bisect_left(self._ids, frame), self._length - 1), 0)

    def whole(self, frame: int) -> Frame | None:
        """Return a frame with all of its payload; None where the file has lost it."""
        found = self._spoken(frame)
        return found if found is None or self._with_secrets else masked_frame(found)

    def message(self, last: Frame) -> tuple[str | bytes, int]:
        """Return the payload of the message that ends with this frame, and of how many frames it was put together."""
        spoken = self._spoken(last.id)
        if last.opcode != Opcode.CONTINUATION or spoken is None:
            return last.payload, 1
        parts, joined = self._parts(spoken)
        return joined if self._with_secrets else masked_payload(joined), parts

    def _parts(self, last: Frame) -> tuple[int, str | bytes]:
        parts = [last]
        for earlier in self._frames_before(last):
            parts.append(earlier)
            if earlier.opcode != Opcode.CONTINUATION:
                break
        return len(parts), _join([part.payload for part in reversed(parts)])

    def _spoken(self, frame: int) -> Frame | None:
        found = self._recording.frames_by_id([frame])
        return found[0] if found else None

    def _frames_before(self, last: Frame) -> Iterable[Frame]:
        """Yield the data frames of the same side before a frame, backwards, whatever the filter."""
        ids = self._recording.frame_ids_before(last.session, last.id, FRAGMENTS)
        for number in ids:
            frame = self._spoken(number)
            if frame and frame.side is last.side and 0 <= frame.opcode < FIRST_CONTROL_OPCODE:
                yield frame

    def _fetch(self, number: int) -> list[Frame]:
        with self._courtesy():
            page = self._recording.heads(self._ids[number * PAGE : (number + 1) * PAGE], characters=HEAD)
        if not self._with_secrets:
            page = [masked_frame(frame, cut=len(frame.payload) >= HEAD) for frame in page]
        self._pages[number] = page
        if len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)
        return page


def _join(parts: list[str | bytes]) -> str | bytes:
    joined = b"".join(part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts)
    try:
        return joined.decode("utf-8")
    except UnicodeDecodeError:
        return joined
