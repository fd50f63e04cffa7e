"""The demo's hub and peers as a process: `python -m hub.demo RECORDING`. Ends with its standard input."""

import asyncio
import logging
import sys
from pathlib import Path

from hub.demo.event import run_csmses, run_stations
from hub.feed import feed_app
from hub.note_desk import add_note_desk
from hub.server import Hub, HubSettings


async def run(recording: Path) -> None:
    """Run the demo until standard input ends; says `ready` on standard output once stations connect."""
    async with run_csmses() as csmses:
        settings = HubSettings(recording=recording, csmses=csmses, port=0)
        app = feed_app(recording)
        add_note_desk(app)
        async with Hub(settings, app=app) as hub, asyncio.TaskGroup() as tasks:
            stations = tasks.create_task(run_stations(hub.url, [*csmses]))
            print(f"ready {hub.url}", flush=True)  # noqa: T201 - for the process that started this one
            await asyncio.to_thread(sys.stdin.read)
            stations.cancel()


if __name__ == "__main__":
    logging.basicConfig(level=logging.CRITICAL)
    asyncio.run(run(Path(sys.argv[1])))
