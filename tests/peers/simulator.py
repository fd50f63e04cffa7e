"""The simulated station of npm's `ocpp-ws-cli`, at whose keys somebody sits: what it says is its own."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from peers.node_packages import NODE
from peers.processes import PATIENCE_S, PeerError, start

PROGRAM: Final = "node_modules/ocpp-ws-cli/dist/index.js"
IDENTITY: Final = "SIMULATOR"
CHUNK_BYTES: Final = 65536


class Keyboard:
    """The simulator's keys, and its screen."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._keys = process.stdin
        self._screen = process.stdout

    async def press(self, key: str, until: str) -> None:
        """Press a key, and wait until this is on the screen."""
        self._keys.write(key.encode())
        await self.wait_for(until)

    async def keep_pressing(self, key: str, until: str) -> None:
        """Press a key again whenever something happens, until this is on the screen."""
        shown = ""
        while re.search(until, shown) is None:
            self._keys.write(key.encode())
            shown = await self._next_screens()

    async def wait_for(self, text: str) -> None:
        """Wait until a screen shows this."""
        while re.search(text, await self._next_screens()) is None:
            pass

    async def _next_screens(self) -> str:
        shown = await self._screen.read(CHUNK_BYTES)
        if not shown:
            raise PeerError("the simulator of ocpp-ws-cli has ended")
        return shown.decode(errors="replace")


async def charge(endpoint: str, version: str) -> None:
    """Charge, and stay until the CSMS has asked for a firmware update, and its first step is told.

    Raises:
        TimeoutError: the simulator does not show what it should.
        PeerError: it has ended early.
    """
    async with asyncio.timeout(PATIENCE_S), _switched_on(endpoint, version) as keyboard:
        await keyboard.wait_for("Waiting for commands|BootSequence failed")
        await keyboard.press("a", until=r"StatusNotification \(Preparing\) Accepted")
        await keyboard.press("t", until=r"StatusNotification \(Charging\) Accepted")
        await keyboard.press("m", until="MeterValues transmitted")
        await keyboard.press("e", until=r"StatusNotification \(Finishing\) Accepted")
        await keyboard.keep_pressing("h", until="CSMS requested UpdateFirmware")
        await keyboard.wait_for("FirmwareStatusNotification Accepted")
        await keyboard.press("q", until="Simulator stopped")


@asynccontextmanager
async def _switched_on(endpoint: str, version: str) -> AsyncIterator[Keyboard]:
    options = ("-e", endpoint, "-i", IDENTITY, "-t", "C0FFEE05", "-p", f"ocpp{version}", "--report", "json")
    process = await start("node", PROGRAM, "simulate", *options, "--report-dir", str(NODE / "node_modules"), cwd=NODE)
    try:
        yield Keyboard(process)
    finally:
        process.kill()  # it would ask what else to do
        await process.communicate()
