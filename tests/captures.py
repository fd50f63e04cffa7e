"""Reads pcapng files with Ethernet, IPv4 and TCP in them, strictly: what our own exports are checked with."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address

SECTION, INTERFACE, NAMES, PACKET = 0x0A0D0D0A, 1, 4, 6
FIN, SYN, RST = 1, 2, 4
Ends = tuple[str, int, str, int]
"""Address and port of the sender, and of the other."""


@dataclass(frozen=True)
class Packet:
    """A TCP segment; `at` is in nanoseconds since the epoch."""

    at: int
    ends: Ends
    sequence: int
    acknowledged: int
    flags: int
    data: bytes
    comments: tuple[str, ...]


@dataclass
class Capture:
    """What a file holds: the names of addresses, and packets."""

    names: dict[str, str] = field(default_factory=dict)
    packets: list[Packet] = field(default_factory=list)

    def streams(self) -> dict[Ends, bytes]:
        """Put the data of each direction together; every byte is numbered once, and acknowledged as it was sent."""
        data: dict[Ends, bytes] = {}
        sent: dict[Ends, int] = {}
        for packet in self.packets:
            back = packet.ends[2:] + packet.ends[:2]
            assert packet.sequence == sent.get(packet.ends, 0), packet
            assert packet.acknowledged == (0 if packet.flags == SYN else sent[back]), packet
            sent[packet.ends] = packet.sequence + len(packet.data) + bool(packet.flags & (SYN | FIN))
            data[packet.ends] = data.get(packet.ends, b"") + packet.data
        return data


def read_capture(data: bytes) -> Capture:
    """Read a file; anything wrong with it is an AssertionError."""
    capture = Capture()
    kinds = []
    for kind, body in _blocks(data):
        kinds.append(kind)
        match len(kinds), kind:
            case 1, _:
                assert kind == SECTION
                assert struct.unpack_from("<IHHq", body) == (0x1A2B3C4D, 1, 0, -1)
            case 2, _:
                assert kind == INTERFACE
                assert struct.unpack_from("<H", body) == (1,)
                assert _options(body[8:])[9] == [b"\x09"]
            case _, 4:
                capture.names |= dict(_names(body))
            case _, _:
                assert kind == PACKET
                capture.packets.append(_packet(body))
    return capture


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        kind, length = struct.unpack_from("<II", data)
        assert length % 4 == 0
        assert struct.unpack_from("<I", data, length - 4) == (length,)
        yield kind, data[8 : length - 4]
        data = data[length:]


def _options(data: bytes) -> dict[int, list[bytes]]:
    options: dict[int, list[bytes]] = {}
    while data:
        code, length = struct.unpack_from("<HH", data)
        if code == 0:
            assert len(data) == 4
            break
        options.setdefault(code, []).append(data[4 : 4 + length])
        data = data[4 + length + -length % 4 :]
    return options


def _names(data: bytes) -> Iterator[tuple[str, str]]:
    while True:
        kind, length = struct.unpack_from("<HH", data)
        if kind == 0:
            return
        assert kind == 1
        name = data[8 : 4 + length]
        assert name.endswith(b"\0")
        yield str(IPv4Address(data[4:8])), name[:-1].decode()
        data = data[4 + length + -length % 4 :]


def _packet(body: bytes) -> Packet:
    interface, high, low, captured, original = struct.unpack_from("<IIIII", body)
    assert (interface, captured) == (0, original)
    options = _options(body[20 + captured + -captured % 4 :])
    comments = tuple(comment.decode() for comment in options.get(1, ()))
    frame = body[20 : 20 + captured]
    assert frame[12:14] == b"\x08\x00"
    return _segment(frame[14:], high << 32 | low, comments)


def _segment(packet: bytes, at: int, comments: tuple[str, ...]) -> Packet:
    version, length, protocol = packet[0], int.from_bytes(packet[2:4]), packet[9]
    assert (version, length, protocol) == (0x45, len(packet), 6)
    assert _sum(packet[:20]) == 0xFFFF
    segment = packet[20:]
    assert _sum(packet[12:20] + b"\0\x06" + len(segment).to_bytes(2) + segment) == 0xFFFF
    source, target, sequence, acknowledged, words = struct.unpack_from("!HHIIH", segment)
    ends = (str(IPv4Address(packet[12:16])), source, str(IPv4Address(packet[16:20])), target)
    return Packet(at, ends, sequence, acknowledged, words & 0x1FF, segment[(words >> 12) * 4 :], comments)


def _sum(data: bytes) -> int:
    """Add 16-bit words with their carries (RFC 1071): all ones where a checksum in it is right."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total
