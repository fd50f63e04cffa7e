"""A dashboard that looks back at what was recorded."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from dashboards import dashboard, later, ready, shown, until
from textual.pilot import Pilot

from hub.recording.reading import Recording
from tui.app import PlugfestApp
from tui.reading.source import Source
from tui.screens.session import SessionScreen


def last_mark(path: Path) -> int:
    with Recording.open(path) as recording:
        return recording.last_mark()


def app_of(pilot: Pilot[None]) -> PlugfestApp:
    assert isinstance(pilot.app, PlugfestApp)
    return pilot.app


async def at_moment(pilot: Pilot[None], moment: int | None) -> None:
    """Wait until the board of a moment is shown."""
    app = app_of(pilot)

    def is_there() -> bool:
        vantage = app.source.verdicts.vantage
        mark = None if moment is None else app.journey.line.mark(moment)
        return app.journey.moment == moment and (vantage.is_now if mark is None else vantage.mark == mark)

    await until(pilot, is_there)


@asynccontextmanager
async def travelling(path: Path, clock: Callable[[], int]) -> AsyncIterator[Pilot[None]]:
    app = PlugfestApp(Source(path, clock=later), clock=clock)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await ready(pilot)
        yield pilot


@asynccontextmanager
async def open_session(path: Path, session: int) -> AsyncIterator[Pilot[None]]:
    async with dashboard(path, size=(120, 30)) as pilot:
        app = app_of(pilot)
        screen = SessionScreen(app.source, session)
        app.screen_stack[0].go(screen)  # type: ignore[attr-defined]  # the matrix
        await until(pilot, lambda: screen.is_loaded and pilot.app.screen is screen)
        await until(pilot, lambda: f"#{session} " in shown(pilot))
        yield pilot


async def told(pilot: Pilot[None]) -> str:
    """Return what the app has notified of last."""
    await until(pilot, lambda: bool([*pilot.app._notifications]))
    return str([*pilot.app._notifications][-1].message)
