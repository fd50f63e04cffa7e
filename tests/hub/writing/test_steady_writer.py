import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from raw_peers import masked
from written import (
    CSMS,
    STATION,
    fill_the_disk,
    make_room,
    opened,
    recorded_texts,
    recorder_at,
    text,
    until,
)

from hub.recording.lock_file import trouble_at
from hub.recording.reading import Recording
from hub.recording.writable import Durability
from hub.writing.batch import SessionEnd, Stream
from hub.writing.recorder import Recorder
from matrix.notes import Note
from matrix.trace import Closed, Ending, Frame, Opcode, Opened, Side

# -- a disk that takes nothing ----------------------------------------------------------------------------------------


async def test_on_a_full_disk_everything_is_still_handed_on(recorder: Recorder) -> None:
    fill_the_disk(recorder)

    recorder.add(STATION, [text("x" * 50_000)])
    await recorder.committed()
    recorder.add(CSMS, [text("y")])
    await recorder.committed()

    assert recorder.failing == "database or disk is full"


async def test_when_there_is_room_again_the_gap_is_marked_and_recording_goes_on(recorder: Recorder, path: Path) -> None:
    recorder.add(STATION, [text("before")])
    await recorder.committed()
    fill_the_disk(recorder)
    for _ in range(3):
        recorder.add(STATION, [text("x" * 50_000)])
        await recorder.committed()

    make_room(recorder)
    recorder.add(STATION, [text("after")])
    await recorder.committed()

    with Recording.open(path) as recording:
        before, gap, after = (item for item in recording.traffic() if isinstance(item, Frame))
    assert recorder.failing is None
    assert (before.payload, gap.payload, after.payload) == ("before", b"", "after")
    assert gap.unread == "not recorded: database or disk is full, 3 frames, 150018 bytes"
    assert (gap.opcode, gap.side) == (Opcode.UNREAD, Side.STATION)


async def test_whole_text_messages_count_in_the_gap_too(recorder: Recorder, path: Path) -> None:
    fill_the_disk(recorder)
    for _ in range(2):
        recorder.pass_on_text(*STATION, "x" * 50_000, masked("x" * 50_000), lambda _: None)
    await recorder.committed()

    make_room(recorder)

    with Recording.open(path) as recording:
        (gap,) = (item for item in recording.traffic() if isinstance(item, Frame))
    assert gap.unread == "not recorded: database or disk is full, 2 frames, 100016 bytes"


async def test_sessions_that_come_and_go_while_the_disk_is_full_are_not_lost(recorder: Recorder, path: Path) -> None:
    fill_the_disk(recorder)
    recorder.add(STATION, [text("x" * 50_000)])
    await recorder.committed()
    recorder.begin(opened(2))
    recorder.answer(opened(2))
    recorder.add(Stream(2, "csms"), [text("y")])
    recorder.end(SessionEnd(2, closed_at=9_000, ending=Ending.DROPPED, closed_by=Side.STATION))
    recorder.answer(opened(3))
    await recorder.committed()

    make_room(recorder)

    with Recording.open(path) as recording:
        traffic = recording.traffic()
        second = recording.session(2)
    assert [type(item) for item in traffic] == [Opened, Opened, Opened, Frame, Frame, Closed]
    assert (second.ending, second.closed_at, second.is_open) == (Ending.DROPPED, 9_000, False)
    assert recorder.failing is None


async def test_what_no_file_could_take_is_lost_aloud_and_keeps_nothing_else_from_being_recorded(
    recorder: Recorder, path: Path
) -> None:
    handed_on: list[str] = []
    recorder.add(STATION, [text("one")])
    recorder.note(Note(id=0, at=5, author="Volt", text="\ud800", session=1))  # half a surrogate pair
    recorder.then(handed_on.append, "this")
    await recorder.committed()
    meanwhile = recorder.failing or ""

    recorder._try_again()
    recorder.add(STATION, [text("two")])
    await recorder.committed()

    assert handed_on == ["this"]
    assert "surrogates not allowed" in meanwhile
    assert recorder.failing is None
    assert recorded_texts(path) == [b"", "two"]


async def test_note_that_cannot_be_written_yet_is_not_lost(recorder: Recorder, path: Path) -> None:
    recorder.answer(opened())
    await recorder.committed()
    fill_the_disk(recorder)
    recorder.add(STATION, [text("x" * 50_000)])
    noted = recorder.note(Note(id=0, at=5, author="Volt", text="ours", session=1))
    await recorder.committed()

    make_room(recorder)

    with Recording.open(path) as recording:
        assert recording.notes() == [noted]


# -- a strict recorder ------------------------------------------------------------------------------------------------


@pytest.fixture
async def strict(path: Path, durability: Durability) -> AsyncIterator[Recorder]:
    async with recorder_at(path, durability=durability, is_strict=True) as recorder:
        recorder.answer(opened())
        await recorder.committed()
        yield recorder


async def test_a_strict_recorder_hands_nothing_on_that_is_not_recorded(strict: Recorder, path: Path) -> None:
    handed_on: list[int] = []
    fill_the_disk(strict)

    for number in range(3):
        strict.add(STATION, [text(f"{number}" * 50_000)])
        strict.then(handed_on.append, number)
        await until(lambda: not strict.is_forwarding)
    while_full = (handed_on[:], strict.failing, strict.is_congested)
    make_room(strict)
    await strict.committed()

    assert while_full == ([], "database or disk is full", True)
    assert handed_on == [0, 1, 2]
    assert [str(payload)[0] for payload in recorded_texts(path)] == ["0", "1", "2"]
    assert (strict.failing, strict.is_forwarding, strict.is_congested) == (None, True, False)


