"""Whether somebody sits before the program: a dashboard without a terminal shows nothing, and never ends."""

import sys

from hub.errors import HubError


class TerminalError(HubError):
    """What was asked for needs a terminal, and there is none; the message says what does without."""


def has_terminal() -> bool:
    """Tell whether keys come from a terminal, and what is written goes to one."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def check_terminal() -> None:
    """Refuse to open a dashboard without a terminal.

    Raises:
        TerminalError: there is none.
    """
    if not has_terminal():
        raise TerminalError(
            "the dashboard needs a terminal, and standard input or output is none: `plugfest judge` and `plugfest show`"
            " print what a recording holds"
        )
