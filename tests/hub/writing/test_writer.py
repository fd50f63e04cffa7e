import asyncio
from pathlib import Path

from written import (
    STATION,
    Heedless,
    opened,
    recorded_texts,
    recorder_at,
    text,
)

from hub.recording.database import BUSY_MS, connect_read_only, snapshot
from hub.writing.recorders import open_recorder


async def test_the_log_is_folded_into_the_recording_while_frames_wait(path: Path) -> None:
    recorder = open_recorder(path, checkpoint_bytes=1 << 20)
    recorder.answer(opened())
    sizes = []

    for number in range(200):
        recorder.add(STATION, [text(f"{number} " + "x" * 20_000)])
        await recorder.committed()
        sizes.append(path.with_name("event.db-wal").stat().st_size)
    await recorder.close()

    assert max(sizes) < 3 << 20
    assert [str(payload).split()[0] for payload in recorded_texts(path)] == [str(number) for number in range(200)]


async def test_a_reader_in_the_middle_of_a_query_holds_nothing_up(path: Path) -> None:
    recorder = open_recorder(path, checkpoint_bytes=1 << 20)
    recorder.answer(opened())
    await recorder.committed()
    reader = connect_read_only(path)

    with snapshot(reader):
        reader.execute("SELECT * FROM session").fetchall()
        async with asyncio.timeout(BUSY_MS / 1000):
            for number in range(200):
                recorder.add(STATION, [text(f"{number} " + "x" * 20_000)])
                await recorder.committed()
    reader.close()
    await recorder.close()

    assert [str(payload).split()[0] for payload in recorded_texts(path)] == [str(number) for number in range(200)]


async def test_what_waits_for_a_checkpoint_says_when_it_is_too_much(path: Path) -> None:
    async with recorder_at(path) as recorder:
        relieved = asyncio.Event()
        handed_on: list[bytes] = []

        recorder.then(handed_on.append, b"1", 1 << 20)
        at_the_limit = recorder.is_congested
        recorder.then(handed_on.append, b"2", 1)
        beyond = recorder.is_congested
        recorder.when_relieved(relieved.set, Heedless())
        await relieved.wait()

        assert (at_the_limit, beyond, recorder.is_congested) == (False, True, False)
        assert handed_on == [b"1", b"2"]
