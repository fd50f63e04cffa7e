"""The page over a recording, as the hub serves it, without a hub: its application, judged by the real process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from tui.commands.hub_app import PAGES, app_with_page

Client = TestClient[Request, Application]


@asynccontextmanager
async def page_over(recording: Path, mode: str = "everything") -> AsyncIterator[Client]:
    """Serve the page of a recording in one of the modes of `--page`."""
    async with TestClient(TestServer(app_with_page(recording, PAGES[mode]))) as client:
        yield client
