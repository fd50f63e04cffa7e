"""Recorders on their own: what they are given, what they have written, and disks that are full."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

from hub.recording.database import connect_read_only
from hub.recording.reading import Recording
from hub.recording.writable import Durability
from hub.relaying.tap import TappedFrame
from hub.writing.batch import Stream
from hub.writing.recorder import Recorder
from hub.writing.recorders import open_recorder
from matrix.trace import Frame, Opcode, Session

STATION = Stream(1, "station")
CSMS = Stream(1, "csms")


class Heedless:
    """An owner of callbacks to which nothing can be done."""

    def fail(self, exc: Exception) -> None:
        raise exc


def text(payload: str) -> TappedFrame:
    return TappedFrame(Opcode.TEXT, payload, True, 0, True, len(payload) + 6, None)


def opened(number: int = 1, *, status: int | None = 101) -> Session:
    return Session(id=number, opened_at=1_000, answered_at=2_000, identity="CS1", csms="acme", status=status)


@asynccontextmanager
async def recorder_at(
    path: Path, *, durability: Durability = Durability.KILL, is_strict: bool = False
) -> AsyncIterator[Recorder]:
    recorder = open_recorder(path, durability=durability, is_strict=is_strict)
    try:
        yield recorder
    finally:
        await recorder.close()


def recorded_texts(path: Path) -> list[str | bytes]:
    with Recording.open(path) as recording:
        return [item.payload for item in recording.traffic() if isinstance(item, Frame)]


def beginnings(path: Path) -> list[tuple[object, ...]]:
    with closing(connect_read_only(path)) as connection:
        return [*connection.execute("SELECT side, bytes FROM partial ORDER BY id")]


def fill_the_disk(recorder: Recorder) -> None:
    recorder._connection.pragma("max_page_count", recorder._connection.pragma("page_count"))


def make_room(recorder: Recorder) -> None:
    recorder._connection.pragma("max_page_count", 1_000_000)
    recorder._try_again()


async def until(reached: Callable[[], bool]) -> None:
    """Let the loop and the recorder's thread go on until something is so."""
    while not reached():  # noqa: ASYNC110 - the recorder has no event for what only tests wait for
        await asyncio.sleep(0.001)
