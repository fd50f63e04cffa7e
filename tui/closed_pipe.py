"""What becomes of a program whose output goes nowhere any more: a closed pipe (`... | head`), a full disk."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

UNREAD: Final = 141
"""What a shell says of a program that SIGPIPE has ended. 0 would say that a recording is clean, 1 that it is not."""
UNWRITTEN: Final = 2
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a disk says that takes no more; anything else that nobody expected is a bug, and shows where it is."""


@contextmanager
def until_nobody_reads() -> Iterator[None]:
    """Run what prints. Where its reader goes away before the end, exit quietly with UNREAD.

    Rich and click exit by themselves then, with 1: which is told by what they were handling. Where its output cannot be
    written since a disk is full, say so and exit with UNWRITTEN.
    """
    _have_somewhere_to_print()
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _end(UNREAD)
    except OSError as exc:
        if exc.errno not in FULL:
            raise
        with suppress(OSError):  # where that is full, too, the code has to do
            sys.stderr.write(f"plugfest: what should be written cannot be: {exc.strerror}\n")
        _end(UNWRITTEN)
    except SystemExit as exc:
        if isinstance(exc.__context__, BrokenPipeError):
            _end(UNREAD)
        raise


def _have_somewhere_to_print() -> None:
    """Print nowhere where there never was anything to print to (`>&-`): Python has None in its place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the process ends


def _end(code: int) -> None:
    """Exit; what is left in buffers goes nowhere, or Python would complain about it at the very end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
