import os
import zipfile
from pathlib import Path

import pytest
from drawing import draw
from recorded import record, record_as_at_first

from hub.errors import HubError
from tui.commands.damaged import readable_recording


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


def archive_of(folder: Path, *names: str) -> Path:
    """Pack a recording under some names."""
    recording = record(folder / "a.recording", draw("> ping x", identity="CS7"))
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for name in names:
            archive.write(recording, name)
    return folder / "a.zip"


def test_archive_of_a_bundle_is_read_as_it_came(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "bundle/evidence.recording", "bundle/notes.txt")

    with readable_recording(archive) as recording:
        assert [session.identity for session in recording.sessions()] == ["CS7"]


@pytest.mark.parametrize(
    ("names", "why"),
    [((), "none is in it"), (("a.txt",), "none is in it"), (("a/evidence.recording",) * 2, "2 of them")],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archive_of_something_else_is_refused_in_a_sentence(tmp_path: Path, names: tuple[str, ...], why: str) -> None:
    archive = archive_of(tmp_path, "x", *names)

    with pytest.raises(HubError, match=why), readable_recording(archive):
        pass


@pytest.mark.parametrize("at", [0, 2, 8])
def test_archive_that_is_damaged_is_refused_in_a_sentence(tmp_path: Path, at: int) -> None:
    archive = archive_of(tmp_path, "evidence.recording")
    data = archive.read_bytes()
    archive.write_bytes(data[: len(data) * at // 10 + 4])

    with pytest.raises(HubError, match="cannot be unpacked: File is not a zip file"), readable_recording(archive):
        pass


def test_what_is_read_instead_is_called_as_it_was_named(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "evidence.recording")

    with readable_recording(archive) as recording, pytest.raises(HubError, match=f"session 99 in '{archive}'"):
        recording.session(99)


def test_pipe_is_no_recording_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.recording")

    with (
        pytest.raises(HubError, match="is not a recording: it is no file"),
        readable_recording(tmp_path / "a.recording"),
    ):
        pass
