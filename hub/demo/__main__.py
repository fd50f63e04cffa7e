"""The demo's hub and peers as a process: `python -m hub.demo RECORDING [PAGE-COMMAND ...]`.

The command is what judges for the web page, which there is none of without it. Ends with its standard input.
"""

import asyncio
import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import web

from hub.access.tokens import Role, Token, new_token
from hub.demo.event import run_hub, run_stations
from hub.demo.organizer import key
from hub.demo.products import STATIONS
from hub.errors import HubError
from hub.events.control import add_event_control
from hub.events.desk import EventDesk
from hub.feed import feed_app
from hub.note_desk import add_note_desk
from hub.page.process import PageProcess
from hub.page.server import add_page, shell
from hub.page.views import see_from_here
from hub.server import Hub

GUEST: Final = next(each for each in STATIONS if each.fixed_in)
"""The vendor that repairs its product while one looks."""


async def run(recording: Path, page_command: Sequence[str]) -> None:
    """Run the demo until standard input ends; says `ready` on standard output once stations connect."""
    async with run_hub(recording, partial(_app, recording, page_command)) as hub, asyncio.TaskGroup() as tasks:
        stations = tasks.create_task(run_stations(hub.url, [*hub.csmses]))
        print(f"ready {hub.url} {_participants_token(hub)}", flush=True)  # noqa: T201 - for the process that started this one
        await asyncio.to_thread(sys.stdin.read)
        stations.cancel()


def _app(recording: Path, page_command: Sequence[str], desk: EventDesk) -> web.Application:
    app = feed_app(recording, shell if page_command else None)
    if page_command:
        add_page(app, PageProcess(page_command), see_from_here, goes_by_address=True)
    add_event_control(app, desk)
    add_note_desk(app)
    return app


def _participants_token(hub: Hub) -> str:
    """Make a token for one of the participants, whose view of the page differs from the organizer's."""
    assert hub.settings.tokens is not None
    name = key(GUEST)
    return new_token(hub.settings.tokens, Token(name=name, digest="", role=Role.PARTICIPANT, participant=name))


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
