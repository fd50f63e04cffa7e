"""The detail pane of a session: the message of the cursor with its partner, or the handshake."""

from typing import Any

from hub.recording.rows import RecordingError
from matrix.boards.pair import CONNECT, FRAMING
from matrix.finding import Finding
from matrix.notes import Note, about_frame
from matrix.safe import safe
from matrix.trace import Session
from tui.lines.detail import Message, exchange_lines, handshake_lines
from tui.lines.line import PaneLine, Span
from tui.lines.noted import note_lines
from tui.reading.exchange_log import Joined
from tui.reading.transcript import Transcript
from tui.reading.verdicts import SessionVerdicts
from tui.widgets.line_pane import LinePane
from tui.widgets.message_list import partner_of


class DetailPane(LinePane):
    """Shows one thing at a time; asked for what it shows already, it does nothing."""

    def __init__(self, verdicts: SessionVerdicts, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.findings: tuple[Finding, ...] = ()
        self.partner: int | None = None
        self._verdicts = verdicts
        self._shown: object = None

    def show_handshake(self, session: Session, notes: tuple[Note, ...] = ()) -> None:
        """Show how a session was opened and how it ended, and what was said about that."""
        findings, disturbances = tuple(self._verdicts.handshake), self._verdicts.disturbances
        witnesses = self._witnesses(findings)
        if self._shown == (session, findings, disturbances, notes, witnesses):
            return
        self._shown = (session, findings, disturbances, notes, witnesses)
        self.findings, self.partner = findings, None
        said = note_lines(about_frame(notes, None, CONNECT))
        self.show([*said, *handshake_lines(session, findings, disturbances, witnesses)])

    def show_message(self, transcript: Transcript, frame: int, notes: tuple[Note, ...] = ()) -> None:
        """Show the message of a frame and the other one of its exchange, and what was said about it."""
        joined = self._verdicts.joined(frame)
        self.partner = partner_of(frame, joined)
        findings = self._verdicts.findings(frame)
        others = self._verdicts.findings(self.partner) if self.partner else ()
        witnesses = self._witnesses(findings + others)
        if self._shown == (frame, joined, findings, others, notes, witnesses):
            return
        self._shown = (frame, joined, findings, others, notes, witnesses)
        self.findings = findings + others
        said = note_lines(about_frame(notes, frame, joined.action if joined else FRAMING))
        self.show([*said, *self._exchange_lines(transcript, frame, joined)])

    def _witnesses(self, findings: tuple[Finding, ...]) -> dict[Finding, tuple[str, ...]]:
        return {finding: self._verdicts.hearing.about(finding) for finding in findings}

    def _exchange_lines(self, transcript: Transcript, frame: int, joined: Joined | None) -> list[PaneLine]:
        try:
            selected = self._message(transcript, frame)
            partner = self._message(transcript, self.partner) if self.partner else None
        except RecordingError as exc:
            return [PaneLine((Span(safe(str(exc)), "broken"),))]
        if selected is None:
            return [PaneLine((Span("this frame is no longer in the recording", "broken"),))]
        return exchange_lines(selected, partner, joined)

    def _message(self, transcript: Transcript, number: int) -> Message | None:
        frame = transcript.whole(number)
        if frame is None:
            return None
        payload, frames = transcript.message(frame)
        findings = self._verdicts.findings(number)
        withheld, witnesses = self._verdicts.withheld(number), self._witnesses(findings)
        return Message(frame, payload, frames, findings, withheld, witnesses)
