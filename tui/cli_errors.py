"""How every command says what it cannot do: in a sentence each, without a traceback."""

import errno
import os
import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn

import rich_click as click

CLEAN: Final = 0
UNUSABLE: Final = 2
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a disk says that takes no more; anything else that nobody expected is a bug, and shows where it is."""


def reported(work: Callable[[], Any]) -> Any:
    """Run a command: what the hub cannot do is said in a sentence, Ctrl-C ends quietly."""
    from hub.errors import HubError

    try:
        return _written(work)
    except HubError as exc:
        fail(*exc.sentences)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(CLEAN)
    except OSError as exc:
        if exc.errno not in FULL:
            raise
        _let_go_of_output()
        fail(f"what should be written cannot be: {exc.strerror}")


def _written(work: Callable[[], Any]) -> Any:
    """Run a command, and write what it printed: at the end of Python it would be too late to say that this fails."""
    done = work()
    sys.stdout.flush()
    return done


def _let_go_of_output() -> None:
    """Keep Python from writing the rest at its end, which would fail again, and say so with a traceback."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def fail(*sentences: str) -> NoReturn:
    """Say why a command cannot do what it was asked for, and end it."""
    from matrix.safe import safe

    for sentence in sentences:
        click.echo(f"plugfest: {safe(sentence)}", err=True)
    sys.exit(UNUSABLE)
