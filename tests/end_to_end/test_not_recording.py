"""The disk takes nothing, or the recording is taken away: what a dashboard says, and how soon."""

import asyncio
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from queue import Queue

from raw_peers import ACCEPT, Line, Peers, masked, upgrade
from read_only import no_file_takes_a_byte
from written import until

from hub.recording.lock_file import UNWRITABLE
from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from matrix.boards.pair import CONNECT
from matrix.outcome import Outcome
from matrix.trace import Ending, Frame
from tui.commands.judging import judge_all
from tui.reading.messages import Advanced, Progress, Stage
from tui.reading.source import Source

SOON_S = 1.0
BUSY_MACHINE = 3
"""How much longer things may take where other tests run on the same cores."""


@contextmanager
def watching(path: Path) -> Iterator[Callable[[Callable[[Progress], bool]], Progress]]:
    """Follow a recording as a dashboard does; yield how to wait for what it shows."""
    posted: Queue[Advanced] = Queue()
    source = Source(path)
    thread = threading.Thread(target=source.run, args=(posted.put,))
    thread.start()

    def wait_for(reached: Callable[[Progress], bool]) -> Progress:
        while not reached(progress := posted.get(timeout=30).progress):
            pass
        return progress

    try:
        yield wait_for
    finally:
        source.stop()
        thread.join()


@asynccontextmanager
async def session(peers: Peers, recording: Path, *, is_strict: bool = False) -> AsyncIterator[tuple[Hub, Line, Line]]:
    settings = HubSettings(recording=recording, csmses={"acme": peers.url}, port=0, is_strict=is_strict)
    async with Hub(settings) as hub:
        station = await peers.station(hub.port)
        await station.say(upgrade())
        upstream = await peers.accept()
        await station.head()
        yield hub, station, upstream
        peers.hang_up()
        for line in (station, upstream):
            line.reset()


async def accepted_on_a_full_disk(hub: Hub, peers: Peers, station: Line) -> tuple[Line, Line]:
    """Let a CSMS accept CS2 where that can no longer be recorded; return the station's end and the CSMS's."""
    connection = hub.recorder._connection
    other = await peers.station(hub.port)
    await other.say(upgrade("/acme/CS2"))
    upstream = await peers.line()
    await upstream.head()
    connection.pragma("max_page_count", connection.pragma("page_count"))
    await station.say(masked("x" * 50_000))
    await until(lambda: not hub.recorder.is_forwarding)
    waiting = len(hub.recorder._batch.afterwards)
    await upstream.say(ACCEPT)
    await until(lambda: len(hub.recorder._batch.afterwards) > waiting)
    return other, upstream


def gaps(path: Path) -> list[str | None]:
    with Recording.open(path) as recording:
        return [item.unread for item in recording.all_traffic() if isinstance(item, Frame) and item.opcode < 0]


async def test_a_dashboard_says_within_a_second_that_the_disk_is_full_and_when_it_is_not(
    peers: Peers, tmp_path: Path
) -> None:
    path = tmp_path / "event.db"
    async with session(peers, path) as (hub, station, upstream):
        connection = hub.recorder._connection
        with watching(path) as wait_for:
            await asyncio.to_thread(wait_for, lambda each: each.stage is Stage.LIVE)
            connection.pragma("max_page_count", connection.pragma("page_count"))
            began = time.monotonic()
            await station.say(masked("x" * 50_000))
            full = await asyncio.to_thread(wait_for, lambda each: each.not_recording != "")
            took_s = time.monotonic() - began
            await upstream.hear(50_008)
            connection.pragma("max_page_count", 1_000_000)
            await asyncio.to_thread(wait_for, lambda each: each.not_recording == "")

    assert full.not_recording == "database or disk is full"
    assert took_s < SOON_S * BUSY_MACHINE
    assert gaps(path) == ["not recorded: database or disk is full, 1 frames, 50008 bytes"]


