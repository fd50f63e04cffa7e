"""Whether a hub writes what is shown: seen from the lock beside the recording, or from the feed that it is copied from.

The age of the newest traffic says nothing about that: an idle hub is alive, and a killed one was busy a moment ago.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from hub.recording.lock_file import is_locked, is_taken_briefly, lock_path_of, trouble_at

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether the hub is here; where it is not, since when (nanoseconds since the epoch), if it ever was.

    `trouble` is the hub's own sentence where it is here and records nothing, `sent_away` why it shows us nothing more.
    """

    is_here: bool
    lost_at: int | None = None
    tries_again: bool = False
    trouble: str = ""
    sent_away: str = ""


Look = Callable[[], Presence]
ABSENT: Final = Presence(is_here=False)
HERE: Final = Presence(is_here=True)


class Feed(Protocol):
    """What copies a feed: `lost_at` is when it broke off (nanoseconds since the epoch), None while it is there.

    `trouble` is why the hub at its other end records nothing, "" where it does; `sent_away` why it sends nothing more.
    """

    @property
    def lost_at(self) -> int | None: ...

    @property
    def trouble(self) -> str: ...

    @property
    def sent_away(self) -> str: ...


def look_at_feed(feed: Feed) -> Look:
    """Return how to look for the hub of a feed."""

    def look() -> Presence:
        lost_at = feed.lost_at
        if lost_at is None:
            return Presence(is_here=True, trouble=feed.trouble)
        return Presence(is_here=False, lost_at=lost_at, tries_again=True, sent_away=feed.sent_away)

    return look


class LockWatch:
    """Looks for the hub that records into a file: it holds the lock file beside it for as long as it lives."""

    def __init__(self, recording: Path, clock: Clock = time.time_ns) -> None:
        self._recording = recording
        self._path = lock_path_of(recording)
        self._clock = clock
        self._last = ABSENT
        self._left_behind: tuple[int, int] | None = None

    def look(self) -> Presence:
        """Say whether the lock is held; once it was, also since when it is not."""
        if self._is_held():
            self._last = Presence(is_here=True, trouble=trouble_at(self._recording))
        elif self._last.is_here:
            self._last = Presence(is_here=False, lost_at=self._clock())
        return self._last

    def _is_held(self) -> bool:
        try:
            lock = os.open(self._path, os.O_RDONLY)
        except OSError:
            return False
        try:
            return not is_taken_briefly(self._recording) and self._is_locked(lock)
        finally:
            os.close(lock)

    def _is_locked(self, lock: int) -> bool:
        """Try the lock, but not again one that a killed hub left: the next hub may want it at that very moment."""
        stat = os.fstat(lock)
        if (stat.st_ino, stat.st_mtime_ns) == self._left_behind:  # a hub writes into the file that it has locked
            return False
        if is_locked(lock):
            return True
        self._left_behind = (stat.st_ino, stat.st_mtime_ns)
        return False
