"""What a search has found: one line a message, with the session that it is of. Any number of them."""

from array import array
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from matrix.safe import safe
from matrix.trace import Frame, Session
from tui.lines.hit_line import frame_line, handshake_line, heading
from tui.lines.line import Line, Span
from tui.lines.message_line import as_text
from tui.reading.source import Source
from tui.reading.transcript import Transcript
from tui.widgets.line_list import LineList


class Place(NamedTuple):
    """Where a hit is: `frame` is None for a handshake."""

    session: int
    frame: int | None


class HitList(LineList):
    """Shows marks of a recording, read page by page; `words` are pointed out. The cursor stays on its line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"station", "csms"}

    def __init__(self, source: Source, **keywords: Any) -> None:
        super().__init__(empty="type what to look for", **keywords)
        self.words: tuple[str, ...] = ()
        self._source = source
        self._recording: Recording | None = None
        self._transcript: Transcript | None = None
        self._handshakes: Mapping[int, int] = {}

    def on_unmount(self) -> None:
        if self._recording is not None:
            self._recording.close()

    def show(self, marks: "array[int]", handshakes: Mapping[int, int]) -> None:
        """Show other hits, the cursor on the one where it was, or near it; `handshakes` are sessions by their marks."""
        before = self._transcript.id_at(self.cursor) if self._transcript and self.length else 0
        self._handshakes = handshakes
        if self._recording is not None:
            self._recording.close()
        self._recording = Recording.open(self._source.path)
        source = self._source
        self._transcript = Transcript(
            self._recording, marks, courtesy=source.courtesy, with_secrets=source.with_secrets
        )
        self.look_from(source.verdicts.vantage.mark)
        self.go_to(self._transcript.nearest(before))

    @property
    def later(self) -> int:
        """How many hits are not shown, because they are later than the moment from which one looks."""
        return self._transcript.later if self._transcript is not None else 0

    def look_from(self, mark: int) -> None:
        """Show the hits up to a mark."""
        if self._transcript is not None:
            self._transcript.limit(mark)
            self.set_length(len(self._transcript))

    def add(self, marks: "array[int]", handshakes: Mapping[int, int]) -> None:
        """Show more hits, which come after the others."""
        if self._transcript is not None:
            self._handshakes = handshakes
            self._transcript.extend(marks)
            self.set_length(len(self._transcript))

    def place(self, index: int) -> Place | None:
        """Return where a line leads; None where the recording has lost it."""
        if self._transcript is None:
            return None
        mark = self._transcript.id_at(index)
        if mark in self._handshakes:
            return Place(self._handshakes[mark], None)
        frame = self._transcript.head(index)
        return Place(frame.session, mark) if frame else None

    def heading(self, width: int) -> Line | None:
        return heading(width)

    def line_at(self, index: int, width: int) -> Line:
        assert self._transcript is not None
        try:
            mark = self._transcript.id_at(index)
            if mark in self._handshakes:
                return handshake_line(self._session(self._handshakes[mark]), width)
            frame = self._transcript.head(index)
            if frame is None:
                return (Span("this frame is no longer in the recording", "broken"),)
            return self._frame_line(frame, width)
        except RecordingError as exc:
            return (Span(safe(str(exc)), "broken"),)

    def _frame_line(self, frame: Frame, width: int) -> Line:
        session, verdicts = self._session(frame.session), self._source.verdicts.of(frame.session)
        joined, findings = verdicts.joined(frame.id), verdicts.findings(frame.id)
        return frame_line(session, frame, joined, findings, self.words, width)

    def text(self, index: int) -> str:
        """Return what a line stands for at more length, safe to show; "" where nothing more is to be said."""
        if self._transcript is None or self._transcript.id_at(index) in self._handshakes:
            return ""
        frame = self._transcript.head(index)
        return as_text(frame.payload) if frame else ""

    def _session(self, number: int) -> Session:
        known = self._source.verdicts.of(number).session
        if known is not None or self._recording is None:
            return known or Session(id=number, opened_at=0, identity="", csms="")
        return self._recording.session(number)
