"""The blocks of a capture."""

from ipaddress import IPv4Address

import pytest
from captures import read_capture

from hub.exports.blocks import LONGEST_COMMENT, interface_block, names_block, packet_block, section_block
from hub.exports.packets import End, Flag, Place


def packet() -> bytes:
    (only,) = End(Place(IPv4Address("10.0.0.1"), 1024)).packets(End(Place(IPv4Address("198.18.0.1"), 80)), Flag.SYN)
    return only


@pytest.mark.parametrize(
    "comment", ["", "a", "four", "Größe", "\x1b[2J\n", "é" * LONGEST_COMMENT, "\U000e0001" * 20_000]
)
def test_comment_of_any_length_is_a_comment(comment: str) -> None:
    data = section_block() + interface_block() + packet_block(7, packet(), (comment, "and another"))

    (read,) = read_capture(data).packets

    assert read.at == 7
    assert read.comments[1] == "and another"
    assert read.comments[0].isprintable()


def test_time_beyond_32_bits_is_kept() -> None:
    data = section_block() + interface_block() + packet_block(1_793_527_200_123_456_789, packet(), ())

    assert read_capture(data).packets[0].at == 1_793_527_200_123_456_789


def test_names_of_hosts_hold_nothing_that_a_path_or_a_terminal_takes_for_something_else() -> None:
    names = [("CS 001", IPv4Address("10.0.0.1")), ("../x\0", IPv4Address("10.0.0.2")), ("", IPv4Address("10.0.0.3"))]

    assert read_capture(section_block() + interface_block() + names_block(names)).names == {
        "10.0.0.1": "CS_001", "10.0.0.2": "x", "10.0.0.3": "unnamed",
    }  # fmt: skip
