"""The one writer: what arrives together is committed together, and only then handed on (docs/adr/0002-one-writer.md).

Everything that the relay wants to write, and everything it wants to do once that is written, goes through one queue.
At the end of a pass of the event loop the queue is written in one transaction, and its callbacks are called in order.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from time import time_ns
from typing import Any, Final

from msgspec import structs

from hub.batch import Backlog, Batch, Row, SessionEnd, Stream, disturbance_row, end_row, note_row, session_row
from hub.calling_back import call, call_back
from hub.checkpoint import Checkpointer
from hub.database import OK, TRUNCATE, Connection, Transaction, reason_of, sync_log
from hub.errors import RecorderError
from hub.recording import Recording
from hub.recording_file import Durability, WritableRecording, open_for_writing
from hub.tap import TappedFrame
from matrix.notes import Note
from matrix.trace import Disturbed, Session

__all__ = ["Durability", "Recorder", "RecorderError", "SessionEnd", "Stream"]

CHECKPOINT_BYTES: Final = 16 << 20
"""How far the write-ahead log grows before it is folded into the recording; at most, twice as far."""
CONGESTED_BYTES: Final = 1 << 20
"""How much may wait for a checkpoint before the relay stops reading."""
SEVERAL: Final = range(2, 16)
"""A transaction of so many frames waits for more while the relay is busy; one that comes alone is an answer, likely."""
BUSY_S: Final = 200e-6
"""The relay is busy where one commit follows another as soon as this."""
NAP_S: Final = 10e-6
RESTED_S: Final = 10e-3
"""After so long without a commit, the recording is asked first whether it can be written to (`hub.log_index`)."""
RETRY_S: Final = 1.0
LOOK_S: Final = 0.4
"""How often the recorder looks whether its files are where they were: a dashboard is to say so within a second."""
PATIENCE_S: Final = 0.5
"""How long the queue waits for a recording to be brought back before the relay goes on without one."""

log = logging.getLogger(__name__)


class Recorder:
    """The queue, its transactions and its checkpoints. Lives on one event loop."""

    def __init__(
        self, recording: WritableRecording, *, checkpoint_bytes: int = CHECKPOINT_BYTES, is_strict: bool = False
    ) -> None:
        self.path = recording.path
        self._recording = recording
        self._connection: Connection
        self._transaction: Transaction
        self._log_pages = 0
        self._new_log_pages = 0
        self._use(recording.connection)
        self._is_strict = is_strict
        self._loop = asyncio.get_running_loop()
        self._marks = count(Recording(self.path, self._connection).last_mark() + 1)
        self._session_ids = count(recording.last_session + 1)
        self._note_ids = count(recording.last_note + 1)
        self._batch = Batch()
        self._is_scheduled = False
        self._has_gathered = False
        self._looked_at = 0.0
        self._with_beginning: set[Stream] = set()
        self._trouble = self._told = ""
        self._backlog: Backlog | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._checkpointer = Checkpointer(self.path)
        self._checkpoint_pages = checkpoint_bytes // self._connection.pragma("page_size")
        self._syncing: asyncio.Future[None] | None = None
        self._working: asyncio.Future[None] | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self._relieved: list[Callable[[], None]] = []
        self._next_look = self._loop.call_later(LOOK_S, self._look)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        checkpoint_bytes: int = CHECKPOINT_BYTES,
        durability: Durability = Durability.KILL,
        is_strict: bool = False,
    ) -> "Recorder":
        """Open or create a recording.

        Raises:
            RecorderError: it cannot be written to, is not a recording, or another hub has it.
        """
        kind = SyncedRecorder if durability is Durability.POWER else Recorder
        recording = open_for_writing(path, durability=durability)
        return kind(recording, checkpoint_bytes=checkpoint_bytes, is_strict=is_strict)

    @property
    def failing(self) -> str | None:
        """Why nothing is being recorded, while that is so: the relay goes on, and the gap will be marked."""
        return self._trouble or None

    @property
    def is_forwarding(self) -> bool:
        """False while a strict recorder keeps everything waiting, since nothing can be recorded."""
        return not (self._trouble and self._is_strict)

    @property
    def is_congested(self) -> bool:
        """True while so much waits for a checkpoint that nothing more should be read; see `when_relieved`."""
        return self._batch.waiting_bytes > CONGESTED_BYTES

    def say_where(self, url: str) -> None:
        """Leave word beside the recording where the hub listens."""
        self._recording.say_where(url)

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
        at, marks = time_ns(), self._marks
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

    def pass_on_text(
        self, session: int, side: str, text: str, data: bytes, callback: Callable[[bytes], object]
    ) -> bool:
        """Do what `add` and `then` do, for bytes that are one whole text message; return what `is_congested` says."""
        batch, size = self._batch, len(data)
        batch.texts.append((next(self._marks), session, time_ns(), side, data[1] >> 7, size, text))
        batch.afterwards.append((callback, data))
        batch.waiting_bytes += size
        if not self._is_scheduled:
            self._schedule()
        return batch.waiting_bytes > CONGESTED_BYTES

    def disturb(self, step: Disturbed, *, frames_before: int | None = None) -> int:
        """Record a step of a disturbance; return its mark, which is also the number of the disturbance it begins.

        The step's own mark is not looked at, nor its number where that is 0. `frames_before` makes it name a frame of
        those that are added next: the one that so many come before.
        """
        mark = next(self._marks)
        frame = None if frames_before is None else mark + 1 + frames_before
        numbered = structs.replace(step, mark=mark, number=step.number or mark, frame=frame)
        self._batch.disturbances.append(disturbance_row(numbered))
        self._schedule()
        return mark

    def note(self, note: Note) -> Note:
        """Record a note, new (with the id 0) or resolved; return it with its id."""
        numbered = structs.replace(note, id=note.id or next(self._note_ids))
        self._batch.notes.append(note_row(numbered))
        self._schedule()
        return numbered

    def put(self, statement: str, row: Row) -> None:
        """Record a row of a table that is no traffic, after the sessions of the same pass."""
        self._batch.notes.append((statement, row))
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
        self._next_look.cancel()
        self._check()
        self._commit()
        while waiting := self._syncing or self._working:
            await asyncio.wait([waiting])
        if self._retry:
            self._retry.cancel()
        if self._trouble:
            await self._loop.run_in_executor(self._worker, self._last_try)
        if not self._trouble:
            await self._loop.run_in_executor(self._worker, self._checkpointer.run, self._connection, TRUNCATE)
        self._worker.shutdown()
        if self._trouble:
            log.error("%s ends with a gap: %s", self.path, self._trouble)
        self._recording.close()

    # -- transactions -------------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._end_pass)

    def _end_pass(self) -> None:
        if self._working or not self._gathers():
            self._commit()

    def _commit(self) -> None:
        """Write the queue and call back. While the worker has the connection, the queue waits for its end."""
        if not self._is_scheduled or ((self._working or self._trouble) and not self._backlog):
            return
        batch, self._batch, self._is_scheduled = self._batch, Batch(), False
        if self._backlog:
            self._backlog.take(batch)
        else:
            try:
                batch.write(self._transaction)
            except Exception as exc:  # also one of ours: else all that the batch holds would be lost without a word
                self._fail(exc, batch)
                if self._is_strict:
                    return
        call_back(batch.afterwards)
        if self._relieved:
            self._relieve()
        if self._new_log_pages >= self._checkpoint_pages:
            self._checkpoint()

    def _gathers(self) -> bool:
        """Let more arrive, once, where the last commit has only just been: a transaction costs as much as five frames.

        The sleep is the shortest that there is, some 60 µs on Linux; a timer of the event loop takes 1 ms.
        """
        now = time.perf_counter()
        rested_s, self._looked_at = now - self._looked_at, now
        if rested_s > RESTED_S:
            self._check()
        is_busy = rested_s < BUSY_S and len(self._batch.afterwards) in SEVERAL
        if is_busy and not self._has_gathered:
            self._has_gathered = True
            time.sleep(NAP_S)
            self._loop.call_soon(self._end_pass)
            return True
        self._has_gathered = False
        return False

    def _check(self) -> None:
        """See that a transaction can be tried."""
        try:
            if not self._trouble:
                self._recording.check()
        except RecorderError as exc:
            self._fail(exc)

    def _relieve(self) -> None:
        callbacks, self._relieved = self._relieved, []
        for callback in callbacks:
            call(callback)

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

    # -- a disk that takes nothing ------------------------------------------------------------------------------------

    def _fail(self, exc: BaseException, batch: Batch | None = None) -> None:
        """Note why nothing is recorded, and try again later; the batch that could not be written waits or is lost."""
        trouble = reason_of(exc, self._connection)
        self._tell(trouble)
        if self._is_strict:
            self._put_back(batch or Batch())
        else:
            self._backlog = self._backlog or Backlog(trouble)
            self._backlog.reason = trouble
            self._backlog.take(batch or Batch())
        if self._retry is None:
            self._retry = self._loop.call_later(RETRY_S, self._try_again)

    def _put_back(self, batch: Batch) -> None:
        """Let a batch wait, and everything that would come after it."""
        batch.extend(self._batch)
        batch.waiting_bytes = max(batch.waiting_bytes, CONGESTED_BYTES + 1)
        self._batch, self._is_scheduled = batch, True

    def _tell(self, trouble: str) -> None:
        """Say why nothing is recorded, or ("") that it is again: in the log, and to dashboards."""
        self._trouble = trouble
        if trouble == self._told:
            return
        self._told = trouble
        self._recording.lock.say(trouble)
        if trouble and self._is_strict:
            log.error("NOT RECORDING into %s: %s. Nothing is forwarded either (--strict)", self.path, trouble)
        elif trouble:
            log.error("NOT RECORDING into %s: %s. The relay goes on; what is lost will be marked", self.path, trouble)
        else:
            log.warning("recording into %s again", self.path)

    def _try_again(self) -> None:
        """Bring the recording back to its place if it is not there, and write what was kept."""
        if self._retry:
            self._retry.cancel()
        self._retry = None
        if self._working:
            self._retry = self._loop.call_later(RETRY_S, self._try_again)
        elif self._recording.displaced():
            self._let_work(self._recording.restore, self._restored)
        else:
            self._resume()

    def _restored(self) -> None:
        self._use(self._recording.connection)
        self._resume()

    def _resume(self) -> None:
        try:
            self._recording.check()
            if self._backlog:
                self._backlog.write(self._transaction, self._marks.__next__)
        except Exception as exc:  # whatever it is, there is another try
            self._fail(exc)
            return
        self._backlog, self._trouble = None, ""
        self._commit()
        if not self._working:
            self._tell(self._trouble)

    def _last_try(self) -> None:
        """Write what was kept before the process ends; make the folder again, rather than lose a whole recording."""
        try:
            if self._recording.displaced():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._recording.restore()
                self._use(self._recording.connection)
            self._recording.check()
            if self._backlog:
                self._backlog.write(self._transaction, self._marks.__next__)
            self._batch.write(self._transaction)
            self._trouble = ""
        except Exception as exc:  # the recording is closed all the same
            self._trouble = str(exc)

    # -- files that are taken away ------------------------------------------------------------------------------------

    def _look(self) -> None:
        """See whether the files take a byte, and are where they were: SQLite would go on writing to removed ones."""
        self._next_look = self._loop.call_later(LOOK_S, self._look)
        if not self._working:
            self._check()
        if self._trouble or not (trouble := self._recording.displaced()):
            return
        self._tell(trouble)
        if not self._is_strict:
            self._loop.call_later(PATIENCE_S, self._lose_patience)
        self._try_again()

    def _lose_patience(self) -> None:
        """Relay without recording, where it takes longer to bring a recording back."""
        if self._trouble and self._backlog is None:
            self._backlog = Backlog(self._trouble)
            self._commit()


class SyncedRecorder(Recorder):
    """Commits on the worker, since each commit waits for the disk; what arrives meanwhile is the next one's."""

    def _commit(self) -> None:
        if self._is_scheduled and not self._working:
            self._check()  # each time: beside the disk it costs nothing
        if self._backlog:
            super()._commit()
        elif self._is_scheduled and not self._working and not self._trouble:
            batch, self._batch, self._is_scheduled = self._batch, Batch(), False
            self._working = self._loop.run_in_executor(self._worker, batch.write, self._transaction)
            self._working.add_done_callback(partial(self._written, batch))

    def _checkpoint(self) -> None:
        """Fold the log into the recording: each commit has brought it to the disk already."""
        if not self._working and not self._trouble:
            self._let_work(partial(self._checkpointer.run, self._connection), self._after_checkpoint)

    def _written(self, batch: Batch, done: "asyncio.Future[None]") -> None:
        self._working = None
        if exc := done.exception():
            self._fail(exc, batch)
            if self._is_strict:
                return
        else:
            self._tell("")
        call_back(batch.afterwards)
        self._relieve()
        if self._new_log_pages >= self._checkpoint_pages:
            self._checkpoint()
        self._commit()


def _resolve(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
