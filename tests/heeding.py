"""The command as a terminal starts it: where a shell began the tests in the background, a child would ignore Ctrl-C."""

from typing import Final

HEEDING: Final = "import signal; signal.signal(2, signal.default_int_handler); from tui.cli import main; main()"
"""A program for `python -c`; what follows are the command's arguments."""
