"""What is to be exported."""

from pathlib import Path

import pytest
from drawing import Pen
from exported import contents_of, drawn_into
from recordings import RecordingBuilder

from hub.exports.contents import iso
from hub.recording.reading import Recording
from matrix.trace import session_of


def test_only_the_chosen_sessions_are_exported(tmp_path: Path) -> None:
    pen = Pen()
    traffic = [item for _ in range(3) for item in pen.session(["> ping x"])]

    with Recording.open(drawn_into(tmp_path / "a.recording", traffic)) as recording:
        one = contents_of(recording).one(2)
        assert [session_of(item) for item in one.traffic()] == [2, 2, 2]
        assert [*one.traffic()] == traffic[3:6]


def test_what_a_hub_records_meanwhile_is_left_out(tmp_path: Path) -> None:
    with RecordingBuilder(tmp_path / "a.recording") as builder:
        sessions = [builder.session(f"CS{place}", "acme") for place in range(2)]
        with Recording.open(tmp_path / "a.recording") as recording:
            contents = contents_of(recording)
            for session in sessions:
                builder.say(session, '> [2,"1","Heartbeat",{}]')

            assert len([*contents.traffic()]) == 2
            assert len([*contents.one(1).traffic()]) == 1


def test_progress_goes_to_the_end(tmp_path: Path) -> None:
    told: list[int] = []

    with Recording.open(drawn_into(tmp_path / "a.recording", Pen().session(["> ping x"] * 2_500))) as recording:
        contents = contents_of(recording, advance_to=told.append)
        assert len([*contents.traffic()]) == 2_502

    assert told == [1, 1_001, 2_001]


@pytest.mark.parametrize(
    ("at", "text"),
    [(0, "1970-01-01T00:00:00.000000000Z"), (1_793_527_200_123_456_789, "2026-11-01T10:00:00.123456789Z")],
)
def test_time_is_written_to_the_nanosecond(at: int, text: str) -> None:
    assert iso(at) == text
    assert iso(at, digits=3) == text[:23] + "Z"
