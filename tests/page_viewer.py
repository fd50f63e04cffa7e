"""A browser that looks at the page: the system's Chromium, led by tests/page/look.js."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from peers.alone import alone

SCRIPTS: Final = Path(__file__).parent / "page"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S: Final = 60
INSTALL_S: Final = 100


def browser() -> str | None:
    """Return where the system's Chromium is."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def missing() -> str | None:
    """Install what leads the browser, once; return the reason where there is nothing to look with."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node.js is not there: nobody leads the browser"
    if browser() is None:
        return "Chromium is not there: `apt-get install chromium`"
    with alone(SCRIPTS):
        is_there = (SCRIPTS / "node_modules" / "playwright-core" / "package.json").is_file()
        return None if is_there else _install()


def _install() -> str | None:
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    return None if done.returncode == 0 else f"npm could not install playwright-core: {done.stderr.strip()[-300:]}"


class Viewer:
    """One tab."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, **command: Any) -> dict[str, Any]:
        """Give a command of look.js; returns its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await self._line())
        assert "error" not in answer, answer["error"]
        return answer

    async def find(self, css: str, text: str = "", **more: Any) -> dict[str, Any]:
        """Wait until there is such an element with that text in it."""
        return await self.do(find=css, text=text, **more)

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            return await self._process.stdout.readline()


@asynccontextmanager
async def viewer(base: str) -> AsyncIterator[Viewer]:
    """Open a browser for the page at `http://HOST:PORT`."""
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPTS / "look.js"), base, browser() or "", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        tab = Viewer(process)
        assert await tab._line() == b"ready\n"
        yield tab
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
