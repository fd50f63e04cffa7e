"""Waiting for something only as long as the station waits for it, too."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hub.errors import HubError
from hub.handshake.dial import HeadReader
from hub.handshake.heads import ResponseHead
from hub.writing.recorder import Recorder


class StationLeftError(HubError):
    """The station left before its upgrade was answered."""


async def while_present(
    station: HeadReader, asking: Coroutine[Any, Any, tuple[HeadReader, ResponseHead, bytes]]
) -> tuple[HeadReader, ResponseHead, bytes]:
    """Await an answer for as long as the station waits for it.

    Raises:
        StationLeftError: it did not wait.
    """
    task = asyncio.ensure_future(asking)
    first: tuple[asyncio.Future[Any], ...] = (task, station.gone)
    try:
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise StationLeftError("the station left")
        return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def recorded_or_gone(recorder: Recorder, station: HeadReader) -> None:
    """Wait until what was recorded is committed, which a strict hub may not come to for long, or the station leaves."""
    committed = asyncio.ensure_future(recorder.committed())
    try:
        await asyncio.wait({committed, station.gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        committed.cancel()
