"""How every command says what it cannot do: in a sentence each, without a traceback."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import rich_click as click

from tui.closed_pipe import until_nobody_reads

UNUSABLE: Final = 2
INTERRUPTED: Final = 130
COMPLETING: Final = "_PLUGFEST_COMPLETE"
"""By this a shell asks click to complete a line, or for the script that does: bash_source, zsh_source, fish_source."""


class Plugfest(click.RichGroup):
    """All commands; each ends quietly where nobody reads any more what it prints, and with INTERRUPTED after Ctrl-C."""

    def main(self, *args: Any, **keywords: Any) -> Any:
        if COMPLETING in os.environ:
            from tui.typed import shells  # noqa: F401 - they are registered by that

        with until_nobody_reads(), _interrupted():
            return super().main(*args, **keywords)


@contextmanager
def _interrupted() -> Iterator[None]:
    """Say of Ctrl-C what a shell says: click's own 1 would say of `plugfest judge` that something has failed."""
    try:
        yield
    except SystemExit as exc:
        if isinstance(exc.__context__, click.Abort):
            sys.exit(INTERRUPTED)
        raise


def reported(work: Callable[[], Any]) -> Any:
    """Run a command: what the hub cannot do is said in a sentence, Ctrl-C ends quietly."""
    from hub.errors import HubError

    heed_interrupts()
    try:
        return work()
    except HubError as exc:
        fail(*exc.sentences)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def heed_interrupts() -> None:
    """Let Ctrl-C be a KeyboardInterrupt from here on, where `tui.start` has put that off."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def fail(*sentences: str) -> NoReturn:
    """Say why a command cannot do what it was asked for, and end it."""
    from matrix.safe import safe

    for sentence in sentences:
        click.echo(f"plugfest: {safe(sentence)}", err=True)
    sys.exit(UNUSABLE)
