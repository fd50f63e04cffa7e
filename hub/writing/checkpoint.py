"""Folding the write-ahead log into the recording, and what is said where a reader prevents it."""

import logging
import time
from pathlib import Path
from typing import Final

from hub.recording.database import RESTART, BusyError, Connection, DatabaseError

READERS_MS: Final = (20, 100, 250, 500)
"""How long a checkpoint waits for readers of the recording to be through with a query, and the relay with it.

Ours are through in 20 ms, or on a busy machine at one of the next tries. A reader that is not is left alone from then
on.
"""
BUSY_MS: Final = 100
"""How long a commit waits for another program that writes to the recording, which none should."""

log = logging.getLogger(__name__)


class Checkpointer:
    """Folds the log of a recording, and knows since when readers prevent it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held_since: float | None = None
        self._misses = 0

    @property
    def is_pressing(self) -> bool:
        """True while the next try should come soon: a reader that is still busy now will be through by then."""
        return 0 < self._misses < len(READERS_MS)

    def run(self, connection: Connection, how: int = RESTART) -> None:
        """Fold the log into the file. On a thread: it waits for the disk, and nobody else uses the connection.

        RESTART leaves the log's file as long as it is: writing over it costs a tenth less than making it grow again.
        """
        connection.set_busy_timeout(READERS_MS[self._misses if self.is_pressing else 0])
        try:
            connection.wal_checkpoint(mode=how)
        except BusyError:
            self._note_reader()
        except DatabaseError as exc:
            log.warning("the write-ahead log of %s stays long: %s", self._path, exc)
        else:
            self._note_success()
        finally:
            connection.set_busy_timeout(BUSY_MS)

    def _note_reader(self) -> None:
        """Name what is known of a reader that is in the middle of a query: its process is not."""
        now = time.monotonic()
        self._misses += 1
        self._held_since = self._held_since or now
        if self.is_pressing:
            return
        log.warning(
            "another program has been reading %s without a pause for %.0f s: its log cannot start anew, and has grown"
            " to %d MiB", self._path, now - self._held_since, self._log_bytes() >> 20,
        )  # fmt: skip

    def _note_success(self) -> None:
        if self._misses >= len(READERS_MS):
            log.info("the log of %s starts anew: nobody holds it any more", self._path)
        self._misses, self._held_since = 0, None

    def _log_bytes(self) -> int:
        try:
            return self._path.with_name(f"{self._path.name}-wal").stat().st_size
        except OSError:
            return 0
