import re

import pytest

from hub.limits import DEFAULTS, LimitError, Limits, described, limits_from_options, limits_of


def test_what_is_not_given_keeps_its_default() -> None:
    limits = limits_from_options(["sessions=5", "handshake_s=0.5"])

    assert (limits.sessions, limits.handshake_s) == (5, 0.5)
    assert limits == Limits(sessions=5, handshake_s=0.5)


@pytest.mark.parametrize(("text", "size"), [("65536", 65536), ("64KiB", 65536), ("1MiB", 1 << 20), ("0.5GiB", 1 << 29)])
def test_sizes_may_have_a_unit(text: str, size: int) -> None:
    assert limits_of({"frame_bytes": text}).frame_bytes == size


def test_numbers_of_an_event_file_are_read_like_text() -> None:
    assert limits_of({"unread_s": 60, "bytes_per_s": 0}) == limits_from_options(["unread_s=60", "bytes_per_s=0"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["sessions"], "a limit is given as NAME=VALUE, not as 'sessions'"),
        (["sesions=5"], "there is no limit 'sesions'; there are head_bytes, handshake_s, sessions, "),
        (["sessions=5", "sessions=6"], "the limit 'sessions' is given twice: '5' and '6'"),
        (["sessions=many"], "the limit sessions is a whole number, not 'many'"),
        (["sessions=0"], "the limit sessions is 1 at least, not '0'"),
        (["sessions=1.5"], "the limit sessions is a whole number, not '1.5'"),
        (["handshake_s=nan"], "the limit handshake_s is a number of seconds, not 'nan'"),
        (["head_bytes=1"], "the limit head_bytes is 1024 at least, not '1'"),
        (["head_bytes=64KB"], "the limit head_bytes is a whole number of bytes, such as 65536 or 64KiB, not '64KB'"),
        (["unread_s=-1"], "the limit unread_s is 1 at least, or 0 for none, not '-1'"),
    ],
)
def test_what_cannot_be_is_said_with_name_and_value(options: list[str], sentence: str) -> None:
    with pytest.raises(LimitError, match=re.escape(sentence)):
        limits_from_options(options)


def test_true_of_an_event_file_is_no_number() -> None:
    with pytest.raises(LimitError, match="not True"):
        limits_of({"sessions": True})


def test_a_description_has_every_name_with_its_default() -> None:
    said = " ".join(described())

    assert "head_bytes=64KiB" in said
    assert "unread_s=0 " in said
    assert len(described()) == len(Limits.__slots__)
    assert limits_from_options(line.split()[0] for line in described()) == DEFAULTS
