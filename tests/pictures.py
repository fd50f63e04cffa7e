"""Take the pictures of docs/images/ again, of a running demo: `python -m tests.pictures` (`make pictures`).

The hall screen's needs Node.js and Chromium, as its tests do.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))

from dashboards import shown, until
from page_viewer import missing, viewer
from textual.pilot import Pilot

from tui.app import PlugfestApp
from tui.reading.source import Source

IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
SIZE: Final = (116, 32)
ALL_MET: Final = "52/52 pairs"
PATIENCE_S: Final = 120.0
CELL: Final = ("Oakfield Homebox", "amberline")
"""A station whose readings are numbers where 1.6 has strings, with a CSMS that turns them down."""


def main() -> None:
    """Run the demo, and take a picture of its matrix, of a message that fails, and of its hall screen."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demo.recording"
        with _demo(path) as url:
            asyncio.run(asyncio.wait_for(_take_dashboard(path, url), PATIENCE_S))
            asyncio.run(asyncio.wait_for(_take_hall(url), PATIENCE_S))


@contextmanager
def _demo(path: Path) -> Iterator[str]:
    """Run the demo without its dashboard; yields the address of its page."""
    command = [sys.executable, "-m", "tui.cli", "demo", "--no-tui", "--seconds", "600", "--recording", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        try:
            assert demo.stdout is not None
            yield re.findall(r"http://\S+/", demo.stdout.readline())[0]
        finally:
            demo.terminate()


async def _take_dashboard(path: Path, url: str) -> None:
    app = PlugfestApp(Source(path, name=url))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: ALL_MET in shown(pilot))
        await _move(pilot, "down", f"▸{CELL[0]}")
        await _move(pilot, "right", f"{CELL[0]} \N{MULTIPLICATION SIGN} {CELL[1]}")
        _keep(app, "matrix")
        await pilot.press("enter")
        await until(pilot, lambda: "message type" in shown(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "▌" in shown(pilot))
        _keep(app, "session")


async def _move(pilot: Pilot[None], key: str, reached: str) -> None:
    while reached not in shown(pilot):
        await pilot.press(key)


def _keep(app: PlugfestApp, name: str) -> None:
    """Write the screen as a picture that fetches no font."""
    picture = re.sub(r"@font-face \{.*?\}\n", "", app.export_screenshot(title="plugfest demo"), flags=re.DOTALL)
    (IMAGES / f"{name}.svg").write_text(picture, encoding="utf-8")


async def _take_hall(url: str) -> None:
    why_not = missing()
    if why_not is not None:
        sys.exit(why_not)
    async with viewer(url.rstrip("/")) as tab:
        await tab.do(size=[1280, 720], scheme="dark", go="/-/page/hall")
        await tab.find("header", "live")
        await tab.find("td", "16/16")
        await tab.do(shot=str(IMAGES / "page.png"))


if __name__ == "__main__":
    main()
