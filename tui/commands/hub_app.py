"""The web application of a hub that is served: the feed, the page, and what programs beside it ask for."""

import sys
from pathlib import Path
from typing import Final

from aiohttp import web
from yarl import URL

from hub.disturbing.control import add_control
from hub.disturbing.disturber import Disturber
from hub.events.control import add_event_control
from hub.events.desk import EventDesk
from hub.feed import feed_app
from hub.note_desk import add_note_desk
from hub.page.process import PageProcess
from hub.page.server import add_page, shell
from hub.page.views import MaySee, see_as_the_hall, see_everything, see_from_here, see_outcomes
from tui.commands.own_address import EVERY

PAGE_OFF: Final = "off"
PAGE_HERE: Final = "here"
PAGE_HALL: Final = "hall"
PAGES: Final[dict[str, MaySee | None]] = {
    PAGE_OFF: None, PAGE_HERE: see_from_here, PAGE_HALL: see_as_the_hall, "outcomes": see_outcomes,
    "everything": see_everything,
}  # fmt: skip
"""What `--page` may say, and who may see what then."""


def hub_app(
    recording: Path, may_see: MaySee | None, disturber: Disturber | None = None, desk: EventDesk | None = None
) -> web.Application:
    """Return the whole application of `plugfest serve`: the feed, the page, and what programs beside it ask for."""
    app = app_with_page(recording, may_see)
    add_control(app, disturber)
    add_event_control(app, desk)
    add_note_desk(app)
    return app


def app_with_page(recording: Path, may_see: MaySee | None) -> web.Application:
    """Return the hub's application: the feed, and the page where somebody may see it."""
    if may_see is None:
        return feed_app(recording)
    app = feed_app(recording, shell)
    add_page(app, PageProcess(page_command(recording)), may_see)
    return app


def page_command(recording: Path) -> list[str]:
    """Return what starts the process that judges for the page of a recording."""
    return [sys.executable, "-m", "tui.page.process", str(recording.absolute())]


def page_url(url: str) -> str:
    """Return where a browser on this machine finds the page of a hub that stations reach at this URL.

    An address that is every address is no name of this machine: by that, the page would be shown to nobody.
    """
    door = URL(url)
    there = door.with_host("localhost") if door.host in EVERY else door
    return f"{there.with_scheme('https' if door.scheme == 'wss' else 'http')}/"
