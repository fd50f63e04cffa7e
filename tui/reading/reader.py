"""Where the reading of a recording is, who judges it, and what of that is worth telling the app."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from matrix.boards.pair import BoardView
from matrix.comparison import Changes, compare, standing
from matrix.notes import Notes
from matrix.safe import safe
from matrix.trace import Closed, Disturbed, Frame, Opened, Session, Traffic
from tui.lines.text import clock_time, date_and_time
from tui.reading.keeper import Keeper
from tui.reading.messages import Advanced, Progress, Rejudged, Stage
from tui.reading.presence import ABSENT, Presence

LAG_NS: Final = 2_000_000_000
"""What is recorded may be seen this much later; the judge's clock stays behind by as much."""
RATE_WINDOW_S: Final = 5.0
DAY_NS: Final = 86_400_000_000_000
Post = Callable[[Advanced | Rejudged], object]


class Reader:
    """Where the reading of a recording is, and who judges it."""

    def __init__(self, clock: Callable[[], int], keeper: Keeper) -> None:
        self.mark = 0
        self._clock = clock
        self._keeper = keeper
        self._last_at = 0
        self._end = 1
        self._end_at = 0
        self._at_end = False
        self._hub = ABSENT
        self._first: Session | None = None
        self._counts: deque[tuple[float, int]] = deque()
        self._shown: tuple[BoardView, Progress, Notes] | None = None

    def feed(self, item: Traffic) -> None:
        """Judge the next item of the recording."""
        match item:
            case Frame():
                self.mark, self._last_at = item.id, item.at
            case Opened() | Closed():
                self.mark = item.mark
                self._last_at = item.session.closed_at or item.session.answered_at or item.session.opened_at
                self._first = self._first or item.session
            case Disturbed():
                self.mark, self._last_at = item.mark, item.at
        self._keeper.feed(item)

    def rejudging(self, mark: int) -> Advanced:
        """Return the message that says how far somebody has come who judges all of it again."""
        self._shown = None
        progress = Progress(Stage.REJUDGING, min(mark / self.mark, 1.0), findings=self._keeper.found)
        return Advanced(self._keeper.judge.board.view(), progress)

    def change_over(self, keeper: Keeper) -> Changes:
        """Let another one judge from here on, who has judged all of it again; return what differs."""
        before, self._keeper = self._keeper, keeper
        self._shown = None
        if self._hub.is_here:
            keeper.presume(self._clock() - LAG_NS)
        return compare(standing(before.judge), standing(keeper.judge))

    def check_same(self, recording: Recording) -> None:
        """Look whether a file goes on where the last one ended.

        Raises:
            RecordingError: it is another recording.
        """
        if self._first is None:
            return
        if recording.session(self._first.id).opened_at != self._first.opened_at or recording.last_mark() < self.mark:
            raise RecordingError(f"{str(recording.path)!r} is another recording now; what was read is still shown")

    def without_recording(self, hub: Presence) -> str:
        """Say why nothing is recorded where the file is gone: what its hub says, if it was there or is."""
        if hub.trouble:
            return safe(hub.trouble)
        return "the recording is gone" if hub.is_here or self._hub.is_here else ""

    def arrive(self, hub: Presence) -> None:
        """Note that the end of the file is reached; let time pass where the hub is there."""
        self._at_end, self._hub = True, hub
        if hub.is_here:
            self._keeper.presume(self._clock() - LAG_NS)

    def show(self, recording: Recording, post: Post) -> None:
        """Post the board, unless it is as it was."""
        self._hand_on_notes(recording)
        if not self._at_end:
            self._end, self._end_at = recording.last_mark(), recording.last_at()
        view = self._keeper.judge.board.view()
        state = (view, self._progress(view), self._keeper.verdicts.all_notes)
        if state != self._shown:
            self._shown = state
            self._keeper.verdicts.hearing.hear(self._keeper.judge.findings, self._keeper.judge.reactions, view)
            post(Advanced(*state[:2]))

    def failure(self, trouble: str, *, not_recording: str = "") -> Advanced:
        """Return the message that says that reading is over, or interrupted."""
        self._shown = None
        progress = Progress(Stage.FAILED, findings=self._keeper.found, trouble=trouble, not_recording=not_recording)
        return Advanced(self._keeper.judge.board.view(), progress)

    def _hand_on_notes(self, recording: Recording) -> None:
        if self._keeper.verdicts.all_notes.notes != (notes := tuple(recording.notes())):
            self._keeper.verdicts.all_notes = Notes(notes)

    def _progress(self, view: BoardView) -> Progress:
        if not self._at_end:
            share = min(self.mark / max(self._end, 1), 1.0)
            return Progress(Stage.READING, share, 0.0, self._keeper.found, end_at=self._end_at)
        rate = self._rate()
        if self._hub.is_here:
            trouble, disturbed = safe(self._hub.trouble), self._disturbed()
            return Progress(Stage.LIVE, 1.0, rate, self._keeper.found, not_recording=trouble, disturbed=disturbed)
        if self._hub.lost_at is None and not view.sessions_open:
            return Progress(Stage.AT_END, 1.0, 0.0, self._keeper.found)
        return Progress(Stage.HUB_GONE, 1.0, 0.0, self._keeper.found, gone=self._gone())

    def _disturbed(self) -> int:
        return len({each.session for each in self._keeper.judge.disturbances if each.is_on})

    def _gone(self) -> str:
        """Say since when the hub is gone: at the latest since the last traffic, where it was never seen."""
        at = self._last_at if self._hub.lost_at is None else self._hub.lost_at
        since = clock_time(at) if abs(self._clock() - at) < DAY_NS else date_and_time(at)
        if self._hub.sent_away:
            return f"for us: {safe(self._hub.sent_away, 200)}, since {since}"
        return f"since {since}" + (", trying again" if self._hub.tries_again else "")

    def _rate(self) -> float:
        """Return messages a second over the last few seconds, by our own clock."""
        now, count = time.monotonic(), self._keeper.judge.board.messages
        self._counts.append((now, count))
        while now - self._counts[0][0] > RATE_WINDOW_S:
            self._counts.popleft()
        then, before = self._counts[0]
        return round((count - before) / max(now - then, 1.0), 1)
