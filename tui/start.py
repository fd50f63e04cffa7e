"""`plugfest` as it is installed: while its modules are loaded, Ctrl-C ends it without a traceback."""

import signal


def main() -> None:
    """Load the command line and run it; what a parent has said of SIGINT (`nohup`, `&`) holds."""
    heeded = signal.getsignal(signal.SIGINT)
    if heeded is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from tui.cli import main as plugfest

    signal.signal(signal.SIGINT, heeded)
    plugfest()
