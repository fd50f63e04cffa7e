from pathlib import Path

import pytest
from read_only import no_file_takes_a_byte

from hub.errors import RecorderError
from hub.recording.log_index import LogIndex


def test_index_that_takes_no_byte_is_named_with_the_systems_reason(tmp_path: Path) -> None:
    (tmp_path / "a.recording-shm").write_bytes(bytes(136))
    index = LogIndex(tmp_path / "a.recording")
    index.check()

    with no_file_takes_a_byte(), pytest.raises(RecorderError) as refused:
        index.check()

    index.close()
    assert str(refused.value) == "'a.recording-shm' cannot be written to: file too large"


def test_index_that_is_closed_is_never_written_to(tmp_path: Path) -> None:
    (tmp_path / "a.recording-shm").write_bytes(bytes(136))
    index = LogIndex(tmp_path / "a.recording")

    index.close()

    with pytest.raises(RecorderError, match="bad file descriptor"):
        index.check()
