"""A writer that goes on where nothing can be recorded: it says so, counts what is lost, and brings a recording back."""

import asyncio
import logging
from itertools import count
from typing import Final

from hub.errors import RecorderError
from hub.recording.database import reason_of
from hub.recording.reading import Recording
from hub.recording.writable import WritableRecording
from hub.writing.backlog import Backlog
from hub.writing.batch import Batch
from hub.writing.writer import Writer

CONGESTED_BYTES: Final = 1 << 20
"""How much may wait for a checkpoint before the relay stops reading."""
RETRY_S: Final = 1.0
LOOK_S: Final = 0.4
"""How often the recorder looks whether its files are where they were: a dashboard is to say so within a second."""
PATIENCE_S: Final = 0.5
"""How long the queue waits for a recording to be brought back before the relay goes on without one."""

log = logging.getLogger(__name__)


class SteadyWriter(Writer):
    """Has the queue (`_batch`), and a backlog in its place while nothing can be written; a strict one lets all wait."""

    def __init__(self, recording: WritableRecording, checkpoint_bytes: int, *, is_strict: bool) -> None:
        super().__init__(recording, checkpoint_bytes)
        self._is_strict = is_strict
        self._marks = count(Recording(self.path, self._connection).last_mark() + 1)
        self._batch = Batch()
        self._is_scheduled = False
        self._told = ""
        self._backlog: Backlog | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._next_look = self._loop.call_later(LOOK_S, self._look)

    @property
    def failing(self) -> str | None:
        """Why nothing is being recorded, while that is so: the relay goes on, and the gap will be marked."""
        return self._trouble or None

    @property
    def is_forwarding(self) -> bool:
        """False while a strict recorder keeps everything waiting, since nothing can be recorded."""
        return not (self._trouble and self._is_strict)

    # -- a disk that takes nothing ------------------------------------------------------------------------------------

    def _check(self) -> None:
        """See that a transaction can be tried."""
        try:
            if not self._trouble:
                self._recording.check()
        except RecorderError as exc:
            self._fail(exc)

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
