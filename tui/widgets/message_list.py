"""The conversation of a session: one line a frame, request and answer joined."""

from typing import Any, ClassVar

from hub.recording.rows import RecordingError
from matrix.safe import safe
from matrix.trace import Frame
from tui.lines.line import Line, Span
from tui.lines.message_line import message_line
from tui.reading.exchange_log import Joined
from tui.reading.transcript import Transcript
from tui.reading.verdicts import SessionVerdicts
from tui.widgets.line_list import LineList


class MessageList(LineList):
    """Shows a `Transcript`, and marks the partner of the line of the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-partner", "station", "csms"}

    def __init__(self, verdicts: SessionVerdicts, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._verdicts = verdicts
        self._transcript: Transcript | None = None
        self._partner: int | None = None

    @property
    def transcript(self) -> Transcript | None:
        return self._transcript

    def show(self, transcript: Transcript, frame: int) -> None:
        """Show another transcript, with the cursor on a frame or near where it would be."""
        self._transcript = transcript
        self.set_length(len(transcript))
        self.go_to(transcript.nearest(frame))
        self.mark_partner()

    def grow(self) -> None:
        """Take up what the transcript got at its end."""
        if self._transcript is not None:
            self.set_length(len(self._transcript))

    @property
    def frame_id(self) -> int:
        """The frame of the cursor, 0 where there is none."""
        return self._transcript.id_at(self.cursor) if self._transcript and self.length else 0

    def mark_partner(self) -> None:
        """Mark the request or answer of the line of the cursor."""
        before = self._partner
        joined = self._verdicts.joined(self.frame_id) if self.length else None
        other = partner_of(self.frame_id, joined)
        self._partner = self._transcript.find(other) if self._transcript and other else None
        for index in {before, self._partner} - {None}:
            self.refresh_index(index or 0)

    def role_under(self, index: int) -> str:
        return "row-partner" if index == self._partner else "row"

    def line_at(self, index: int, width: int) -> Line:
        assert self._transcript is not None
        try:
            frame = self._transcript.head(index)
            if frame is None:
                return (Span("this frame is no longer in the recording", "broken"),)
            joined = self._verdicts.joined(frame.id)
            latency = self._latency(frame, joined)
        except RecordingError as exc:
            return (Span(safe(str(exc)), "broken"),)
        return message_line(frame, joined, self._verdicts.findings(frame.id), latency, width)

    def _latency(self, frame: Frame, joined: Joined | None) -> int | None:
        if joined is None or joined.answer != frame.id or self._transcript is None:
            return None
        index = self._transcript.find(joined.call)
        call = self._transcript.head(index) if index is not None else None
        return frame.at - call.at if call else None


def partner_of(frame: int, joined: Joined | None) -> int | None:
    """Return the other frame of an exchange."""
    if joined is None:
        return None
    return joined.answer if joined.call == frame else joined.call
