"""One HTTP head from a connection, before anybody knows what the rest of the bytes will be; and dialling a CSMS."""

import asyncio
import socket
from contextlib import suppress
from typing import Any, Final, cast

from aiohappyeyeballs import start_connection
from aiohttp import ClientPayloadError
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

from hub.handshake.heads import END_OF_HEAD, MAX_HEAD_BYTES, HeadError, HeadTooLongError, ResponseHead
from hub.handshake.host_names import addresses_of
from hub.handshake.switchboard import Csms
from hub.relaying.path import Path
from hub.tls.contexts import HandshakeError, UpstreamTls

EARLY_BYTES: Final = 64 << 10
"""How much is read of what follows a head before the other side is there to take it."""
MAX_BODY_BYTES: Final = 1 << 20
"""How much of a refusal's body is handed on."""
BODY_TIMEOUT_S: Final = 3.0
"""How long a refusal may take to end after its head: some have neither a length nor an end."""

LINGER_S: Final = 2.0
"""How long a refused station may take to close its side, so that no reset overtakes the refusal."""

_HAPPY_EYEBALLS_S: Final = 0.25
_TLS_RECORDS: Final = (b"\x16\x03", b"\x15\x03")
"""How TLS begins: a handshake, or an alert (RFC 8446 §5.1). No HTTP message does."""


class TlsInsteadError(HeadError):
    """TLS came where HTTP in clear was expected."""


