from pathlib import Path

import pytest
from recorded import record_as_at_first

from tui.damaged import readable_recording


def test_recording_of_an_older_version_is_read_as_a_copy_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = record_as_at_first(tmp_path / "first.recording")
    before = path.read_bytes()

    with readable_recording(path) as recording:
        identities = [session.identity for session in recording.sessions()]

    assert identities == ["CS1"]
    assert "made by an older version: what is read is a copy as of now" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [path]
