"""The dashboard over a recording, driven by a pilot, and what it shows."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from recordings import NOON
from textual.pilot import Pilot

from tui.app import PlugfestApp
from tui.reading.source import Source

HOUR_NS = 3_600_000_000_000


def later() -> int:
    """Return an hour after the recordings of tests begin: nobody writes to them any more."""
    return NOON + HOUR_NS


@contextmanager
def hub_on(path: Path, trouble: str = "") -> Iterator[None]:
    """Hold a recording's lock as a hub does, with what it has to say; leave it behind as a killed one does."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"1\n{trouble}\n")
        lock.flush()
        yield


@asynccontextmanager
async def dashboard(
    path: Path, *, size: tuple[int, int] = (100, 30), clock: Callable[[], int] = later
) -> AsyncIterator[Pilot[None]]:
    """Show a recording and wait until all of it is judged and drawn."""
    app = PlugfestApp(Source(path, clock=clock))
    async with app.run_test(size=size, notifications=True) as pilot:
        await ready(pilot)
        yield pilot


async def ready(pilot: Pilot[None]) -> None:
    """Wait until the recording is judged to its end, and drawn."""
    app = pilot.app
    assert isinstance(app, PlugfestApp)
    assert await asyncio.to_thread(app.source.caught_up.wait, 60)
    await pilot.pause()


async def until(pilot: Pilot[None], reached: Callable[[], bool]) -> None:
    """Wait until something is so; the test's own time limit ends it where it never is."""
    while not reached():
        await pilot.pause(0.01)
    await pilot.pause()


def shown(pilot: Pilot[None]) -> str:
    """Return the text on the screen."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def told(pilot: Pilot[None]) -> str:
    """Return what was told beside the screen, a line each; on it, a long path would be folded."""
    return "\n".join(str(each.message) for each in pilot.app._notifications)
