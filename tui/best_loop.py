"""The event loop that commands run on."""

import asyncio
from collections.abc import Coroutine


def run_on_best_loop(main: Coroutine[None, None, None]) -> None:
    """Run on uvloop where it is installed, else on asyncio's own loop."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)
