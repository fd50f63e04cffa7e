"""The hub as a process, asked to stop: it is gone within 5 s, whatever its peers do; asked twice, at once."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from raw_peers import Line, Peers, frame, masked, upgrade

from hub.recording.reading import Recording
from matrix.trace import Ending

HUB = Path(__file__).with_name("hub_process.py")
STOP_S = 5.0


@asynccontextmanager
async def busy_hub(
    peers: Peers, recording: Path, *patience: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Line]]:
    """Run a hub with a session whose two sides send, and neither read nor answer; it has patience with them."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HUB), str(recording), peers.url, *patience,
        stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(HUB.parents[2])},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        station = await peers.station(int(await process.stdout.readline()))
        await station.say(upgrade())
        upstream = await peers.accept()
        await station.head()
        await station.say(masked("first"))
        await upstream.hear(11)
        for line in (station, upstream):
            line.stop_reading()
        station.writer.write(masked("x" * 90_000) * 100)
        upstream.writer.write(frame("y" * 90_000) * 100)
        yield process, station
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def files(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_peers_that_never_read_do_not_keep_a_stopped_hub_from_leaving(
    peers: Peers, tmp_path: Path, number: signal.Signals
) -> None:
    recording = tmp_path / "event.db"
    async with busy_hub(peers, recording) as (process, _):
        process.send_signal(number)
        began = time.monotonic()
        exit_code = await process.wait()
        took_s = time.monotonic() - began

    with Recording.open(recording) as opened:
        session = opened.session(1)
    assert exit_code == 0
    assert took_s < STOP_S
    assert session.ending is Ending.HUB
    assert files(tmp_path) == ["event.db"]


async def test_a_second_signal_ends_the_process_at_once(peers: Peers, tmp_path: Path) -> None:
    async with busy_hub(peers, tmp_path / "event.db", "100") as (process, station):
        process.send_signal(signal.SIGINT)
        while await is_listening(process, station):
            pass
        process.send_signal(signal.SIGINT)
        exit_code = await process.wait()

    assert exit_code == -signal.SIGINT


async def is_listening(process: asyncio.subprocess.Process, station: Line) -> bool:
    """Say whether the hub still takes connections: it stops that first."""
    assert process.returncode is None
    host, port = station.writer.get_extra_info("peername")
    try:
        _, writer = await asyncio.open_connection(host, port)
    except ConnectionError:
        return False
    writer.transport.abort()
    return True
