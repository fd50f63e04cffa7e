"""TCP around bytes."""

from ipaddress import IPv4Address

import pytest
from captures import read_capture
from hypothesis import given
from hypothesis import strategies as st

from hub.exports.packets import LARGEST, End, Flag, Place, checksum


def ends() -> tuple[End, End]:
    return End(Place(IPv4Address("10.0.0.1"), 1024)), End(Place(IPv4Address("198.18.0.1"), 80))


@pytest.mark.parametrize(
    ("data", "sum_"),
    [("0001f203f4f5f6f7", "220d"), ("ffff", "0000"), ("ff", "00ff"), ("45000030442240008006", "b6a6")],
)  # fmt: skip
def test_checksum_is_that_of_rfc_1071(data: str, sum_: str) -> None:
    assert checksum(bytes.fromhex(data)).hex() == sum_


@given(data=st.binary(max_size=50))
def test_data_with_its_checksum_sums_up_to_nothing(data: bytes) -> None:
    data += b"\0" * (len(data) % 2)

    assert checksum(data + checksum(data)) == b"\0\0" or not any(data)


def test_long_data_goes_in_several_packets_of_which_the_last_is_pushed() -> None:
    station, csms = ends()

    packets = [*station.packets(csms, Flag.ACK, bytes(2 * LARGEST + 1))]

    assert [len(packet) - 54 for packet in packets] == [LARGEST, LARGEST, 1]
    assert [bool(packet[47] & Flag.PSH) for packet in packets] == [False, False, True]
    assert station.sent == 2 * LARGEST + 1


def test_opening_and_closing_count_as_a_byte_each() -> None:
    station, csms = ends()

    for flags in (Flag.SYN, Flag.ACK, Flag.FIN | Flag.ACK):
        assert len([*station.packets(csms, flags)]) == 1

    assert station.sent == 2


def test_nothing_is_a_capture_of_nothing() -> None:
    assert read_capture(b"").packets == []
