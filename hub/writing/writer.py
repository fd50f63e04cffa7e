"""The one connection that writes, the thread that has it now and then, and the log that is folded there."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from hub.recording.database import OK, Connection, Transaction, sync_log
from hub.recording.writable import WritableRecording
from hub.writing.checkpoint import Checkpointer

CHECKPOINT_BYTES: Final = 16 << 20
"""How far the write-ahead log grows before it is folded into the recording; at most, twice as far."""


class Writer:
    """A connection to write to. Nobody on the event loop uses it while `_working` is not None.

    `_trouble` says why nothing can be written, "" while all is well.
    """

    def __init__(self, recording: WritableRecording, checkpoint_bytes: int) -> None:
        self.path = recording.path
        self._recording = recording
        self._loop = asyncio.get_running_loop()
        self._trouble = ""
        self._connection: Connection
        self._transaction: Transaction
        self._log_pages = 0
        self._new_log_pages = 0
        self._use(recording.connection)
        self._checkpointer = Checkpointer(self.path)
        self._checkpoint_pages = checkpoint_bytes // self._connection.pragma("page_size")
        self._syncing: asyncio.Future[None] | None = None
        self._working: asyncio.Future[None] | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="recorder")

    def _commit(self) -> None:
        """Write what waits, now that it may be written again."""
        raise NotImplementedError

    def _check(self) -> None:
        """See that a transaction can be tried."""
        raise NotImplementedError

    def _fail(self, exc: BaseException) -> None:
        """Take up that nothing can be written."""
        raise NotImplementedError

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _let_work(self, work: Callable[[], None], then: Callable[[], None]) -> None:
        """Let the worker have the connection; go on with what waits for it."""
        self._working = self._loop.run_in_executor(self._worker, work)
        self._working.add_done_callback(partial(self._worked, then))

    def _worked(self, then: Callable[[], None], done: "asyncio.Future[None]") -> None:
        self._working = None
        if exc := done.exception():
            self._fail(exc)
            self._commit()
        else:
            then()

    # -- checkpoints --------------------------------------------------------------------------------------------------

    def _use(self, connection: Connection) -> None:
        """Write to a connection, and count what that adds to its log."""
        self._connection, self._transaction = connection, Transaction(connection)
        self._log_pages = self._new_log_pages = 0
        connection.set_wal_hook(self._note_log)

    def _note_log(self, _connection: Connection, _name: str, pages: int) -> int:
        """Count what a commit has added to the log: SQLite says how long that is now, or is anew."""
        self._new_log_pages += pages - self._log_pages if pages > self._log_pages else pages
        self._log_pages = pages
        return OK

    def _checkpoint(self) -> None:
        """Bring the log to the disk while the queue goes on, then fold it into the recording while the queue waits."""
        if self._working or self._trouble:
            return
        if not self._syncing:
            self._syncing = self._loop.run_in_executor(self._worker, sync_log, self.path)
            self._syncing.add_done_callback(self._begin_checkpoint)
        elif self._new_log_pages >= 2 * self._checkpoint_pages:
            self._working = self._syncing  # a disk this slow is waited for: the log is not to grow without end

    def _begin_checkpoint(self, synced: "asyncio.Future[None]") -> None:
        self._syncing = None
        if self._working is synced:
            self._working = None
        if not self._working and not self._trouble:
            self._let_work(partial(self._checkpointer.run, self._connection), self._after_checkpoint)

    def _after_checkpoint(self) -> None:
        # A reader in the middle of a query keeps the log from starting anew.
        self._new_log_pages = self._checkpoint_pages * 3 // 4 if self._checkpointer.is_pressing else 0
        self._check()
        self._commit()
