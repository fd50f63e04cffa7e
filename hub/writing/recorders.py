"""Opening a recorder: what a commit survives decides of which kind it is (docs/adr/0011-durability.md)."""

import asyncio
from functools import partial
from pathlib import Path

from hub.recording.writable import Durability, open_for_writing
from hub.writing.batch import Batch
from hub.writing.calling_back import call_back
from hub.writing.recorder import Recorder
from hub.writing.writer import CHECKPOINT_BYTES


def open_recorder(
    path: Path,
    *,
    checkpoint_bytes: int = CHECKPOINT_BYTES,
    durability: Durability = Durability.KILL,
    is_strict: bool = False,
) -> Recorder:
    """Open or create a recording.

    Raises:
        RecorderError: it cannot be written to, is not a recording, or another hub has it.
    """
    kind = SyncedRecorder if durability is Durability.POWER else Recorder
    recording = open_for_writing(path, durability=durability)
    return kind(recording, checkpoint_bytes=checkpoint_bytes, is_strict=is_strict)


class SyncedRecorder(Recorder):
    """Commits on the worker, since each commit waits for the disk; what arrives meanwhile is the next one's."""

    _is_writing = False

    def _commit(self) -> None:
        if self._is_writing:  # also where patience is lost meanwhile: nothing overtakes what is being written
            return
        if self._is_scheduled and not self._working:
            self._check()  # each time: beside the disk it costs nothing
        if self._backlog:
            super()._commit()
        elif self._is_scheduled and not self._working and not self._trouble:
            batch, self._batch, self._is_scheduled = self._batch, Batch(), False
            self._is_writing = True
            self._working = self._loop.run_in_executor(self._worker, batch.write, self._transaction)
            self._working.add_done_callback(partial(self._written, batch))

    def _checkpoint(self) -> None:
        """Fold the log into the recording: each commit has brought it to the disk already."""
        if not self._working and not self._trouble:
            self._let_work(partial(self._checkpointer.run, self._connection), self._after_checkpoint)

    def _written(self, batch: Batch, done: "asyncio.Future[None]") -> None:
        self._working, self._is_writing = None, False
        if exc := done.exception():
            self._fail(exc, batch)
            if self._is_strict:
                return
        elif not self._trouble:  # that it was taken away meanwhile
            self._tell("")
        call_back(batch.afterwards)
        self._relieve()
        if self._new_log_pages >= self._checkpoint_pages:
            self._checkpoint()
        self._commit()
