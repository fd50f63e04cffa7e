"""The simulated station of npm's `ocpp-ws-cli`, at whose keys somebody sits: what it says is its own."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from peers.node_packages import NODE
from peers.processes import PATIENCE_S, PeerError, start

PROGRAM: Final = NODE / "node_modules" / "ocpp-ws-cli" / "dist" / "index.js"
CHUNK_BYTES: Final = 65536
LONGEST_LINE: Final = 200
QUESTION: Final = r"CSMS Request\] \w+|requested ReserveNow \S+ \w+"
"""What is shown of a CALL of the CSMS. A reservation is asked for twice, and answered differently."""


class Keyboard:
    """The simulator's keys, and its screen."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._keys = process.stdin
        self._screen = process.stdout
        self._text = ""
        self._shown: set[str] = set()

    async def press(self, key: str, until: str) -> str:
        """Press a key, and wait until this comes onto the screen; return the text that was not there before."""
        self._keys.write(key.encode())
        return await self.wait_for(until)

    async def wait_for(self, text: str) -> str:
        """Wait until this comes onto the screen; return the text that was not there before."""
        while True:
            shown = await self._screen.read(CHUNK_BYTES)
            if not shown:
                raise PeerError("the simulator of ocpp-ws-cli has ended")
            self._text = self._text[-LONGEST_LINE:] + shown.decode(errors="replace")
            if news := set(re.findall(text, self._text)) - self._shown:
                self._shown |= news
                return " ".join(news)


async def charge(endpoint: str, version: str, directory: Path) -> None:
    """Charge, and stay until the CSMS has asked for a firmware update, and its first step is told.

    Raises:
        TimeoutError: the simulator does not show what it should.
        PeerError: it has ended early.
    """
    async with asyncio.timeout(PATIENCE_S), _switched_on(endpoint, version, directory) as keyboard:
        await keyboard.wait_for("Waiting for commands|BootSequence failed")
        await keyboard.press("a", until=r"StatusNotification \(Preparing\) Accepted")
        await keyboard.press("t", until=r"StatusNotification \(Charging\) Accepted")
        await keyboard.press("m", until="MeterValues transmitted")
        await keyboard.press("e", until=r"StatusNotification \(Finishing\) Accepted")
        await keyboard.wait_for("Status: Available")
        while "UpdateFirmware" not in await keyboard.press("h", until=QUESTION):
            pass
        await keyboard.wait_for("FirmwareStatusNotification Accepted")
        await keyboard.press("q", until="Simulator stopped")


@asynccontextmanager
async def _switched_on(endpoint: str, version: str, directory: Path) -> AsyncIterator[Keyboard]:
    options = ("-e", endpoint, "-i", "SIMULATOR", "-t", "C0FFEE05", "-p", f"ocpp{version}", "--report", "json")
    command = ("node", str(PROGRAM), "simulate", *options, "--report-dir", str(directory))
    process = await start(*command, cwd=directory, env=os.environ | {"NO_COLOR": "1"})
    try:
        yield Keyboard(process)
    finally:
        process.kill()  # it would ask what else to do
        await process.communicate()
