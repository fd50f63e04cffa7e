import zipfile
from pathlib import Path

import pytest

from hub.evidence.opening import ArchiveError, unpack_recording


@pytest.mark.parametrize(
    ("method", "was", "other"),
    [
        (zipfile.ZIP_LZMA, b"\x5d\x00\x00\x80\x00", b"\xff\xff\xff\xff\xff"),
        (zipfile.ZIP_STORED, "é/evidence.recording".encode(), b"\xff\xff/evidence.recording"),
    ],
    ids=["what is packed", "its name"],
)
def test_archive_with_other_bytes_than_it_was_made_with_is_refused_in_a_sentence(
    tmp_path: Path, method: int, was: bytes, other: bytes
) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", method) as entries:
        entries.writestr("é/evidence.recording", b"x" * 100)
    archive.write_bytes(archive.read_bytes().replace(was, other))

    with pytest.raises(ArchiveError, match=r"a\.zip' cannot be unpacked: "):
        unpack_recording(archive, tmp_path / "a.recording")
