import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from raw_peers import masked
from read_only import no_file_takes_a_byte

from hub.batch import SessionEnd, Stream
from hub.database import BUSY_MS, connect_read_only, snapshot
from hub.lock_file import trouble_at
from hub.recorder import Recorder
from hub.recorders import open_recorder
from hub.recording import Recording, RecordingError
from hub.recording_file import Durability
from hub.tap import TappedFrame
from matrix.notes import Note
from matrix.trace import Closed, Ending, Frame, Opcode, Opened, Session, Side

STATION = Stream(1, "station")
CSMS = Stream(1, "csms")


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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "event.db"


@pytest.fixture(params=list(Durability))
def durability(request: pytest.FixtureRequest) -> Durability:
    return Durability(request.param)


@pytest.fixture
async def recorder(path: Path, durability: Durability) -> AsyncIterator[Recorder]:
    async with recorder_at(path, durability=durability) as recorder:
        recorder.begin(opened())
        recorder.answer(opened())
        await recorder.committed()
        yield recorder


def recorded_texts(path: Path) -> list[str | bytes]:
    with Recording.open(path) as recording:
        return [item.payload for item in recording.traffic() if isinstance(item, Frame)]


def beginnings(path: Path) -> list[tuple[object, ...]]:
    with closing(connect_read_only(path)) as connection:
        return [*connection.execute("SELECT side, bytes FROM partial ORDER BY id")]


# -- committed, then handed on ----------------------------------------------------------------------------------------


async def test_nothing_is_handed_on_before_it_is_in_the_file(recorder: Recorder, path: Path) -> None:
    handed_on = asyncio.get_running_loop().create_future()

    recorder.add(STATION, [text("one")])
    recorder.then(lambda _: handed_on.set_result(recorded_texts(path)), None)
    before = handed_on.done()

    assert not before
    assert await handed_on == ["one"]


async def test_a_whole_text_message_is_in_the_file_before_its_bytes_are_handed_on(
    recorder: Recorder, path: Path
) -> None:
    handed_on = asyncio.get_running_loop().create_future()
    data = masked("one")

    recorder.pass_on_text(*STATION, "one", data, lambda given: handed_on.set_result((given, recorded_texts(path))))
    recorder.add(STATION, [text("two")])
    before = handed_on.done()

    assert not before
    assert await handed_on == (data, ["one", "two"])
    with Recording.open(path) as recording:
        one, two = (item for item in recording.traffic() if isinstance(item, Frame))
    assert (one.opcode, one.fin, one.rsv, one.masked, one.size) == (Opcode.TEXT, True, 0, True, 9)
    assert one.id < two.id


@pytest.mark.parametrize("durability", list(Durability))
async def test_what_cannot_be_handed_on_takes_nothing_from_others(path: Path, durability: Durability) -> None:
    handed_on: list[str] = []
    recorder = open_recorder(path, durability=durability)

    recorder.then(handed_on.append, "before")
    recorder.then(broken, "this")
    recorder.then(handed_on.append, "after")
    await recorder.committed()
    await recorder.close()

    assert handed_on == ["before", "after"]


def broken(_: object) -> None:
    raise RuntimeError("Cannot call write() after write_eof()")


async def test_nobody_in_the_hub_begins_to_read_where_that_could_be_the_end_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("LOOK_S", "RETRY_S"):
        monkeypatch.setattr(f"hub.steady_writer.{pause}", 0.001)
    async with recorder_at(path) as recorder:
        with no_file_takes_a_byte():
            await until(lambda: recorder.failing is not None)
            with pytest.raises(
                RecordingError, match=r"event\.db' cannot be opened: nothing can be written to its disk"
            ):
                Recording.open(path)
        await until(lambda: recorder.failing is None)

        with Recording.open(path) as recording:
            assert recording.last_mark() == 0


async def test_nor_does_anybody_begin_before_the_recorder_has_noticed(path: Path) -> None:
    async with recorder_at(path) as recorder:
        with no_file_takes_a_byte(), pytest.raises(RecordingError, match=r"event\.db-shm' cannot be written to"):
            Recording.open(path)

        assert recorder.failing is None
        with Recording.open(path) as recording:
            assert recording.last_mark() == 0


