"""The one writer: what arrives together is committed together, and only then handed on (docs/adr/0002-one-writer.md).

Everything that the relay wants to write, and everything it wants to do once that is written, goes through one queue.
At the end of a pass of the event loop the queue is written in one transaction, and its callbacks are called in order.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from itertools import count
from time import time_ns
from typing import Any, Final

from msgspec import structs

from hub.recording.database import TRUNCATE
from hub.recording.writable import WritableRecording
from hub.relaying.tap import TappedFrame
from hub.writing.batch import Batch, Row, SessionEnd, Stream, disturbance_row, end_row, note_row, session_row
from hub.writing.calling_back import Owner, call, call_back
from hub.writing.steady_writer import CONGESTED_BYTES, SteadyWriter
from hub.writing.writer import CHECKPOINT_BYTES
from matrix.notes import Note
from matrix.trace import Disturbed, Session

__all__ = ["Recorder", "SessionEnd", "Stream"]

SEVERAL: Final = range(2, 16)
"""A transaction of so many frames waits for more while the relay is busy; one that comes alone is an answer, likely."""
BUSY_S: Final = 200e-6
"""The relay is busy where one commit follows another as soon as this."""
NAP_S: Final = 10e-6
RESTED_S: Final = 10e-3
"""After so long without a commit, the recording is asked first whether it can be written to
(`hub.recording.log_index`)."""

log = logging.getLogger(__name__)


class Recorder(SteadyWriter):
    """The queue, and the transactions that write it. Lives on one event loop."""

    def __init__(
        self, recording: WritableRecording, *, checkpoint_bytes: int = CHECKPOINT_BYTES, is_strict: bool = False
    ) -> None:
        super().__init__(recording, checkpoint_bytes, is_strict=is_strict)
        self._session_ids = count(recording.last_session + 1)
        self._note_ids = count(recording.last_note + 1)
        self._with_beginning: set[Stream] = set()
        self._has_gathered = False
        self._looked_at = 0.0
        self._relieved: list[tuple[Callable[[], None], Owner]] = []

    @property
    def is_congested(self) -> bool:
        """True while so much waits for a checkpoint that nothing more should be read; see `when_relieved`."""
        return self._batch.waiting_bytes > CONGESTED_BYTES

    def say_where(self, url: str) -> None:
        """Leave word beside the recording where the hub listens."""
        self._recording.say_where(url)

    def when_relieved(self, callback: Callable[[], None], owner: Owner) -> None:
        """Call back once, after the next commit; where that fails, it is the owner's session that ends."""
        self._relieved.append((callback, owner))

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

    def _relieve(self) -> None:
        callbacks, self._relieved = self._relieved, []
        for callback, owner in callbacks:
            call(callback, owner)


def _resolve(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