async def test_a_strict_recorder_that_is_closed_writes_what_has_room_by_then(
    path: Path, durability: Durability
) -> None:
    handed_on: list[int] = []
    async with recorder_at(path, durability=durability, is_strict=True) as recorder:
        recorder.answer(opened())
        await recorder.committed()
        fill_the_disk(recorder)
        recorder.add(STATION, [text("x" * 50_000)])
        recorder.then(handed_on.append, 1)
        await until(lambda: not recorder.is_forwarding)
        recorder._connection.pragma("max_page_count", 1_000_000)

    assert handed_on == []
    assert len(recorded_texts(path)) == 1


# -- files that are taken away ----------------------------------------------------------------------------------------


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the queue wait for a recording to be brought back, however busy the machine is."""
    monkeypatch.setattr("hub.writing.steady_writer.PATIENCE_S", 60.0)


def remove_all(path: Path) -> None:
    for file in path.parent.iterdir():
        file.unlink()


def remove_log(path: Path) -> None:
    path.with_name("event.db-wal").unlink()


def remove_lock(path: Path) -> None:
    path.with_name("event.db.lock").unlink()


def move_away(path: Path) -> None:
    path.rename(path.with_name("moved.db"))


def take_place(path: Path) -> None:
    path.write_text("somebody else's")


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("take_away", [remove_all, remove_log, remove_lock, move_away])
async def test_a_recording_that_is_taken_away_is_brought_back_whole(
    path: Path, durability: Durability, take_away: Callable[[Path], None]
) -> None:
    async with recorder_at(path, durability=durability) as recorder:
        recorder.answer(opened())
        recorder.add(STATION, [text("before")])
        await recorder.committed()
        await asyncio.to_thread(take_away, path)
        recorder.add(STATION, [text("unseen")])
        await recorder.committed()

        recorder._look()
        recorder.add(STATION, [text("after")])
        await recorder.committed()
        await until(lambda: not recorder.failing)
        readable = recorded_texts(path)

    assert readable == recorded_texts(path) == ["before", "unseen", "after"]
    assert not recorder.failing
    assert not path.with_name("event.db.lock").exists()


@pytest.mark.usefixtures("patient")
async def test_a_recording_that_was_moved_is_whole_where_it_is_now(recorder: Recorder, path: Path) -> None:
    recorder.add(STATION, [text("before")])
    await recorder.committed()
    move_away(path)

    recorder._look()
    await recorder.committed()

    assert recorded_texts(path.with_name("moved.db")) == ["before"]


@pytest.mark.usefixtures("patient")
async def test_while_the_folder_is_gone_everything_is_handed_on_and_the_gap_is_marked(
    tmp_path: Path, durability: Durability
) -> None:
    path = tmp_path / "event" / "event.db"
    path.parent.mkdir()
    async with recorder_at(path, durability=durability) as recorder:
        recorder.answer(opened())
        recorder.add(STATION, [text("before")])
        await recorder.committed()
        shutil.rmtree(path.parent)

        recorder._look()
        recorder.add(STATION, [text("lost")])
        await recorder.committed()
        while_gone = recorder.failing
        path.parent.mkdir()
        recorder._try_again()
        await until(lambda: not recorder.failing)
        recorder.add(STATION, [text("after")])
        await recorder.committed()

    assert while_gone == f"the folder {str(path.parent)!r} is gone"
    assert recorded_texts(path) == ["before", b"", "after"]


@pytest.mark.usefixtures("patient")
async def test_what_has_taken_the_recordings_place_is_left_alone(recorder: Recorder, path: Path) -> None:
    move_away(path)
    take_place(path)

    recorder._look()
    await recorder.committed()
    meanwhile = recorder.failing
    move_away(path)
    recorder._try_again()
    await until(lambda: not recorder.failing)

    assert meanwhile == f"another file is at {str(path)!r} now: move it away"
    assert recorded_texts(path) == []


async def test_a_recording_whose_folder_is_gone_to_the_end_is_put_there_again(tmp_path: Path) -> None:
    path = tmp_path / "event" / "event.db"
    path.parent.mkdir()
    async with recorder_at(path) as recorder:
        recorder.answer(opened())
        recorder.add(STATION, [text("before")])
        await recorder.committed()
        shutil.rmtree(path.parent)
        recorder._look()
        await recorder.committed()

    assert recorded_texts(path) == ["before"]


async def test_the_lock_file_says_why_nothing_is_recorded(recorder: Recorder, path: Path) -> None:
    before = trouble_at(path)

    fill_the_disk(recorder)
    recorder.add(STATION, [text("x" * 50_000)])
    await recorder.committed()
    while_full = trouble_at(path)
    make_room(recorder)

    assert (before, while_full, trouble_at(path)) == ("", "database or disk is full", "")


async def test_what_comes_while_a_commit_hangs_overtakes_nothing_though_the_recording_is_gone(path: Path) -> None:
    handed_on: list[int] = []
    disk = threading.Event()
    async with recorder_at(path, durability=Durability.POWER) as recorder:
        recorder.answer(opened())
        await recorder.committed()
        recorder._worker.submit(disk.wait)
        recorder.then(handed_on.append, 1)
        await asyncio.sleep(0)
        move_away(path)
        recorder._look()
        recorder.then(handed_on.append, 2)
        recorder._lose_patience()
        meanwhile = handed_on[:]
        disk.set()
        await until(lambda: len(handed_on) == 2)

    assert meanwhile == []
    assert handed_on == [1, 2]
