"""A hub in a process of its own, on another core than its peers."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HUB_PROCESS: Final = Path(__file__).parent / "end_to_end" / "hub_process.py"


@dataclass(frozen=True, slots=True)
class HubApart:
    """Where it listens, and which process it is."""

    port: int
    pid: int


@asynccontextmanager
async def hub_apart(recording: Path, url: str) -> AsyncIterator[HubApart]:
    """Run a hub that records there, and brings stations of /acme/ to this CSMS."""
    hub = await asyncio.create_subprocess_exec(
        sys.executable, str(HUB_PROCESS), str(recording), url, stdout=asyncio.subprocess.PIPE
    )
    assert hub.stdout is not None
    try:
        yield HubApart(int(await hub.stdout.readline()), hub.pid)
    finally:
        hub.terminate()
        await hub.wait()
