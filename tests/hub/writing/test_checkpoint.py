import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from raw_peers import masked

from hub.recording.database import connect_read_only
from hub.recording.writable import LOG_BYTES
from hub.writing.batch import Stream
from hub.writing.recorder import Recorder
from hub.writing.recorders import open_recorder
from hub.writing.writer import CHECKPOINT_BYTES
from matrix.trace import Session

STATION = Stream(1, "station")
TEXT = '[2,"1","MeterValues",{}]'.ljust(330)
DATA = masked(TEXT)
BURST = 40
TESTS = Path(__file__).parents[2]


@asynccontextmanager
async def recorder_at(path: Path, checkpoint_bytes: int) -> AsyncIterator[Recorder]:
    recorder = open_recorder(path, checkpoint_bytes=checkpoint_bytes)
    recorder.answer(Session(id=1, opened_at=1, answered_at=2, identity="CS1", csms="acme", status=101))
    await recorder.committed()
    try:
        yield recorder
    finally:
        await recorder.close()


async def record(recorder: Recorder, messages: int) -> int:
    """Record messages at full speed; return the longest that the log was, in bytes."""
    longest = 0
    for number in range(messages // BURST):
        for _ in range(BURST):
            recorder.pass_on_text(*STATION, TEXT, DATA, lambda _: None)
        await recorder.committed()
        if number % 20 == 0:
            longest = max(longest, log_bytes(recorder))
    return longest


def log_bytes(recorder: Recorder) -> int:
    return recorder.path.with_name(f"{recorder.path.name}-wal").stat().st_size


@pytest.mark.parametrize(
    ("messages", "checkpoint_bytes", "bound"),
    [
        (20_000, 1 << 20, 4 << 20),
        # an hour of 1,000 messages a second
        pytest.param(3_600_000, CHECKPOINT_BYTES, LOG_BYTES, marks=[pytest.mark.nightly, pytest.mark.timeout(1_200)]),
    ],
)
async def test_the_log_stays_short_while_a_reader_follows(
    tmp_path: Path, messages: int, checkpoint_bytes: int, bound: int
) -> None:
    async with recorder_at(tmp_path / "event.db", checkpoint_bytes) as recorder:
        reader = await asyncio.create_subprocess_exec(
            sys.executable, str(TESTS / "following.py"), str(recorder.path), str(messages + 1),
            stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(TESTS.parent)},
        )  # fmt: skip

        longest = await record(recorder, messages)
        read, _ = await reader.communicate()

    assert longest < bound
    assert int(read) == messages + 1


async def test_a_reader_that_stays_in_a_query_holds_the_log_and_nothing_else(tmp_path: Path) -> None:
    async with recorder_at(tmp_path / "event.db", 1 << 20) as recorder:
        reader = connect_read_only(recorder.path)
        reader.execute("BEGIN; SELECT count(*) FROM frame").fetchall()

        held = await record(recorder, 8_000)
        reader.close()
        await record(recorder, 4_000)
        after = log_bytes(recorder)
        longest = await record(recorder, 16_000)

    assert recorder.failing is None
    assert held > 3 << 20
    assert longest == after
