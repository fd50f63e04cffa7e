"""A file has its name only once it is whole."""

import stat
from pathlib import Path

import pytest

from hub.exports.new_file import ExportError, new_file


def test_file_is_not_there_before_it_is_whole(tmp_path: Path) -> None:
    with new_file(tmp_path / "a.csv") as file:
        file.write(b"x")
        assert not (tmp_path / "a.csv").exists()

    assert (tmp_path / "a.csv").read_bytes() == b"x"
    assert [*tmp_path.iterdir()] == [tmp_path / "a.csv"]


@pytest.mark.parametrize("stops", [KeyboardInterrupt, RuntimeError])
def test_nothing_is_left_of_a_file_that_was_broken_off(tmp_path: Path, stops: type[BaseException]) -> None:
    def write_half() -> None:
        with new_file(tmp_path / "a.csv") as file:
            file.write(b"half")
            raise stops

    with pytest.raises(stops):
        write_half()

    assert [*tmp_path.iterdir()] == []


def test_broken_off_file_leaves_the_one_that_it_was_to_replace(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("before")

    with pytest.raises(KeyboardInterrupt), new_file(tmp_path / "a.csv", over=True):
        raise KeyboardInterrupt

    assert (tmp_path / "a.csv").read_text() == "before"


def test_file_is_replaced_only_if_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("before")

    with pytest.raises(ExportError, match="already; --force writes over it"), new_file(tmp_path / "a.csv"):
        pass
    with new_file(tmp_path / "a.csv", over=True) as file:
        file.write(b"after")

    assert (tmp_path / "a.csv").read_text() == "after"


def test_file_that_comes_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="by now; it was left as it is"), new_file(tmp_path / "a.csv"):
        (tmp_path / "a.csv").write_text("theirs")

    assert (tmp_path / "a.csv").read_text() == "theirs"
    assert len([*tmp_path.iterdir()]) == 1


@pytest.mark.parametrize(("place", "why"), [("none/a.csv", "there is no folder"), (".", "is a folder")])
def test_place_that_takes_no_file_is_told(tmp_path: Path, place: str, why: str) -> None:
    with pytest.raises(ExportError, match=why), new_file(tmp_path / place):
        pass


def test_file_is_its_owners_alone_to_read(tmp_path: Path) -> None:
    with new_file(tmp_path / "a.session"):
        pass

    assert stat.S_IMODE((tmp_path / "a.session").stat().st_mode) == 0o600
