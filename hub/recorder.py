"""The one writer: what arrives together is committed together, and only then handed on (docs/adr/0002-one-writer.md).

Everything that the relay wants to write, and everything it wants to do once that is written, goes through one queue.
At the end of a pass of the event loop the queue is written in one transaction, and its callbacks are called in order.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, Final, Self

from hub.batch import Backlog, Batch, SessionEnd, Stream, end_row, session_row
from hub.database import BUSY_MS, OK, RESTART, TRUNCATE, BusyError, Connection, DatabaseError, sync_log
from hub.recording import Recording
from hub.recording_file import RecorderError, WritableRecording, open_for_writing
from hub.tap import TappedFrame
from matrix.trace import Session

__all__ = ["Recorder", "RecorderError", "SessionEnd", "Stream"]

CHECKPOINT_BYTES: Final = 16 << 20
"""How far the write-ahead log grows before it is folded into the recording; at most, twice as far."""
CONGESTED_BYTES: Final = 1 << 20
"""How much may wait for a checkpoint before the relay stops reading."""
READERS_MS: Final = 20
"""How long a checkpoint waits for readers of the recording to be through with a query, and the relay with it."""
RETRY_S: Final = 1.0

log = logging.getLogger(__name__)


class Recorder:
    """The queue, its transactions and its checkpoints. Lives on one event loop."""

    def __init__(self, path: Path, recording: WritableRecording, *, checkpoint_bytes: int = CHECKPOINT_BYTES) -> None:
        self.path = path
        self._recording = recording
        self._connection = recording.connection
        self._loop = asyncio.get_running_loop()
        self._marks = count(Recording(path, self._connection).last_mark() + 1)
        self._session_ids = count(recording.last_session + 1)
        self._batch = Batch()
        self._is_scheduled = False
        self._with_beginning: set[Stream] = set()
        self._backlog: Backlog | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._log_pages = 0
        self._new_log_pages = 0
        self._checkpoint_pages = checkpoint_bytes // self._connection.pragma("page_size")
        self._connection.set_wal_hook(self._note_log)
        self._syncing: asyncio.Future[None] | None = None
        self._checkpointing: asyncio.Future[None] | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._relieved: list[Callable[[], None]] = []

    @classmethod
    def open(cls, path: Path, *, checkpoint_bytes: int = CHECKPOINT_BYTES) -> Self:
        """Open or create a recording.

        Raises:
            RecorderError: it cannot be written to, is not a recording, or another hub has it.
        """
        return cls(path, open_for_writing(path), checkpoint_bytes=checkpoint_bytes)

    @property
    def failing(self) -> str | None:
        """Why nothing is being recorded, while that is so: the relay goes on, and the gap will be marked."""
        return self._backlog.reason if self._backlog else None

    @property
    def is_congested(self) -> bool:
        """True while so much waits for a checkpoint that nothing more should be read; see `when_relieved`."""
        return self._batch.waiting_bytes > CONGESTED_BYTES

    def when_relieved(self, callback: Callable[[], None]) -> None:
        """Call back once, after the next commit."""
        self._relieved.append(callback)

    # -- what the relay records ---------------------------------------------------------------------------------------

    def new_session_id(self) -> int:
        return next(self._session_ids)

    def begin(self, session: Session) -> None:
        """Record an upgrade request."""
        self._batch.sessions.append(session_row(session, None, None))
        self._schedule()

    def answer(self, session: Session) -> None:
        """Record that the handshake is over: upgraded, or (with `closed_at`) ended by it."""
        opened_mark = next(self._marks)
        closed_mark = None if session.closed_at is None else next(self._marks)
        self._batch.sessions.append(session_row(session, opened_mark, closed_mark))
        self._schedule()

    def end(self, end: SessionEnd) -> None:
        """Record that an open session has ended, or that one side of it has."""
        self._batch.sessions.append(end_row(end, None if end.closed_at is None else next(self._marks)))
        self._schedule()

    def add(self, stream: Stream, frames: Sequence[TappedFrame], beginning: bytes = b"") -> None:
        """Record the frames of a stream, and the bytes at hand of one that is not complete yet.

        The bytes are kept until the next frame of that stream is added: that is the one that they begin.
        """
        at, marks = time.time_ns(), self._marks
        session, side = stream
        for frame in frames:
            if frame.unread is None:
                self._batch.frames.append((next(marks), session, at, side, *frame[:6]))
            else:
                self._batch.unread_frames.append((next(marks), session, at, side, *frame))
        if beginning or (self._with_beginning and stream in self._with_beginning):
            self._batch.keep_beginning(stream, at, beginning, clear=bool(frames))
            (self._with_beginning.add if beginning else self._with_beginning.discard)(stream)
        if not self._is_scheduled:
            self._schedule()

    def pass_on_text(self, stream: Stream, text: str, data: bytes, callback: Callable[[bytes], object]) -> None:
        """Do what `add` and `then` do, for bytes that are one whole text message in one frame."""
        batch, size = self._batch, len(data)
        session, side = stream
        batch.texts.append((next(self._marks), session, time.time_ns(), side, text, data[1] >> 7, size))
        batch.afterwards.append((callback, data))
        batch.waiting_bytes += size
        if not self._is_scheduled:
            self._schedule()

    def then(self, callback: Callable[[Any], object], argument: Any, size: int = 0) -> None:
        """Call back once everything that was recorded up to now is committed; `size` is what it holds in bytes."""
        self._batch.afterwards.append((callback, argument))
        self._batch.waiting_bytes += size
        if not self._is_scheduled:
            self._schedule()

    async def committed(self) -> None:
        """Return once everything that was recorded up to now is committed (or, while `failing`, counted as lost)."""
        done: asyncio.Future[None] = self._loop.create_future()
        self.then(_resolve, done)
        await done

    async def close(self) -> None:
        """Write what is left, fold the log into the recording, and let the next hub in."""
        self._commit()
        while waiting := self._syncing or self._checkpointing:
            await asyncio.wait([waiting])
        if self._retry:
            self._retry.cancel()
            self._try_again()
        await self._loop.run_in_executor(self._worker, self._checkpoint, TRUNCATE)
        self._worker.shutdown()
        if self._retry:
            self._retry.cancel()
            log.error("%s ends with a gap: %s", self.path, self.failing)
        self._recording.close()

    # -- transactions -------------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._commit)

    def _commit(self) -> None:
        """Write the queue and call back. While a checkpoint has the connection, the queue waits for its end."""
        if self._checkpointing or not self._is_scheduled:
            return
        batch, self._batch, self._is_scheduled = self._batch, Batch(), False
        if self._backlog:
            self._backlog.take(batch)
        else:
            try:
                batch.write(self._connection)
            except DatabaseError as exc:
                self._fail(batch, exc)
        for callback, argument in batch.afterwards:
            callback(argument)
        self._relieve()
        self._checkpoint_if_due()

    def _relieve(self) -> None:
        if self._relieved:
            callbacks, self._relieved = self._relieved, []
            for callback in callbacks:
                callback()

    # -- a disk that takes nothing ------------------------------------------------------------------------------------

    def _fail(self, batch: Batch, exc: DatabaseError) -> None:
        self._backlog = Backlog(str(exc))
        self._backlog.take(batch)
        log.error("%s takes nothing more (%s): the relay goes on, the recording has a gap", self.path, exc)
        self._retry = self._loop.call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        if self._backlog is None:
            return
        self._retry = self._loop.call_later(RETRY_S, self._try_again)
        if self._checkpointing:
            return
        try:
            self._backlog.write(self._connection, self._marks.__next__)
        except DatabaseError as exc:
            self._backlog.reason = str(exc)
            return
        self._retry.cancel()
        self._backlog = self._retry = None
        log.warning("%s takes data again; the gap is marked", self.path)

    # -- checkpoints --------------------------------------------------------------------------------------------------

    def _note_log(self, _connection: Connection, _name: str, pages: int) -> int:
        """Count what a commit has added to the log: SQLite says how long that is now, or is anew."""
        self._new_log_pages += pages - self._log_pages if pages > self._log_pages else pages
        self._log_pages = pages
        return OK

    def _checkpoint_if_due(self) -> None:
        if self._new_log_pages < self._checkpoint_pages:
            return
        if not self._syncing:
            self._syncing = self._loop.run_in_executor(self._worker, sync_log, self.path)
            self._syncing.add_done_callback(self._begin_checkpoint)
        elif self._new_log_pages >= 2 * self._checkpoint_pages:
            self._checkpointing = self._syncing  # a disk this slow is waited for: the log is not to grow without end

    def _begin_checkpoint(self, _: "asyncio.Future[None]") -> None:
        self._syncing = None
        self._checkpointing = self._loop.run_in_executor(self._worker, self._checkpoint, RESTART)
        self._checkpointing.add_done_callback(self._after_checkpoint)

    def _checkpoint(self, how: int) -> None:
        """Fold the log into the file. On a thread: it waits for the disk, and nobody else uses the connection.

        RESTART leaves the log's file as long as it is: writing over it costs a tenth less than making it grow again.
        """
        if how == RESTART:
            self._connection.set_busy_timeout(READERS_MS)
        try:
            self._connection.wal_checkpoint(mode=how)
        except BusyError:
            pass  # what could be folded is; the log goes on where it is until the next checkpoint
        except DatabaseError as exc:
            log.warning("the write-ahead log of %s stays long: %s", self.path, exc)
        finally:
            self._connection.set_busy_timeout(BUSY_MS)

    def _after_checkpoint(self, _: "asyncio.Future[None]") -> None:
        self._checkpointing = None
        # A reader in the middle of a query keeps the log from starting anew: then the next try is that much later.
        self._new_log_pages = 0
        self._commit()


def _resolve(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
