"""Stations and CSMSes that are nothing but sockets: every byte of theirs is written down in the test."""

import asyncio
import os
import socket
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

ACCEPT = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


def upgrade(target: str = "/acme/CS1", *fields: str, host: str = "hub") -> bytes:
    """Return an upgrade request with these fields beside the usual ones."""
    lines = [
        f"GET {target} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: ocpp1.6", *fields,
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


def frame(payload: bytes | str, opcode: int = 1, *, fin: bool = True, rsv: int = 0, key: bytes | None = None) -> bytes:
    """Return one WebSocket frame; masked where there is a key."""
    payload = payload.encode() if isinstance(payload, str) else payload
    size, mask = len(payload), 0x80 if key else 0
    if size < 126:
        length = bytes([mask | size])
    elif size < 1 << 16:
        length = bytes([mask | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([mask | 127]) + size.to_bytes(8, "big")
    if key:
        payload = _mask(payload, key)
    return bytes([fin << 7 | rsv << 4 | opcode]) + length + (key or b"") + payload


def _mask(payload: bytes, key: bytes) -> bytes:
    keys = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")).to_bytes(len(payload), "big")


def masked(payload: bytes | str, opcode: int = 1, *, fin: bool = True, rsv: int = 0) -> bytes:
    """Return a frame as a station sends it."""
    return frame(payload, opcode, fin=fin, rsv=rsv, key=os.urandom(4))


class Deflater:
    """The sending end of permessage-deflate.

    zlib has no window of 8 bits without a header; what repeats the last byte only (Z_RLE) can be read with one.
    """

    def __init__(self, bits: int = 15, *, keeps_context: bool = True, level: int = -1) -> None:
        self._settings = (level, zlib.DEFLATED, -max(bits, 9), 8, zlib.Z_RLE if bits < 9 else zlib.Z_DEFAULT_STRATEGY)
        self._keeps_context = keeps_context
        self._stream = zlib.compressobj(*self._settings)

    def deflate(self, payload: bytes | str, *, ends_stream: bool = False) -> bytes:
        """Compress one message; with `ends_stream` its last block has BFINAL set (RFC 7692 §7.2.3.4)."""
        payload = payload.encode() if isinstance(payload, str) else payload
        compressed = self._stream.compress(payload)
        compressed += (
            self._stream.flush(zlib.Z_FINISH) + b"\x00" if ends_stream else self._stream.flush(zlib.Z_SYNC_FLUSH)
        )
        if ends_stream or not self._keeps_context:
            self._stream = zlib.compressobj(*self._settings)
        return compressed if ends_stream else compressed.removesuffix(b"\x00\x00\xff\xff")


@dataclass
class Line:
    """One end of a TCP connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, *pieces: bytes) -> None:
        self.writer.write(b"".join(pieces))
        await self.writer.drain()

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def hear(self, size: int) -> bytes:
        return await self.reader.readexactly(size)

    async def rest(self) -> bytes:
        return await self.reader.read()

    def stop_reading(self) -> None:
        cast("asyncio.Transport", self.writer.transport).pause_reading()

    def go_on_reading(self) -> None:
        cast("asyncio.Transport", self.writer.transport).resume_reading()

    def end(self) -> None:
        self.writer.write_eof()

    def fin(self) -> None:
        """End the TCP stream without a word of what is above it (TLS)."""
        with socket.socket(fileno=os.dup(self.writer.get_extra_info("socket").fileno())) as sock:
            sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection with a TCP RST."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.writer.transport.abort()


class Peers:
    """A CSMS that does only what the test says, and stations that do; `line` is the next connection to the CSMS."""

    def __init__(self) -> None:
        self.port = 0
        self._lines: asyncio.Queue[Line] = asyncio.Queue()
        self._all: list[Line] = []

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ocpp"

    async def station(self, port: int, **options: object) -> Line:
        """Connect to a hub."""
        return self._kept(Line(*await asyncio.open_connection("127.0.0.1", port, **options)))  # type: ignore[arg-type]  # passed on

    @property
    def is_untouched(self) -> bool:
        """True while the hub has made no connection that was not asked for."""
        return self._lines.empty()

    async def line(self) -> Line:
        """Return the next connection that the hub has made."""
        return await self._lines.get()

    async def accept(self, answer: bytes = ACCEPT) -> Line:
        """Return the next connection, its request read and answered."""
        line = await self.line()
        await line.head()
        await line.say(answer)
        return line

    def arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.put_nowait(self._kept(Line(reader, writer)))

    def hang_up(self) -> None:
        for line in self._all:
            line.writer.transport.abort()

    def _kept(self, line: Line) -> Line:
        self._all.append(line)
        return line


@asynccontextmanager
async def raw_peers(**options: object) -> AsyncIterator[Peers]:
    """Run a CSMS on a port that the system chooses; hang up everything at the end."""
    peers = Peers()
    server = await asyncio.start_server(peers.arrived, "127.0.0.1", 0, **options)  # type: ignore[arg-type]  # passed on
    peers.port = server.sockets[0].getsockname()[1]
    try:
        yield peers
    finally:
        peers.hang_up()
        server.close()
