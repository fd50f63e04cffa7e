"""Pictures of the screens; look at them in review. `pytest --snapshot-update` draws them anew."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dashboards import later, ready, shown, until
from textual.pilot import Pilot

from tui.app import PlugfestApp
from tui.reading.source import Source

SnapCompare = Callable[..., bool]


@pytest.mark.parametrize(
    ("keys", "last_drawn"),
    [([], "MeterValues"), (["enter"], "#1 "), (["enter", "enter"], "▌"), (["f", "s", "down"], "seen 2026")],
    ids=["matrix", "pair", "session", "findings"],
)
def test_screen(event: Path, snap_compare: SnapCompare, keys: list[str], last_drawn: str) -> None:
    async def walk(pilot: Pilot[None]) -> None:
        await ready(pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: last_drawn in shown(pilot))

    app = PlugfestApp(Source(event, clock=later))

    assert snap_compare(app, terminal_size=(110, 32), run_before=walk)
