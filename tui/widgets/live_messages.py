"""The conversation of a session as it is in the file: loaded for a filter, and followed while it grows."""

from contextlib import nullcontext
from typing import Any, Final

from textual import work
from textual.message import Message

from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from hub.search.entry import About
from matrix.dialect import UNKNOWN
from matrix.safe import safe
from matrix.trace import Session
from tui.reading.selection import Selected, Wanted, select
from tui.reading.source import Source
from tui.reading.transcript import Transcript
from tui.widgets.line_list import LineList
from tui.widgets.message_list import MessageList

POLL_S: Final = 0.2
REFUSED: Final = "the connection was never opened: the handshake is the evidence"


class LiveMessages(MessageList):
    """Reads frame ids in a worker and pages inline. Holds the cursor still unless it `following`s.

    `session` is what the recording says of the session, `trouble` a sentence where it cannot be read. `about` is what a
    filter may ask about all of it.
    """

    class Changed(Message):
        """Other lines are shown, or the same are followed otherwise."""

    def __init__(self, source: Source, session: int, frame: int | None, **keywords: Any) -> None:
        super().__init__(source.verdicts.of(session), empty="reading …", **keywords)
        self.session: Session | None = None
        self.wanted = Wanted(with_secrets=source.with_secrets)
        self.following = False
        self.trouble = ""
        self.about = About(session, "", "", UNKNOWN)
        self._source = source
        self._number = session
        self._frame = frame
        self._recording: Recording | None = None
        self._newest: int | None = None
        self._held_at = 0
        self._seen_from = source.verdicts.vantage.mark

    @property
    def is_loaded(self) -> bool:
        """True once the lines for the filter of the moment are there."""
        return self._newest is not None

    @property
    def fresh(self) -> int:
        """How many lines came since the cursor was moved."""
        return self.length - self._held_at

    def on_mount(self) -> None:
        try:
            self._recording = Recording.open(self._source.path)
            self.session = self._recording.session(self._number)
        except RecordingError as exc:
            self._fail(str(exc))
            return
        self.following = self._frame is None and self.session.is_open
        self._load(self.wanted)
        self.set_interval(POLL_S, self._poll)

    def on_unmount(self) -> None:
        if self._recording is not None:
            self._recording.close()

    def want(self, wanted: Wanted) -> None:
        """Show the frames that another filter lets through."""
        if wanted != self.wanted and self._recording is not None:
            self.wanted, self._newest = wanted, None
            self._load(wanted)
            self.post_message(self.Changed())

    def look_from(self, mark: int) -> None:
        """Hold what had crossed by a mark, with the cursor on the last of it; what is selected by findings, anew."""
        if mark == self._seen_from:
            return
        self._seen_from = mark
        if self.wanted.findings_only:
            self._load(self.wanted)
        if self.transcript is not None:
            self.transcript.limit(mark)
            self.grow()
            self.go_to(self.length - 1)
            self._held_at = self.length
            self.refresh()

    def reveal(self, frame: int) -> bool:
        """Put the cursor on a frame and stay there; return False where the filter hides it."""
        index = self.transcript.find(frame) if self.transcript is not None else None
        if index is not None:
            self._hold()
            self.go_to(index)
        return index is not None

    # -- loading ------------------------------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="load")
    def _load(self, wanted: Wanted) -> None:
        """Read the ids for a filter with a connection of its own, and hand them to the app's thread."""
        verdicts = self._source.verdicts
        try:
            courtesy = nullcontext() if wanted.text else self._source.courtesy()  # a filter may read a long session
            with courtesy, Recording.open(self._source.path) as recording:
                self.post_message(self._Loaded(select(recording, self.about, wanted, verdicts)))
        except RecordingError as exc:
            self.post_message(self._Loaded(None, str(exc)))

    class _Loaded(Message):
        """A worker has read the ids that a filter lets through, or could not."""

        def __init__(self, selected: Selected | None, trouble: str = "") -> None:
            super().__init__()
            self.selected = selected
            self.trouble = trouble

    def on_live_messages__loaded(self, event: _Loaded) -> None:
        if event.selected is None:
            self._fail(event.trouble)
        elif event.selected.wanted == self.wanted and self._recording is not None:
            self._newest = event.selected.newest
            self.empty = self._nothing_to_show()
            frame = self.frame_id if self._frame is None else self._frame
            self._frame = None
            source = self._source
            transcript = Transcript(
                self._recording, event.selected.ids, courtesy=source.courtesy, with_secrets=source.with_secrets
            )
            transcript.limit(self._seen_from)
            self.show(transcript, frame)
            self._follow_or_hold()
            self.post_message(self.Changed())

    def _nothing_to_show(self) -> str:
        if self.wanted.is_filter:
            return "the filter hides every frame of this session"
        if self.session is not None and not self.session.upgraded:
            return REFUSED
        return "no frame has crossed in this session yet"

    def _poll(self) -> None:
        """Take up what was recorded since the last look."""
        if self._newest is None or self._recording is None or self.transcript is None or self.trouble:
            return
        try:
            with self._source.courtesy():
                verdicts = self._source.verdicts
                fresh = select(self._recording, self.about, self.wanted, verdicts, after=self._newest)
        except RecordingError as exc:
            self._fail(str(exc))
            return
        self._newest = fresh.newest
        if fresh.ids:
            self.transcript.extend(fresh.ids)
            self.grow()
            if self.following:
                self._follow_or_hold()
            self.post_message(self.Changed())

    def _fail(self, trouble: str) -> None:
        self.trouble = self.empty = safe(trouble)
        self.refresh()
        self.post_message(self.Changed())

    # -- following ----------------------------------------------------------------------------------------------------

    def _follow_or_hold(self) -> None:
        self._held_at = self.length
        if self.following:
            self.go_to(self.length - 1)

    def _hold(self) -> None:
        self.following = False
        self._held_at = self.length

    def on_line_list_cursor_moved(self, event: LineList.CursorMoved) -> None:
        if event.by_person:
            self._hold()

    def action_last(self) -> None:
        super().action_last()
        self.call_later(self._follow)

    def _follow(self) -> None:
        session = self._verdicts.session or self.session
        self.following = session is not None and session.is_open
        self.post_message(self.Changed())
