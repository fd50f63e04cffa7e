"""Reading lines, whatever they hold."""

from pathlib import Path

import pytest

from hub.imports.entries import ImportLogError
from hub.imports.files import LONGEST_LINE, first_lines, lines_of


def test_lines_have_numbers_and_places_and_lose_their_ends(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"\xef\xbb\xbfone\r\ntwo\n\nlast")

    lines = [*lines_of(log)]

    assert [(line.number, line.text, line.end) for line in lines] == [
        (1, "one", 8),
        (2, "two", 12),
        (3, "", 13),
        (4, "last", 17),
    ]


def test_line_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"good\nb\xffd\ngood\n")

    assert [line.flaw for line in lines_of(log)] == ["", "it is not UTF-8", ""]


def test_line_without_an_end_is_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"a" * (LONGEST_LINE + 5) + b"\nnext\n")

    huge, following = lines_of(log)

    assert (huge.text, huge.flaw, huge.end) == ("", "it is longer than 16 MiB", LONGEST_LINE + 6)
    assert (following.number, following.text) == (2, "next")


def test_beginning_of_a_log_has_at_least_a_line(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"a" * (5 << 20) + b"\nnext\n")

    assert len([*first_lines(log)]) == 1


@pytest.mark.parametrize("name", ["", "missing.log"])
def test_what_is_no_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImportLogError, match=r"is a folder|there is no file"):
        [*lines_of(tmp_path / name)]
