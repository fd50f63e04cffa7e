"""Reads a recording in a thread of its own, judges it there, and tells the app what came out.

The thread holds the interpreter most of the time while it catches up. `courtesy` makes it wait while a screen reads:
otherwise each row that a screen fetches could cost it a whole switch interval.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hub.recording import Recording, RecordingError
from matrix.comparison import Changes, compare, standing
from matrix.notes import Notes
from matrix.pair import BoardView
from matrix.policy import Policy
from matrix.safe import safe
from matrix.trace import Closed, Disturbed, Frame, Opened, Session, Traffic, mark_of
from tui.garbage import keep_all
from tui.keeper import Keeper
from tui.messages import Advanced, Progress, Rejudged, Stage
from tui.presence import ABSENT, LockWatch, Look, Presence
from tui.rules_file import read_rules_file
from tui.text import clock_time, date_and_time
from tui.verdicts import Verdicts

if TYPE_CHECKING:  # what it imports takes 30 ms, and a source that is a file needs none of it
    from hub.countdown import PhaseShown

POLL_S: Final = 0.1
CATCHING_UP_VIEW_S: Final = 0.25
"""How often the board is shown while the reader catches up; at the end, every POLL_S at most."""
LAG_NS: Final = 2_000_000_000
"""What is recorded may be seen this much later; the judge's clock stays behind by as much."""
RATE_WINDOW_S: Final = 5.0
DAY_NS: Final = 86_400_000_000_000

Post = Callable[[Advanced | Rejudged], object]
EMPTY_BOARD: Final = BoardView((), 0, 0, 0)


class Source:
    """One recording as the dashboard follows it.

    `verdicts` may be read from any thread. `look` says whether the hub is there, which makes the recording live: by
    default, whether one holds its lock. `clock` gives nanoseconds since the epoch, and lets calls go unanswered while
    it is live. `name` is what people know the source by: the file's name, if nothing else. `hub` is its URL, or the
    recording beside which it says where it listens; `hub_ca` verifies it where the URL is wss://, and `hub_token` is
    shown to it with orders. `told_phase` returns where its event stands, if its feed told (by default, the hub is to be
    asked). `author` is who writes notes here, once somebody has; `searched` is what was searched for last. `rules_file`
    is what the event makes of the rules (or `policy`, without a file); the attribute `policy` is what that was when the
    verdicts of now were made.

    Raises:
        RulesFileError: the file of rules cannot be used.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str = "",
        hub: str = "",
        hub_ca: Path | None = None,
        hub_token: str | None = None,
        look: Look | None = None,
        told_phase: "Callable[[], PhaseShown | None] | None" = None,
        clock: Callable[[], int] = time.time_ns,
        with_secrets: bool = False,
        rules_file: Path | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.path = path
        self.hub = hub or str(path)
        self.hub_ca = hub_ca
        self.hub_token = hub_token
        self.told_phase = told_phase
        self.with_secrets = with_secrets
        self.rules_file = rules_file
        self.policy = read_rules_file(rules_file) if policy is None else policy
        self.author = ""
        self.searched = ""
        self.name = safe(name or path.name, 60)
        self._look = look or LockWatch(path, clock).look
        self.verdicts = Verdicts()
        self.caught_up = threading.Event()
        self._clock = clock
        self._stopped = threading.Event()
        self._rejudging: deque[tuple[Path | None, Policy]] = deque(maxlen=1)
        self._may_judge = threading.Event()
        self._may_judge.set()

    def stop(self) -> None:
        """Make `run` return soon."""
        self._stopped.set()
        self._may_judge.set()

    @contextmanager
    def courtesy(self) -> Iterator[None]:
        """Keep the judge waiting for as long as a screen reads the recording."""
        self._may_judge.clear()
        try:
            yield
        finally:
            self._may_judge.set()

    def rejudge(self, rules_file: Path | None) -> None:
        """Have everything judged again by the rules as a file regrades them, which is read now.

        Raises:
            RulesFileError: the file cannot be used; nothing is judged again.
        """
        self._rejudging.append((rules_file, read_rules_file(rules_file)))

    def rejudge_by(self, policy: Policy) -> None:
        """Have everything judged again by other rules."""
        self._rejudging.append((None, policy))

    def run(self, post: Post) -> None:
        """Read and judge until `stop`, posting what changed. What is wrong with the file is posted, not raised."""
        reader = _Reader(self._clock, Keeper(self.verdicts, self.policy))
        try:
            while not self._stopped.is_set():
                with Recording.open(self.path) as recording:
                    reader.check_same(recording)
                    self._follow(recording, reader, post)
                self._wait_for_return(reader, post)
        except RecordingError as exc:
            post(reader.failure(safe(str(exc))))
        finally:
            self.caught_up.set()

    def _follow(self, recording: Recording, reader: "_Reader", post: Post) -> None:
        """Read and judge until `stop`, or until the file is not there any more."""
        file = _inode(self.path)
        shown_at = 0.0
        while not self._stopped.is_set() and _inode(self.path) == file:
            if self._rejudging:
                self._rejudge(recording, reader, post)
            batch = recording.traffic(reader.mark)
            self._judge(reader, batch)
            if not batch:
                reader.arrive(self._look())
            if not batch or time.monotonic() - shown_at > CATCHING_UP_VIEW_S:
                shown_at = time.monotonic()
                reader.show(recording, post)
                if not self.caught_up.is_set():
                    keep_all()
            if not batch:
                self.caught_up.set()
                self._stopped.wait(POLL_S)

    def _rejudge(self, recording: Recording, reader: "_Reader", post: Post) -> None:
        """Judge what was read once more, from the start, and say what changed; until then all stays as it is."""
        rules_file, policy = self._rejudging.pop()
        keeper, mark, shown_at = Keeper(Verdicts(), policy), 0, 0.0
        while mark < reader.mark:
            batch = [item for item in recording.traffic(mark) if mark_of(item) <= reader.mark]
            self._judge(keeper, batch)
            if self._stopped.is_set():
                return
            mark = mark_of(batch[-1])
            if time.monotonic() - shown_at > CATCHING_UP_VIEW_S:
                shown_at = time.monotonic()
                post(reader.rejudging(mark))
        changes = reader.change_over(keeper)
        self.verdicts, self.policy, self.rules_file = keeper.verdicts, policy, rules_file
        post(Rejudged(changes))

    def _wait_for_return(self, reader: "_Reader", post: Post) -> None:
        """Say that the recording is gone, for as long as it is: its hub brings it back, if it can."""
        shown: Advanced | None = None
        while not self._stopped.is_set() and _inode(self.path) is None:
            gone = reader.failure(
                f"{safe(str(self.path))!r} is gone; what was read of it is still shown",
                not_recording=reader.without_recording(self._look()),
            )
            if shown is None or shown.progress != gone.progress:
                shown = gone
                post(gone)
            self._stopped.wait(POLL_S)

    def _judge(self, judge: "_Reader | Keeper", batch: list[Traffic]) -> None:
        for item in batch:
            self._may_judge.wait()
            judge.feed(item)
            if self._stopped.is_set():
                return


class _Reader:
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


def _inode(path: Path) -> int | None:
    """Return which file is at a path, None where there is none: SQLite would go on reading one that was removed."""
    try:
        return path.stat().st_ino
    except OSError:
        return None
