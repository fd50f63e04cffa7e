"""The event loop that commands run on."""

from collections.abc import Coroutine

try:  # not when it is to run: a Ctrl-C meanwhile would find a coroutine that nobody has begun
    from uvloop import run as _run
except ImportError:
    from asyncio import run as _run  # type: ignore[assignment]  # uvloop's takes a loop_factory besides


def run_on_best_loop(main: Coroutine[None, None, None]) -> None:
    """Run on uvloop where it is installed, else on asyncio's own loop."""
    _run(main)
