"""A new recording gets its name when it is whole, or never."""

from pathlib import Path

import pytest

from hub.copying.fresh import FreshError, fresh_recording
from hub.errors import LockedError
from hub.recording.lock_file import LockFile


def make(path: Path, *, force: bool = False) -> None:
    with fresh_recording(path, force=force):
        pass


def test_it_is_there_at_the_end_and_nothing_beside_it(tmp_path: Path) -> None:
    with fresh_recording(tmp_path / "new.recording"):
        assert not (tmp_path / "new.recording").exists()

    assert [file.name for file in tmp_path.iterdir()] == ["new.recording"]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, OSError])
def test_whatever_ends_it_before_leaves_nothing(tmp_path: Path, trouble: type[BaseException]) -> None:
    with pytest.raises(trouble), fresh_recording(tmp_path / "new.recording"):
        raise trouble

    assert [*tmp_path.iterdir()] == []


def test_what_is_there_is_replaced_only_by_force(tmp_path: Path) -> None:
    there = tmp_path / "there.recording"
    there.write_text("something")

    with pytest.raises(FreshError, match="--force"):
        make(there)
    assert there.read_text() == "something"

    make(there, force=True)
    assert there.read_bytes().startswith(b"SQLite format 3")


def test_a_log_of_what_is_replaced_is_not_left_for_the_new_one(tmp_path: Path) -> None:
    there = tmp_path / "there.recording"
    make(there)
    (tmp_path / "there.recording-wal").write_bytes(b"of another")

    make(there, force=True)

    assert [file.name for file in tmp_path.iterdir()] == ["there.recording"]


def test_what_a_hub_records_into_is_not_replaced(tmp_path: Path) -> None:
    there = tmp_path / "there.recording"
    make(there)
    lock = LockFile.take(there)

    with pytest.raises(LockedError):
        make(there, force=True)

    lock.release()
    assert [file.name for file in tmp_path.iterdir()] == ["there.recording"]


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    there = tmp_path / "there.recording"

    with pytest.raises(FreshError, match="what is read"), fresh_recording(there, sources=[there], force=True):
        pass


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FreshError, match="no folder"):
        make(tmp_path / "gone" / "new.recording")