class HeadReader(asyncio.Protocol):
    """Collects the bytes of a connection until somebody takes the transport over.

    `gone` is done once the peer has left; a peer that only ended its stream has left too, unless `keeps_half_open`.
    """

    def __init__(self, *, keeps_half_open: bool = False, max_head_bytes: int = MAX_HEAD_BYTES) -> None:
        self.transport: asyncio.Transport
        self.path: Path | None = None
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.exception: Exception | None = None
        self.is_lost = False
        self.has_ended = False
        self._keeps_half_open = keeps_half_open
        self._max_head_bytes = max_head_bytes
        self._buffer = bytearray()
        self._arrival: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > self._max_head_bytes + EARLY_BYTES:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self.has_ended = True
        self._wake()
        if not self._keeps_half_open:
            self._leave()
        # Whoever awaits the head or `gone` closes the transport, after the recording says why.
        return self.transport.can_write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = self.has_ended = True
        self.exception = exc
        self._wake()
        self._leave()

    async def read_head(self) -> bytes:
        """Return the next head, with the empty line that ends it.

        Raises:
            HeadTooLongError: the head is too long.
            HeadError: the connection ended first.
        """
        while (end := self._buffer.find(END_OF_HEAD, 0, self._max_head_bytes)) < 0:
            if self._buffer.startswith(_TLS_RECORDS):
                raise TlsInsteadError("it speaks TLS, and HTTP in clear was expected")
            if len(self._buffer) >= self._max_head_bytes:
                raise HeadTooLongError(f"its head is longer than {self._max_head_bytes} bytes")
            if self.has_ended:
                raise HeadError(f"it left {self._left_after()}") from self.exception
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        end += len(END_OF_HEAD)
        head = bytes(self._buffer[:end])
        del self._buffer[:end]
        return head

    @property
    def has_spoken(self) -> bool:
        """True where bytes of the peer wait to be read."""
        return bool(self._buffer)

    def take_rest(self) -> bytes:
        """Return what came after the head, and let the transport read on."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        if not self.has_ended:  # uvloop would read the end once more
            self.transport.resume_reading()
        return rest

    def give_way(self, protocol: asyncio.Protocol) -> None:
        """Let another protocol go on from here, whatever has become of the connection."""
        self.transport.set_protocol(protocol)
        if rest := self.take_rest():
            protocol.data_received(rest)
        if self.is_lost:
            protocol.connection_lost(self.exception)
        elif self.has_ended:
            protocol.eof_received()

    def hand_over(self, successor: "HeadReader") -> None:
        """Let another reader read on from here.

        Raises:
            HeadError: there is no connection any more.
        """
        if self.is_lost or self.transport.is_closing():
            raise HeadError("it left") from self.exception
        rest = self.take_rest()
        self.transport.set_protocol(successor)
        successor.connection_made(self.transport)
        if rest:
            successor.data_received(rest)
        if self.has_ended:
            successor.eof_received()

    def abort(self) -> None:
        """Let go of the connection at once."""
        self.transport.abort()

    def _left_after(self) -> str:
        when = f"after {len(self._buffer)} bytes" if self._buffer else "without a word"
        return f"{when}: {self.path.said}" if self.path is not None and self.path.said else when

    def _wake(self) -> None:
        if self._arrival and not self._arrival.done():
            self._arrival.set_result(None)

    def _leave(self) -> None:
        if not self.gone.done():
            self.gone.set_result(None)


def address_of(peer: Any) -> str:
    """Return a socket's address as HOST:PORT; "" where it has none."""
    if not isinstance(peer, tuple):
        return ""
    host, port = peer[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def dial(csms: Csms, tls: UpstreamTls | None) -> HeadReader:
    """Connect to a CSMS.

    Raises:
        OSError: it cannot be reached (ssl.SSLError among them: its certificate does not hold).
    """
    addresses = await addresses_of(csms.host, csms.port)
    sock = await start_connection(addresses, happy_eyeballs_delay=_HAPPY_EYEBALLS_S)
    return await reader_over(sock, tls, csms.host)


async def reader_over(sock: socket.socket, tls: UpstreamTls | None, host: str) -> HeadReader:
    """Return a reader of a connected socket; with TLS, `host` is who has to be at its other end.

    Raises:
        OSError: the TLS handshake failed.
    """
    loop = asyncio.get_running_loop()
    if tls is None:
        _, reader = await loop.create_connection(lambda: HeadReader(keeps_half_open=True), sock=sock)
        return reader
    server_name = tls.server_name or host
    with sock.dup() as twin:  # the event loop closes its own before the alert is out
        try:
            _, reader = await loop.create_connection(
                lambda: HeadReader(keeps_half_open=True), sock=sock, ssl=tls.context, server_hostname=server_name
            )
        except HandshakeError as exc:
            with suppress(OSError):
                twin.send(exc.alert)
            raise
    return reader


async def ask(upstream: HeadReader, request: bytes) -> ResponseHead:
    """Send a request and return the head of its answer; interim answers (100, 103) are passed over.

    Raises:
        HeadError: there is no answer, or it is not HTTP.
    """
    upstream.transport.write(request)
    while True:
        response = ResponseHead.parse(await upstream.read_head())
        if response.status == 101 or response.status >= 200:
            return response


async def read_body(upstream: HeadReader, response: ResponseHead) -> bytes:
    """Return the body that follows a response's head, at most about MAX_BODY_BYTES of it, and close the connection.

    The body is read by aiohttp, whatever its framing: by length, chunked, or until the end of the connection. Of a body
    that breaks its own framing, or does not end within BODY_TIMEOUT_S, what could be read is returned.
    """
    handler = ResponseHandler(asyncio.get_running_loop())
    rest = upstream.take_rest()
    upstream.transport.set_protocol(handler)
    handler.connection_made(upstream.transport)
    handler.set_response_params(
        read_until_eof=True, auto_decompress=False, max_line_size=MAX_HEAD_BYTES, max_field_size=MAX_HEAD_BYTES
    )
    try:
        handler.data_received(response.raw + rest)
        if upstream.has_ended:
            handler.connection_lost(upstream.exception)
        return await _read_body(handler)
    finally:
        upstream.transport.close()


async def _read_body(handler: ResponseHandler) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            _, payload = await handler.read()
            while len(body) < MAX_BODY_BYTES and (chunk := await payload.readany()):
                body += chunk
    except (ClientPayloadError, HttpProcessingError, TimeoutError):
        pass  # cut short, or not what its head says: the refusal itself is what the station needs
    return bytes(body)


async def say_and_close(station: HeadReader, raw: bytes) -> None:
    """Write a last answer; wait a little for the station to have read it, since a reset would overtake it."""
    transport = station.transport
    try:
        if not station.is_lost:
            transport.write(raw)
            if transport.can_write_eof():
                transport.write_eof()
                await asyncio.wait({station.gone}, timeout=LINGER_S)
    finally:
        transport.close()
