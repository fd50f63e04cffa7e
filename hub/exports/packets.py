"""Ethernet, IPv4 and TCP around bytes, for captures that nobody has captured (RFC 791, RFC 9293)."""

import struct
from collections.abc import Iterator
from enum import IntFlag
from ipaddress import IPv4Address
from typing import Final, NamedTuple

LARGEST: Final = 32_000
"""Bytes of one segment, as a capture on a machine that leaves the cutting to its network card has them."""
_WINDOW: Final = 65_535
_SYN_OPTIONS: Final = bytes((2, 4)) + LARGEST.to_bytes(2) + bytes((3, 3, 7, 1))
"""Largest segment, and a window that counts in 128 bytes: nothing ever waits for an acknowledgement here."""
_IPV4: Final = b"\x08\x00"
_TCP: Final = 6


class Flag(IntFlag):
    """The control bits of a segment."""

    FIN = 1
    SYN = 2
    RST = 4
    PSH = 8
    ACK = 16


class Place(NamedTuple):
    """An end of a connection."""

    address: IPv4Address
    port: int


class End:
    """One end of a connection. `sent` counts what it has sent so far, as sequence numbers do."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.sent = 0
        self._packets = 0

    def packets(self, to: "End", flags: Flag, data: bytes = b"") -> Iterator[bytes]:
        """Yield the packets that carry data to the other end: one, or as many as it takes."""
        pieces = [data[start : start + LARGEST] for start in range(0, len(data), LARGEST)] or [b""]
        for piece in pieces:
            push = Flag.PSH if piece and piece is pieces[-1] else Flag(0)
            yield self._packet(to, flags | push, piece)
            self.sent += len(piece) + bool(flags & (Flag.SYN | Flag.FIN))

    def _packet(self, to: "End", flags: Flag, data: bytes) -> bytes:
        options = _SYN_OPTIONS if flags & Flag.SYN else b""
        heard = to.sent if flags & Flag.ACK else 0
        words = (5 + len(options) // 4) << 12 | flags
        head = struct.pack(
            "!HHIIHHHH",
            self.place.port,
            to.place.port,
            self.sent & 0xFFFFFFFF,
            heard & 0xFFFFFFFF,
            words,
            _WINDOW,
            0,
            0,
        )
        segment = head + options + data
        addresses = self.place.address.packed + to.place.address.packed
        sum_ = checksum(addresses + struct.pack("!HH", _TCP, len(segment)) + segment)
        return self._framed(to, addresses, segment[:16] + sum_ + segment[18:])

    def _framed(self, to: "End", addresses: bytes, segment: bytes) -> bytes:
        self._packets += 1
        length, number, do_not_cut = 20 + len(segment), self._packets & 0xFFFF, 0x4000
        head = struct.pack("!BBHHHBBH", 0x45, 0, length, number, do_not_cut, 64, _TCP, 0) + addresses
        return _card(to) + _card(self) + _IPV4 + head[:10] + checksum(head) + head[12:] + segment


def checksum(data: bytes) -> bytes:
    """Return the Internet checksum (RFC 1071), two bytes, of data that is not all zeros."""
    rest = int.from_bytes(data + b"\0" * (len(data) % 2)) % 0xFFFF  # the sum with its carries added, but for 0
    return (0xFFFF - (rest or 0xFFFF)).to_bytes(2)


def _card(end: End) -> bytes:
    """Return the address of a network card, from those that belong to nobody."""
    return b"\x02\x00" + end.place.address.packed
