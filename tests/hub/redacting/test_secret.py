from pathlib import Path

import pytest

from hub.redacting.pseudonyms import KEY_BYTES
from hub.redacting.secret import KeyFileError, key_from, random_key


def test_a_key_file_is_made_where_there_is_none_for_its_owner_alone(tmp_path: Path) -> None:
    key, is_new = key_from(tmp_path / "key")

    assert is_new
    assert len(key) == KEY_BYTES
    assert key_from(tmp_path / "key") == (key, False)
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


def test_a_line_end_is_no_part_of_a_secret(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("a secret of mine\n")
    (tmp_path / "two").write_text("a secret of mine")

    assert key_from(tmp_path / "one") == key_from(tmp_path / "two")


def test_a_short_secret_or_a_place_without_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("abc")

    with pytest.raises(KeyFileError, match="holds 3 bytes"):
        key_from(tmp_path / "short")
    with pytest.raises(KeyFileError, match="cannot be read"):
        key_from(tmp_path)
    with pytest.raises(KeyFileError, match="cannot be made"):
        key_from(tmp_path / "nowhere" / "key")


def test_no_two_runs_have_one_secret() -> None:
    assert random_key() != random_key()
