"""Reading a recording: in order, in bounded pieces, and whatever somebody did to the file."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from drawing import Pen, draw
from recorded import record

from hub.recording import reading as module
from hub.recording.reading import Recording
from hub.recording.rows import RecordingError
from matrix.trace import Closed, Frame, Opened, Traffic, mark_of

HEARTBEAT = '> [2,"h","Heartbeat",{}]'
BEAT = '< [3,"h",{"currentTime":"2026-11-01T10:00:00Z"}]'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "event.recording"


def altered(path: Path, statement: str, *values: object) -> Path:
    """Change a recording as somebody with a SQLite shell could."""
    connection = sqlite3.connect(path)
    connection.execute(statement, values)
    connection.commit()
    connection.close()
    return path


def read_in_steps(recording: Recording, limit: int) -> list[Traffic]:
    items: list[Traffic] = []
    while batch := recording.traffic(mark_of(items[-1]) if items else 0, limit=limit):
        items += batch
    return items


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_traffic_comes_in_the_order_of_recording_however_it_is_read(path: Path, limit: int) -> None:
    pen = Pen()
    traffic = [pen.session([HEARTBEAT, BEAT], identity=f"CS{number}") for number in range(3)]
    record(path, *traffic)

    with Recording.open(path) as recording:
        items = read_in_steps(recording, limit)

    assert [type(item) for item in items] == [Opened, Frame, Frame, Closed] * 3


def test_session_is_opened_without_its_end(path: Path) -> None:
    record(path, draw(HEARTBEAT))

    with Recording.open(path) as recording:
        opened, _, closed = recording.traffic()

    assert isinstance(opened, Opened)
    assert isinstance(closed, Closed)
    assert opened.session.closed_at is None
    assert closed.session.closed_at is not None


def test_large_payloads_are_not_read_all_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(path, draw(*[f"> {'x' * 1000}"] * 10, ending=None))
    monkeypatch.setattr(module, "BATCH_BYTES", 2_500)

    with Recording.open(path) as recording:
        batch = recording.traffic()
        everything = read_in_steps(recording, 100)

    assert len(batch) == 1 + 3
    assert len(everything) == 1 + 10


def test_frames_of_a_session_are_found_between_those_of_others(path: Path) -> None:
    pen = Pen()
    record(path, pen.session([HEARTBEAT]), pen.session(["> one", "< two", "> ping three"]), pen.session([HEARTBEAT]))

    with Recording.open(path) as recording:
        frames = [frame.payload for frame in recording.frames(2)]
        without_control = recording.frame_ids(2, control=False)
        with_text = recording.frame_ids(2, containing="TWO")

    assert frames == ["one", "two", "three"]
    assert len(without_control) == 2
    assert len(with_text) == 1


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE session SET request = 'not json'", "session 1 of"),
        ("UPDATE session SET offered = '5'", "session 1 of"),
        ("UPDATE session SET ending = 'exploded'", "session 1 of"),
        ("UPDATE session SET status = 'teapot'", "session 1 of"),
        ("UPDATE frame SET payload = 5", "frame 2 of"),
    ],
)
def test_damaged_row_is_named(path: Path, statement: str, said: str) -> None:
    altered(record(path, draw(HEARTBEAT)), statement)

    with Recording.open(path) as recording, pytest.raises(RecordingError, match=said):
        recording.traffic()


def test_order_of_recording_that_is_damaged_is_named(path: Path) -> None:
    altered(record(path, draw(HEARTBEAT)), "UPDATE session SET opened_mark = 'x'")

    with Recording.open(path) as recording, pytest.raises(RecordingError, match="'x' is no place in the order"):
        recording.last_mark()


def test_text_that_is_not_utf_8_is_said_to_be_damage_and_quoted(path: Path) -> None:
    altered(record(path, draw(HEARTBEAT)), "UPDATE frame SET payload = CAST(x'41ff42' AS TEXT)")

    with Recording.open(path) as recording, pytest.raises(RecordingError, match=r"is damaged: .* b'A\\xffB'"):
        [*recording.frames(1)]


@pytest.mark.parametrize("read", [Recording.traffic, Recording.sessions, Recording.last_mark, Recording.frame_counts])
def test_truncated_file_is_said_to_be_unreadable(path: Path, read: Callable[[Recording], object]) -> None:
    record(path, draw(*[f"> {'x' * 3000}"] * 50))
    path.write_bytes(path.read_bytes()[: 4096 * 3])

    with pytest.raises(RecordingError, match=r"is damaged: .*; `plugfest trim` writes what is left"):
        _read_all(path, read)


def _read_all(path: Path, read: Callable[[Recording], object]) -> None:
    with Recording.open(path) as recording:
        read(recording)
        [*recording.frames(1)]


@pytest.mark.parametrize("number", [0, 99, -1, 2**62])
def test_session_or_frame_that_is_not_there_is_named(path: Path, number: int) -> None:
    record(path, draw(HEARTBEAT))

    with Recording.open(path) as recording:
        with pytest.raises(RecordingError, match=f"there is no session {number}"):
            recording.session(number)
        with pytest.raises(RecordingError, match=f"there is no frame {number}"):
            recording.frame(number)
