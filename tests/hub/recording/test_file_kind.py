import os
from pathlib import Path

from hub.recording.file_kind import begins_with, why_no_recording


def test_file_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "zip").write_bytes(b"PK\x03\x04...")
    (tmp_path / "short").write_bytes(b"PK")

    assert begins_with(tmp_path / "zip", b"PK\x03\x04")
    assert not begins_with(tmp_path / "short", b"PK\x03\x04")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert not any(begins_with(tmp_path / name, b"") for name in ("pipe", "nothing", "."))


def test_why_there_is_no_recording_is_told_by_what_is_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()

    said = [why_no_recording(tmp_path / name) for name in ("file", ".", "pipe", "nothing")]

    assert said == [
        "",
        f"{str(tmp_path)!r} is a folder, not a recording",
        f"{str(tmp_path / 'pipe')!r} is not a recording: it is no file",
        f"there is no recording at {str(tmp_path / 'nothing')!r}",
    ]
