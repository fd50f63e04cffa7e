"""Asking whether the index of the write-ahead log (`-shm`) can be written to, before SQLite writes to it.

SQLite does so as to memory. Where the system cannot bring that to the file, since the file system has become read-only
or is full and copies on write, it ends the process (SIGBUS), and every session with it; an ordinary write is told
instead. Of what a transaction does, only the index's first page is written to before the log is, by ordinary writes:
that page is asked for.
"""

import os
from pathlib import Path
from typing import Final

from hub.errors import RecorderError

_UNUSED: Final = 132
"""The offset of a byte that SQLite keeps for later use (walformat.html, "The WAL-Index File Format")."""


_OF_THIS_PROCESS: Final[dict[Path, "LogIndex"]] = {}
"""Those of the recordings that this process writes to: its readers cannot open them, since closing costs the locks."""


def check_own_index(recording: Path) -> None:
    """See whether a reader of this process may begin, where the process writes to that recording itself.

    Raises:
        RecorderError: it may not: the reader's first mark could be the end of the process.
    """
    if (index := _OF_THIS_PROCESS.get(recording.absolute())) is not None:
        index.check()


class LogIndex:
    """A descriptor of its own of a recording's index.

    Made when the connection is there, and closed after it: a process that closes any descriptor of a file loses all its
    locks on it.
    """

    def __init__(self, recording: Path) -> None:
        self._name = f"{recording.name}-shm"
        self._recording = recording.absolute()
        self._descriptor = os.open(recording.with_name(self._name), os.O_RDWR)
        _OF_THIS_PROCESS[self._recording] = self

    def check(self) -> None:
        """Write a byte that nobody reads.

        Raises:
            RecorderError: it cannot be written.
        """
        try:
            os.pwrite(self._descriptor, b"\x00", _UNUSED)
        except OSError as exc:
            raise RecorderError(f"{self._name!r} cannot be written to: {(exc.strerror or str(exc)).lower()}") from exc

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            if _OF_THIS_PROCESS.get(self._recording) is self:
                del _OF_THIS_PROCESS[self._recording]