async def test_what_arrives_in_one_pass_of_the_loop_is_one_transaction(recorder: Recorder) -> None:
    statements: list[str] = []

    def trace(_cursor: object, statement: str, _values: object) -> bool:
        statements.append(statement)
        return True

    recorder._connection.exec_trace = trace

    for stream in (STATION, CSMS, STATION):
        recorder.add(stream, [text("x"), text("y")])
    await recorder.committed()

    assert [statement for statement in statements if statement in ("BEGIN IMMEDIATE", "COMMIT")] == [
        "BEGIN IMMEDIATE", "COMMIT",
    ]  # fmt: skip
    assert sum(statement.startswith("INSERT INTO frame") for statement in statements) == 6


async def test_traffic_is_numbered_in_the_order_in_which_it_was_recorded(recorder: Recorder, path: Path) -> None:
    recorder.add(STATION, [text("one")])
    recorder.answer(opened(2))
    recorder.add(CSMS, [text("two")])
    recorder.end(SessionEnd(1, closed_at=9_000, closed_by=Side.CSMS, ending=Ending.CLOSED, csms_close=1000))
    await recorder.committed()

    with Recording.open(path) as recording:
        kinds = [type(item) for item in recording.traffic()]
        session = recording.session(1)
    assert kinds == [Opened, Frame, Opened, Frame, Closed]
    assert (session.closed_by, session.ending, session.csms_close) == (Side.CSMS, Ending.CLOSED, 1000)


async def test_the_beginning_of_a_frame_is_kept_until_the_frame_is_complete(recorder: Recorder, path: Path) -> None:
    recorder.add(STATION, [], b"\x81\x83ab")
    await recorder.committed()
    recorder.add(STATION, [], b"cd")
    recorder.add(CSMS, [], b"\x81")
    await recorder.committed()
    while_incomplete = beginnings(path)

    recorder.add(STATION, [text("one")], b"\x82")
    await recorder.committed()

    assert while_incomplete == [("station", b"\x81\x83ab"), ("station", b"cd"), ("csms", b"\x81")]
    assert beginnings(path) == [("csms", b"\x81"), ("station", b"\x82")]


async def test_a_beginning_that_is_completed_in_the_same_pass_is_not_kept(recorder: Recorder, path: Path) -> None:
    recorder.add(STATION, [], b"\x81\x83")
    recorder.add(STATION, [text("one")])
    await recorder.committed()

    assert beginnings(path) == []
    assert recorded_texts(path) == ["one"]


async def test_after_a_clean_close_only_the_recording_is_left(path: Path) -> None:
    async with recorder_at(path) as recorder:
        recorder.answer(opened())
        await recorder.committed()

    assert [file.name for file in path.parent.iterdir()] == ["event.db"]


async def test_sessions_and_marks_go_on_where_the_last_hub_stopped(path: Path) -> None:
    async with recorder_at(path) as recorder:
        recorder.answer(opened(recorder.new_session_id(), status=404))
        recorder.add(STATION, [text("one")])
        await recorder.committed()

    async with recorder_at(path) as recorder:
        number = recorder.new_session_id()
        recorder.answer(opened(number))
        await recorder.committed()

    with Recording.open(path) as recording:
        assert number == 2
        assert recording.last_mark() == 4  # opened, frame, closed by the second hub, opened


# -- a disk that takes nothing ----------------------------------------------------------------------------------------


def fill_the_disk(recorder: Recorder) -> None:
    recorder._connection.pragma("max_page_count", recorder._connection.pragma("page_count"))


def make_room(recorder: Recorder) -> None:
    recorder._connection.pragma("max_page_count", 1_000_000)
    recorder._try_again()


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


async def test_what_a_fault_of_ours_keeps_from_being_written_is_told_and_handed_on(recorder: Recorder) -> None:
    handed_on: list[str] = []

    recorder.note(Note(id=0, at=5, author="Volt", text="\ud800", session=1))  # no text that SQLite could take
    recorder.then(handed_on.append, "this")
    await recorder.committed()

    assert handed_on == ["this"]
    assert "surrogates not allowed" in (recorder.failing or "")


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


async def until(reached: Callable[[], bool]) -> None:
    """Let the loop and the recorder's thread go on until something is so."""
    while not reached():  # noqa: ASYNC110 - the recorder has no event for what only tests wait for
        await asyncio.sleep(0.001)


# -- files that are taken away ----------------------------------------------------------------------------------------


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the queue wait for a recording to be brought back, however busy the machine is."""
    monkeypatch.setattr("hub.steady_writer.PATIENCE_S", 60.0)


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


# -- checkpoints ------------------------------------------------------------------------------------------------------


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
        recorder.when_relieved(relieved.set)
        await relieved.wait()

        assert (at_the_limit, beyond, recorder.is_congested) == (False, True, False)
        assert handed_on == [b"1", b"2"]
