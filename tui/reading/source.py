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

from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from matrix.policy import Policy
from matrix.safe import safe
from matrix.trace import Traffic, mark_of
from tui.garbage import keep_all
from tui.reading.keeper import Keeper
from tui.reading.messages import Advanced, Rejudged
from tui.reading.presence import LockWatch, Look
from tui.reading.reader import Post, Reader
from tui.reading.verdicts import Verdicts
from tui.rules_file import read_rules_file

if TYPE_CHECKING:  # what it imports takes 30 ms, and a source that is a file needs none of it
    from hub.events.countdown import PhaseShown

POLL_S: Final = 0.1
CATCHING_UP_VIEW_S: Final = 0.25
"""How often the board is shown while the reader catches up; at the end, every POLL_S at most."""


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
        reader = Reader(self._clock, Keeper(self.verdicts, self.policy))
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

    def _follow(self, recording: Recording, reader: Reader, post: Post) -> None:
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

    def _rejudge(self, recording: Recording, reader: Reader, post: Post) -> None:
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

    def _wait_for_return(self, reader: Reader, post: Post) -> None:
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

    def _judge(self, judge: Reader | Keeper, batch: list[Traffic]) -> None:
        for item in batch:
            self._may_judge.wait()
            judge.feed(item)
            if self._stopped.is_set():
                return


def _inode(path: Path) -> int | None:
    """Return which file is at a path, None where there is none: SQLite would go on reading one that was removed."""
    try:
        return path.stat().st_ino
    except OSError:
        return None
