"""The lock file beside a recording: it keeps a second hub out, and says what the hub that holds it has to say.

A dashboard in another process learns here that nothing is being recorded. The file has its full size from the start and
is written over in place: that works on a full disk too. Where not even that does, since the file system has become
read-only or the disk is gone, a lock on one byte of it says so: the kernel keeps that without any disk.
"""

import fcntl
import os
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from hub.errors import LockedError, RecorderError

SIZE: Final = 1024
BRIEFLY: Final = "briefly"
"""What stands in place of the hub's URL where a command has the lock for a moment: that makes nothing live."""
READ_ONLY: Final = "the file system is read-only"
UNWRITABLE: Final = "nothing can be written to its disk"

_FLAG: Final = SIZE
"""The byte behind the text that is locked while nothing is recorded. Its lock is of the kind that belongs to a
descriptor (fcntl(2), open file description locks): a process would lose the other kind by closing any descriptor."""
_FLOCK: Final = "hhqqi0q"
"""struct flock of Linux: type, whence, start, length, process."""


def lock_path_of(recording: Path) -> Path:
    """Return where the lock of a recording is."""
    return recording.with_name(f"{recording.name}.lock")


def trouble_in(content: bytes) -> str:
    """Return why the hub that wrote a lock file records nothing, "" where it does."""
    _, _, rest = content.partition(b"\n")
    return rest.partition(b"\n")[0].decode("utf-8", "replace").strip(" \x00")


def trouble_at(recording: Path) -> str:
    """Return why the hub that has the lock of a recording records nothing, "" where it does, or where there is none."""
    try:
        with lock_path_of(recording).open("rb") as file:
            trouble = trouble_in(file.read(SIZE))
            return trouble or (_what_is_wrong_with(file.fileno()) if _is_flagged(file.fileno()) else "")
    except OSError:
        return ""


def hub_at(recording: Path) -> str:
    """Return where the hub that has the lock of a recording listens, "" where there is none, or it does not say."""
    where = _said_where(recording)
    return "" if where == BRIEFLY else where


def is_taken_briefly(recording: Path) -> bool:
    """Tell whether it is a command that has, or had, the lock of a recording, and no hub."""
    return _said_where(recording) == BRIEFLY


def holder_of(recording: Path) -> int | None:
    """Return the process that wrote the lock file, if it lives. The lock is not tried: a hub might want it just now."""
    try:
        holder = int(lock_path_of(recording).read_bytes()[:20].partition(b"\n")[0])
        os.kill(holder, 0)
    except (OSError, ValueError, OverflowError):  # no such file, no such process, or one of another user's
        return None
    return holder if holder > 0 else None


def unwritable_at(recording: Path) -> str:
    """Return why not even the lock file can be written, "" where it can, or where nothing is said to be wrong."""
    trouble = trouble_at(recording)
    return trouble if trouble in (READ_ONLY, UNWRITABLE) else ""


def is_held(recording: Path) -> bool:
    """Tell whether a hub, or a command, has the lock of a recording at this moment."""
    try:
        descriptor = os.open(lock_path_of(recording), os.O_RDONLY)
    except OSError:
        return False
    try:
        return is_locked(descriptor)
    finally:
        os.close(descriptor)


def is_locked(descriptor: int) -> bool:
    """Tell whether somebody else has the lock of a file; else it is ours until the file is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    return False


def _said_where(recording: Path) -> str:
    try:
        lines = lock_path_of(recording).read_bytes()[:SIZE].split(b"\n")
    except OSError:
        return ""
    return lines[2].decode("ascii", "replace").strip(" \x00") if len(lines) > 2 else ""


class LockFile:
    """The lock, held from `take` to `release`. The kernel drops the lock of a killed process."""

    def __init__(self, path: Path, descriptor: int, where: str = "") -> None:
        self.path = path
        self._descriptor = descriptor
        self._trouble = ""
        self.where = where
        self._write()

    @classmethod
    def take(cls, recording: Path, where: str = "") -> Self:
        """Take the lock of a recording; `where` is BRIEFLY, or where the hub listens, if that is known yet.

        Raises:
            LockedError: another hub has it.
            RecorderError: there can be no file.
        """
        path = lock_path_of(recording)
        while True:
            descriptor = _locked(recording, path)
            # Another hub may have removed the file, at its end, between our open and our lock.
            if _is_at(path, descriptor):
                return cls(path, descriptor, where)
            os.close(descriptor)

    @property
    def is_in_place(self) -> bool:
        """False once somebody has removed the file: then another hub could have one of the same name."""
        return _is_at(self.path, self._descriptor)

    def say(self, trouble: str) -> None:
        """Tell whoever looks why nothing is being recorded; "" where all is well."""
        self._trouble = trouble
        _flag(self._descriptor, up=trouble != "")
        self._write()

    def say_where(self, url: str) -> None:
        """Tell whoever looks where the hub listens."""
        self.where = url
        self._write()

    def _write(self) -> None:
        line = " ".join(self._trouble.split()).encode()[: SIZE // 2]
        with suppress(OSError):  # a disk that takes nothing at all: the flag has to do
            os.pwrite(
                self._descriptor,
                (b"%d\n%b\n%b\n" % (os.getpid(), line, self.where.encode()[: SIZE // 4])).ljust(SIZE),
                0,
            )

    def release(self) -> None:
        """Let the next hub in, and leave nothing behind, where the file system lets us."""
        if self.is_in_place:
            with suppress(OSError):
                self.path.unlink()
        os.close(self._descriptor)


def _locked(recording: Path, path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as exc:
        raise RecorderError(f"{str(recording)!r} cannot be recorded into: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        holder = os.pread(descriptor, 20, 0).partition(b"\n")[0].decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise LockedError(f"{str(recording)!r} is being recorded into by another hub, process {holder}") from exc
    return descriptor


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _flag(descriptor: int, *, up: bool) -> None:
    """Lock the byte that says that nothing is recorded, or unlock it."""
    if sys.platform == "linux":
        kind = fcntl.F_WRLCK if up else fcntl.F_UNLCK
        with suppress(OSError):  # a file system without locks
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, kind, os.SEEK_SET, _FLAG, 1, 0))


def _is_flagged(descriptor: int) -> bool:
    """Tell whether somebody has locked just that byte; a network file system shows our flock as a lock on all of it."""
    if sys.platform != "linux":
        return False
    asked = struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, _FLAG, 1, 0)
    kind, _, start, length, _ = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, asked))
    return kind == fcntl.F_WRLCK and (start, length) == (_FLAG, 1)


def _what_is_wrong_with(descriptor: int) -> str:
    return READ_ONLY if os.fstatvfs(descriptor).f_flag & os.ST_RDONLY else UNWRITABLE
