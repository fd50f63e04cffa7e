import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.errors import RecorderError
from hub.recording.database import Transaction
from hub.recording.reading import Recording
from hub.recording.writable import WritableRecording, open_for_writing
from hub.writing.batch import Batch, Stream, session_row
from matrix.trace import Closed, Ending, Frame, Opened, Session


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "event.db"


@pytest.fixture
def writable(path: Path) -> Iterator[WritableRecording]:
    writable = open_for_writing(path)
    yield writable
    writable.close()


def let_go(writable: WritableRecording) -> None:
    """Leave the recording as a killed hub would."""
    writable.connection.close()
    os.close(writable.lock._descriptor)


def files(path: Path) -> list[str]:
    return [file.name for file in path.parent.iterdir()]


@pytest.mark.usefixtures("writable")
def test_a_second_hub_is_told_who_has_the_recording(path: Path) -> None:
    with pytest.raises(RecorderError, match=f"is being recorded into by another hub, process {os.getpid()}"):
        open_for_writing(path)


def test_the_lock_of_a_killed_hub_is_no_hindrance(path: Path) -> None:
    let_go(open_for_writing(path))

    open_for_writing(path).close()

    assert files(path) == ["event.db"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"this is a text file, not a database", "is not a recording: it is not a SQLite file"),
        (b"SQLite format 3\x00" + b"\xff" * 200, "cannot be recorded into"),
        (b"SQLite format 3\x00", "cannot be recorded into"),
    ],
)
def test_a_file_that_is_not_a_recording_is_left_alone(path: Path, content: bytes, sentence: str) -> None:
    path.write_bytes(content)

    with pytest.raises(RecorderError, match=sentence):
        open_for_writing(path)

    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == ["event.db"]


def test_somebody_elses_database_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE session (id)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(RecorderError, match="is a SQLite file, but not a recording of the hub"):
        open_for_writing(path)

    assert path.read_bytes() == before


def test_what_is_no_file_is_left_alone_and_nobody_waits_for_it(path: Path) -> None:
    os.mkfifo(path)

    with pytest.raises(RecorderError, match="cannot be recorded into: it is no file"):
        open_for_writing(path)


def test_a_new_recording_is_for_its_owner_only(path: Path) -> None:
    recording = open_for_writing(path)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob("event.db*")}
    recording.close()

    assert modes["event.db"] == modes["event.db-wal"] == 0o600


def test_a_place_that_cannot_be_recorded_into_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RecorderError, match="is a folder, not a recording"):
        open_for_writing(tmp_path)
    with pytest.raises(RecorderError, match=r"there is no folder '.*/nowhere' to record into"):
        open_for_writing(tmp_path / "nowhere" / "event.db")
    with pytest.raises(RecorderError, match="there is no folder"):
        open_for_writing(tmp_path / "file" / "event.db")


def test_a_recording_of_a_newer_hub_is_left_alone(path: Path) -> None:
    writable = open_for_writing(path)
    step = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('plugfest', 'm999_future', '')"
    writable.connection.execute(step)
    writable.close()

    with pytest.raises(RecorderError, match="newer version of the hub: unknown step 'm999_future'"):
        open_for_writing(path)


def test_sessions_that_a_killed_hub_left_open_are_ended_at_the_next_start(path: Path) -> None:
    killed = open_for_writing(path)
    batch = Batch()
    batch.sessions += [
        session_row(Session(id=1, opened_at=1_000, answered_at=2_000, identity="CS1", csms="acme"), 1, None),
        session_row(Session(id=2, opened_at=3_000, identity="CS2", csms="acme"), None, None),
    ]
    batch.frames.append((2, 1, 4_000, "csms", 1, "one", True, 0, False, 5))
    batch.keep_beginning(Stream(1, "station"), 5_000, b"\x81\x83", clear=False)
    batch.keep_beginning(Stream(1, "station"), 6_000, b"ab", clear=False)
    batch.write(Transaction(killed.connection))
    let_go(killed)

    open_for_writing(path).close()

    with Recording.open(path) as recording:
        first, second = recording.sessions()
        traffic = recording.traffic()
    assert [type(item) for item in traffic] == [Opened, Frame, Frame, Closed, Opened, Closed]
    assert isinstance(cut := traffic[2], Frame)
    assert (cut.opcode, cut.payload, cut.unread) == (-1, b"\x81\x83ab", "the hub was killed inside this frame")
    assert (first.ending, first.closed_at) == (second.ending, 6_000) == (Ending.HUB, 6_000)
    assert second.closed_at == 3_000
    assert first.fault == "the hub was killed while this session was open"


def test_what_was_kept_of_a_frame_is_gone_once_it_is_a_frame_of_its_own(path: Path) -> None:
    killed = open_for_writing(path)
    batch = Batch()
    batch.sessions.append(session_row(Session(id=1, opened_at=1_000, identity="CS1", csms="acme"), 1, None))
    batch.keep_beginning(Stream(1, "station"), 5_000, b"\x81", clear=False)
    batch.write(Transaction(killed.connection))
    let_go(killed)

    reopened = open_for_writing(path)
    ((left,),) = reopened.connection.execute("SELECT count(*) FROM partial")
    reopened.close()

    assert left == 0
