"""A transport that counts what crosses it: a connection through a tunnel costs that, and no other session does."""

import asyncio
from collections.abc import Iterable
from typing import Any


class Counted(asyncio.Transport, asyncio.Protocol):
    """Stands between a transport and its protocol, to each of them as the other: `given` and `taken` are bytes.

    `is_held` is True while the protocol has asked for nothing to be read.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        """Count from here on; `set_protocol` says for whom."""
        super().__init__()
        self.given = 0
        self.taken = 0
        self.is_held = False
        self._transport = transport
        self._protocol: asyncio.Protocol
        self._is_wired = False

    # -- a transport to the protocol -----------------------------------------------------------------------------------

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self._protocol = protocol
        if not self._is_wired:
            self._is_wired = True
            self._transport.set_protocol(self)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        self.given += len(data)
        self._transport.write(data)

    def writelines(self, list_of_data: "Iterable[bytes | bytearray | memoryview[Any]]") -> None:
        self.write(b"".join(list_of_data))

    def pause_reading(self) -> None:
        self.is_held = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self.is_held = False
        self._transport.resume_reading()

    def is_reading(self) -> bool:
        return self._transport.is_reading()

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def write_eof(self) -> None:
        self._transport.write_eof()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._transport.get_write_buffer_limits()

    # -- a protocol to the transport -----------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self.taken += len(data)
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()
