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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_lines_of_utf16_are_read_as_what_they_say(tmp_path: Path, encoding: str) -> None:
    log = tmp_path / "x.log"
    log.write_bytes("\ufeffone é\r\ntwo 😀".removeprefix("" if encoding == "utf-16-be" else "\ufeff").encode(encoding))

    assert [line.text for line in lines_of(log)] == ["one é", "two 😀"]


def test_what_is_no_utf16_after_all_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes("a\nb".encode("utf-16") + b"\x00\xd8\x00")

    assert [line.text for line in lines_of(log)] == ["a", "b\ufffd"]


@pytest.mark.parametrize(
    ("beginning", "what"),
    [
        (b"PK\x03\x04xx", "a ZIP archive: unpack it"),
        (b"\x1f\x8b\x08", "compressed by gzip: unpack it"),
        (b"\n\r\r\n\x7c\0\0\0", "a capture of packets"),
        (b"\xd4\xc3\xb2\xa1", "a capture of packets"),
    ],
)
def test_file_of_another_kind_is_called_what_it_is(tmp_path: Path, beginning: bytes, what: str) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(beginning)

    with pytest.raises(ImportLogError, match=f"is {what}"):
        next(lines_of(log))
