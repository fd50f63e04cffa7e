"""Recordings as the first hub made them."""

from pathlib import Path

import pytest
from drawing import draw
from recorded import record, record_as_at_first

from hub.recording.older import CopyError, bring_up_to_date, is_older
from hub.recording.reading import Recording
from hub.recording.rows import RecordingError


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return record_as_at_first(tmp_path / "first.recording")


def test_recording_of_today_is_not_older(tmp_path: Path) -> None:
    path = record(tmp_path / "now.recording", draw('> [2,"h","Heartbeat",{}]'))

    assert not is_older(path)


def test_file_that_is_no_recording_is_not_older(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no SQLite file, and long enough for its first page to be looked at " * 9)

    assert not is_older(tmp_path / "text")
    assert not is_older(tmp_path / "missing")


def test_copy_of_an_older_recording_holds_what_it_held(old: Path, tmp_path: Path) -> None:
    before = old.read_bytes()

    is_old = is_older(old)
    bring_up_to_date(old, tmp_path / "copy.recording")

    assert is_old
    with Recording.open(tmp_path / "copy.recording") as recording:
        assert [session.identity for session in recording.sessions()] == ["CS1"]
        assert [item.payload for item in recording.all_traffic() if hasattr(item, "payload")] == [
            '[2,"h","Heartbeat",{}]'
        ]
    assert old.read_bytes() == before


def test_older_recording_itself_is_not_opened_for_reading(old: Path) -> None:
    with pytest.raises(RecordingError, match="was made by an older version"):
        Recording.open(old)


def test_copy_that_has_no_place_is_said_to_have_none(old: Path, tmp_path: Path) -> None:
    with pytest.raises(CopyError, match="cannot be copied to"):
        bring_up_to_date(old, tmp_path / "nowhere" / "copy.recording")
