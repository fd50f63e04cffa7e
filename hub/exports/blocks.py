"""The blocks of a pcapng file (draft-ietf-opsawg-pcapng), in little endian."""

import struct
from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import Final

from matrix import __version__
from matrix.safe import safe, safe_file_name

SECTION, INTERFACE, NAMES, PACKET = 0x0A0D0D0A, 1, 4, 6
COMMENT, APPLICATION, INTERFACE_NAME, DESCRIPTION, RESOLUTION = 1, 4, 2, 3, 9
IPV4_RECORD: Final = 1
ETHERNET: Final = 1
LONGEST_COMMENT: Final = 60_000
"""Bytes; an option has 65,535 at most."""


def section_block() -> bytes:
    """Return the block that a file begins with; how long its section is, it leaves open."""
    head = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    return _block(SECTION, head + _options((APPLICATION, f"plugfest {__version__}".encode())))


def interface_block() -> bytes:
    """Return the block that says what kind of packets follow, and that their times count nanoseconds."""
    described = b"sessions of an OCPP recording; addresses, ports and masking keys are made up"
    options = _options((INTERFACE_NAME, b"plugfest"), (DESCRIPTION, described), (RESOLUTION, bytes((9,))))
    return _block(INTERFACE, struct.pack("<HHI", ETHERNET, 0, 0) + options)


def names_block(names: Iterable[tuple[str, IPv4Address]]) -> bytes:
    """Return the block that names addresses."""
    records = b""
    for name, address in names:
        value = address.packed + safe_file_name(name).encode() + b"\0"
        records += struct.pack("<HH", IPV4_RECORD, len(value)) + _padded(value)
    return _block(NAMES, records + struct.pack("<HH", 0, 0))


def packet_block(at: int, packet: bytes, comments: tuple[str, ...]) -> bytes:
    """Return the block of a packet at a time (ns since the epoch), with what is to be said of it."""
    head = struct.pack("<IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(packet), len(packet))
    told = ((COMMENT, _cut(safe(comment))) for comment in comments)
    return _block(PACKET, head + _padded(packet) + (_options(*told) if comments else b""))


def _cut(text: str) -> bytes:
    """Return as much of a text as a comment may have, in whole characters."""
    return text.encode()[:LONGEST_COMMENT].decode("utf-8", "ignore").encode()


def _options(*options: tuple[int, bytes]) -> bytes:
    written = b"".join(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options)
    return written + struct.pack("<HH", 0, 0)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
