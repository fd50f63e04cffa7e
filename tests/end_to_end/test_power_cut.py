"""Power cuts at random writes: what was forwarded is in the recording (`power`), and the file is whole in any case."""

import asyncio
import random
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from power_cut import Disk, cut_disk

from hub.recording.database import connect, connect_read_only
from hub.recording.writable import Durability, open_for_writing
from hub.relaying.tap import TappedFrame
from hub.writing.batch import Stream
from hub.writing.recorders import open_recorder
from matrix.trace import Opcode, Session

STATION = Stream(1, "station")
FRAMES = 160
CHECKPOINT_BYTES = 96 << 10
WRITES = 900
"""A run writes about as often as this."""


async def run(path: Path, durability: Durability, disk: Disk, chance: random.Random) -> None:
    """Record frames of all sizes, in batches, with checkpoints; the disk learns how many were handed on at a cut."""
    handed_on: list[int] = []
    disk.witness = lambda: len(handed_on)
    recorder = open_recorder(path, durability=durability, checkpoint_bytes=CHECKPOINT_BYTES)
    recorder.answer(Session(id=1, opened_at=1, answered_at=2, identity="CS1", csms="acme", status=101))
    number = 0
    while number < FRAMES:
        for _ in range(chance.randint(1, 5)):
            number += 1
            text = f"{number} ".ljust(chance.choice([40, 330, 330, 2_000, 9_000]), "x")
            recorder.add(STATION, [TappedFrame(Opcode.TEXT, text, 1, 0, 1, len(text), None)], b"\x81\x83"[: number % 3])
            recorder.then(handed_on.append, number)
        await asyncio.sleep(0) if chance.random() < 0.5 else await recorder.committed()
    await recorder.close()


def left_by(left: dict[str, bytes], folder: Path) -> tuple[list[int], str]:
    """Open what a cut has left; return the numbers of the frames in it, and what SQLite says of the file."""
    folder.mkdir()
    for name, content in left.items():
        (folder / Path(name).name).write_bytes(content)
    with closing(connect(folder / "event.db")) as connection:
        ((verdict,),) = connection.execute("PRAGMA integrity_check").fetchall()
    open_for_writing(folder / "event.db").close()
    with closing(connect_read_only(folder / "event.db")) as connection:
        rows = connection.execute(f"SELECT payload FROM frame WHERE opcode = {Opcode.TEXT} ORDER BY id").fetchall()
    return [int(str(payload).split()[0]) for (payload,) in rows], str(verdict)


async def cuts(path: Path, durability: Durability, count: int, seed: int) -> list[tuple[int, list[int], str]]:
    """Return for each cut: the frames that had been handed on, those in the file afterwards, the file's state."""
    chance = random.Random(seed)
    results: list[tuple[int, list[int], str]] = []
    while len(results) < count:
        round_path = path / f"{len(results)}"
        round_path.mkdir()
        open_for_writing(round_path / "event.db").close()
        at = set(chance.sample(range(1, WRITES), min(40, count - len(results))))
        with cut_disk(at, chance) as disk:
            await run(round_path / "event.db", durability, disk, chance)
        for number, (handed_on, left) in enumerate(disk.cuts):
            results.append((handed_on, *left_by(left, round_path / f"cut-{number}")))
    return results


def assert_whole(results: Iterable[tuple[int, list[int], str]]) -> None:
    for _, found, verdict in results:
        assert verdict == "ok"
        assert found == [*range(1, len(found) + 1)]


def lost(results: Iterable[tuple[int, list[int], str]]) -> int:
    return sum(handed_on > len(found) for handed_on, found, _ in results)


@pytest.mark.parametrize("count", [40, pytest.param(1_000, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])])
async def test_after_a_power_cut_everything_that_was_handed_on_is_recorded(tmp_path: Path, count: int) -> None:
    results = await cuts(tmp_path, Durability.POWER, count, seed=1)

    assert_whole(results)
    assert lost(results) == 0
    assert len({handed_on for handed_on, _, _ in results}) > count // 10


@pytest.mark.parametrize("count", [40, pytest.param(1_000, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])])
async def test_a_power_cut_takes_the_latest_frames_at_most_where_kills_alone_are_guarded_against(
    tmp_path: Path, count: int
) -> None:
    results = await cuts(tmp_path, Durability.KILL, count, seed=2)

    assert_whole(results)
    assert lost(results) > 0