async def test_a_dashboard_says_so_too_where_not_even_the_lock_file_can_be_written(
    peers: Peers, tmp_path: Path
) -> None:
    path = tmp_path / "event.db"
    async with session(peers, path) as (hub, station, upstream):
        with watching(path) as wait_for:
            await asyncio.to_thread(wait_for, lambda each: each.stage is Stage.LIVE)
            with no_file_takes_a_byte():
                began = time.monotonic()
                await station.say(masked("lost"))
                stuck = await asyncio.to_thread(wait_for, lambda each: each.not_recording != "")
                took_s = time.monotonic() - began
                forwarded = await upstream.hear(10)
                reason = hub.recorder.failing
            await asyncio.to_thread(wait_for, lambda each: each.not_recording == "")

    assert stuck.not_recording == UNWRITABLE
    assert reason is not None
    assert reason.endswith(": file too large")
    assert took_s < SOON_S * BUSY_MACHINE
    assert len(forwarded) == 10
    assert gaps(path) == [f"not recorded: {reason}, 1 frames, 10 bytes"]


async def test_a_dashboard_says_within_a_second_that_the_recordings_folder_is_gone(
    peers: Peers, tmp_path: Path
) -> None:
    path = tmp_path / "event" / "event.db"
    path.parent.mkdir()
    async with session(peers, path) as (hub, station, upstream):
        with watching(path) as wait_for:
            await asyncio.to_thread(wait_for, lambda each: each.stage is Stage.LIVE)
            await asyncio.to_thread(shutil.rmtree, path.parent)
            began = time.monotonic()
            gone = await asyncio.to_thread(wait_for, lambda each: each.not_recording != "")
            took_s = time.monotonic() - began
            while hub.recorder.failing != f"the folder {str(path.parent)!r} is gone":
                await station.say(masked("lost"))
                await upstream.hear(10)
            await station.say(masked("lost"))
            await upstream.hear(10)
            path.parent.mkdir()
            await asyncio.to_thread(wait_for, lambda each: each.stage is Stage.LIVE)

    assert gone.not_recording == "the recording is gone"
    assert took_s < SOON_S * BUSY_MACHINE
    assert len(gaps(path)) == 1


async def test_a_strict_hub_opens_no_session_while_it_cannot_record(peers: Peers, tmp_path: Path) -> None:
    async with session(peers, tmp_path / "event.db", is_strict=True) as (hub, station, upstream):
        connection = hub.recorder._connection
        connection.pragma("max_page_count", connection.pragma("page_count"))
        await station.say(masked("x" * 50_000))
        await until(lambda: not hub.recorder.is_forwarding)
        other = await peers.station(hub.port)
        await other.say(upgrade("/acme/CS2"))
        answer = await other.rest()
        connection.pragma("max_page_count", 1_000_000)
        forwarded = await upstream.hear(50_008)

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.endswith(b"the hub opens no session while it cannot record: database or disk is full\n")
    assert (len(forwarded), gaps(tmp_path / "event.db")) == (50_008, [])


async def test_a_station_that_leaves_while_a_strict_hub_cannot_record_its_session_never_had_one(
    peers: Peers, tmp_path: Path
) -> None:
    path = tmp_path / "event.db"
    async with session(peers, path, is_strict=True) as (hub, station, _):
        other, upstream = await accepted_on_a_full_disk(hub, peers, station)

        other.reset()
        await upstream.rest()
        splices = len(hub.relay.splices)
        hub.recorder._connection.pragma("max_page_count", 1_000_000)

    with Recording.open(path) as recording:
        left = next(each for each in recording.sessions() if each.identity == "CS2")
        judge = judge_all(recording)
    assert (left.ending, left.fault) == (
        Ending.ABANDONED, "the station left before the session was recorded, and was not told of it"
    )  # fmt: skip
    assert splices == 1
    assert [
        (row.action, row.outcome)
        for pair in judge.board.view().pairs
        if pair.station.identity == "CS2"
        for row in pair.rows
        if row.outcome is not Outcome.UNTESTED
    ] == [(CONNECT, Outcome.INCONCLUSIVE)]


async def test_a_hub_that_stops_before_a_session_is_recorded_has_not_opened_it(peers: Peers, tmp_path: Path) -> None:
    path = tmp_path / "event.db"
    async with session(peers, path, is_strict=True) as (hub, station, _):
        _, upstream = await accepted_on_a_full_disk(hub, peers, station)

        (opening,) = hub.connecting
        opening.cancel()
        await upstream.rest()
        hub.recorder._connection.pragma("max_page_count", 1_000_000)

    with Recording.open(path) as recording:
        stopped = next(each for each in recording.sessions() if each.identity == "CS2")
    assert (stopped.ending, stopped.status) == (Ending.HUB, None)
    assert stopped.fault == "the hub was stopped during the handshake"
