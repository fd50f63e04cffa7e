"""SIGKILL at random moments under load: whatever either side received is in the recording."""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from raw_peers import ACCEPT, Line, Peers, frame, masked, raw_peers, upgrade

from hub.recording.reading import Recording
from hub.relaying.tap import Tap
from matrix.trace import Ending, Side

STATIONS = 8
AS_FAST_AS_IT_GOES = 0.0
PACE_S = 0.16
"""Between two bursts of a station: with 8 stations and bursts of 5 and their answers, 500 messages a second."""
RESTART_S = 2.0
SIZES = [5, 40, 330, 330, 330, 2_000, 90_000]
ROOT = Path(__file__).parents[2]


class Received:
    """The texts that came out of the hub complete, by who sent them; `enough` is set after a random number more."""

    def __init__(self) -> None:
        self.texts: dict[Side, set[str]] = {Side.STATION: set(), Side.CSMS: set()}
        self.enough = asyncio.Event()
        self._still = 0

    def expect(self, more: int) -> None:
        self._still = more
        self.enough.clear()

    def add(self, side: Side, text: str) -> None:
        self.texts[side].add(text)
        self._still -= 1
        if self._still <= 0:
            self.enough.set()


@asynccontextmanager
async def hub_process(recording: Path, url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Run a hub, which has to be there within 2 s: of its own CPU, since the machine may be busy with other things."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("hub_process.py")), str(recording), url,
        stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        assert cpu_seconds(process.pid) < RESTART_S
        yield process, port
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def cpu_seconds(pid: int) -> float:
    """Return what a process has used so far; proc(5) counts it in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def texts_from(line: Line, side: Side, received: Received) -> AsyncIterator[str]:
    """Yield the texts of the frames that arrive complete from one side, until the line breaks."""
    tap = Tap(side)
    with suppress(ConnectionError):
        while data := await line.reader.read(1 << 16):
            for found in tap.feed(data):
                assert isinstance(found.payload, str)
                received.add(side, found.payload)
                yield found.payload


async def answer_everything(line: Line, received: Received) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        await line.head()
        await line.say(ACCEPT)
        async for text in texts_from(line, Side.STATION, received):
            await line.say(frame(f"re {text}"))


async def talk(peers: Peers, port: int, label: str, received: Received, pace_s: float) -> None:
    """Send bursts of frames, each after the answers to the one before, and not before its time."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        station = await peers.station(port)
        await station.say(upgrade(f"/acme/{label}"))
        await station.head()
        answers = texts_from(station, Side.CSMS, received)
        for burst in count():
            texts = [f"{label}.{burst}.{i} ".ljust(random.choice(SIZES), "x") for i in range(random.randint(1, 9))]
            await station.say(*(masked(text) for text in texts))
            for _ in texts:
                await anext(answers, None)
            await asyncio.sleep(pace_s)
            if station.reader.at_eof():
                return


async def answer_all(peers: Peers, received: Received) -> None:
    async with asyncio.TaskGroup() as tasks:
        while True:
            tasks.create_task(answer_everything(await peers.line(), received))


async def one_kill(peers: Peers, recording: Path, number: int, received: Received, pace_s: float) -> None:
    async with hub_process(recording, peers.url) as (process, port), asyncio.TaskGroup() as tasks:
        for station in range(STATIONS):
            tasks.create_task(talk(peers, port, f"{number}-{station}", received, pace_s))
        received.expect(random.randint(1, 1_000))
        await received.enough.wait()
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def clean_run(peers: Peers, recording: Path) -> int | None:
    async with hub_process(recording, peers.url) as (process, _):
        process.send_signal(signal.SIGTERM)
        return await process.wait()


@pytest.mark.parametrize(
    ("kills", "pace_s"),
    [
        (20, AS_FAST_AS_IT_GOES),
        pytest.param(200, PACE_S, marks=[pytest.mark.nightly, pytest.mark.timeout(1_200)]),
    ],
)
async def test_after_any_number_of_kills_everything_received_is_in_the_recording(
    tmp_path: Path, kills: int, pace_s: float
) -> None:
    recording = tmp_path / "event.db"
    received = Received()

    async with raw_peers() as peers:
        answering = asyncio.create_task(answer_all(peers, received))
        for number in range(kills):
            await one_kill(peers, recording, number, received, pace_s)
        exit_code = await clean_run(peers, recording)
        answering.cancel()

    recorded, endings = texts_in(recording)
    assert exit_code == 0
    assert min(map(len, received.texts.values())) > 1_000
    assert {side: received.texts[side] - recorded[side] for side in Side} == {Side.STATION: set(), Side.CSMS: set()}
    assert endings == {Ending.HUB}
    assert integrity_of(recording) == "ok"


def texts_in(recording: Path) -> tuple[dict[Side, set[str]], set[Ending | None]]:
    texts: dict[Side, set[str]] = {Side.STATION: set(), Side.CSMS: set()}
    with Recording.open(recording) as opened:
        sessions = opened.sessions()
        for session in sessions:
            for found in opened.frames(session.id):
                texts[found.side].add(str(found.payload))
    return texts, {session.ending for session in sessions}


def integrity_of(recording: Path) -> object:
    connection = sqlite3.connect(recording)
    try:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        connection.close()
