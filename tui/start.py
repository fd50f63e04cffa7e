"""`plugfest` as it is installed: while its modules are loaded, Ctrl-C ends it without a traceback."""

import signal


def main() -> None:
    """Load the command line and run it.

    Python loses a Ctrl-C now and then that comes while it imports, and the command would run on: until its work begins
    (`reported`), the system's own default holds. What a parent has said of SIGINT (`nohup`, `&`) holds throughout.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from tui.cli import main as plugfest

    plugfest()
