import asyncio
from pathlib import Path

import pytest
from raw_peers import masked
from read_only import no_file_takes_a_byte
from written import (
    CSMS,
    STATION,
    beginnings,
    opened,
    recorded_texts,
    recorder_at,
    text,
    until,
)

from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from hub.recording.writable import Durability
from hub.writing.batch import SessionEnd
from hub.writing.recorder import Recorder
from hub.writing.recorders import open_recorder
from matrix.trace import Closed, Ending, Frame, Opcode, Opened, Side


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
        monkeypatch.setattr(f"hub.writing.steady_writer.{pause}", 0.001)
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
