"""The demo's hub and peers as a process: `python -m hub.demo RECORDING [PAGE-COMMAND ...]`.

The command is what judges for the web page, which there is none of without it. Ends with its standard input.
"""

import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from hub.demo.event import run_hub, run_stations
from hub.errors import HubError
from hub.feed import feed_app
from hub.note_desk import add_note_desk
from hub.page.process import PageProcess
from hub.page.server import add_page, shell
from hub.page.views import see_from_here


async def run(recording: Path, page_command: Sequence[str]) -> None:
    """Run the demo until standard input ends; says `ready` on standard output once stations connect."""
    app = _app(recording, page_command)
    add_note_desk(app)
    async with run_hub(recording, app) as hub, asyncio.TaskGroup() as tasks:
        stations = tasks.create_task(run_stations(hub.url, [*hub.csmses]))
        print(f"ready {hub.url}", flush=True)  # noqa: T201 - for the process that started this one
        await asyncio.to_thread(sys.stdin.read)
        stations.cancel()


def _app(recording: Path, page_command: Sequence[str]) -> web.Application:
    if not page_command:
        return feed_app(recording)
    app = feed_app(recording, shell)
    add_page(app, PageProcess(page_command), see_from_here)
    return app


def _first_words(group: BaseExceptionGroup[HubError]) -> str:
    first = group.exceptions[0]
    return _first_words(first) if isinstance(first, BaseExceptionGroup) else str(first)


if __name__ == "__main__":
    logging.basicConfig(level=logging.CRITICAL)
    trouble = ""
    try:
        asyncio.run(run(Path(sys.argv[1]), sys.argv[2:]))
    except* HubError as group:
        trouble = _first_words(group)
    sys.exit(trouble or None)
