"""Stations that speak TLS with blocking sockets: what they are told, alerts included, is what a real one would see."""

import asyncio
import socket
import ssl
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"


def client(
    trusted: Path,
    shown: tuple[Path, Path] | None = None,
    *,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    suites: str = "",
) -> ssl.SSLContext:
    """Return the context of a station that trusts a CA, and shows a certificate (with its key) if it has one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(trusted)
    if newest < ssl.TLSVersion.TLSv1_2:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.maximum_version = newest
    if suites:
        context.set_ciphers(suites)
    if shown:
        context.load_cert_chain(*shown)
    return context


async def told(port: int, context: ssl.SSLContext | None, request: bytes) -> str:
    """Send a request; return what comes back until the end, or what OpenSSL says of it."""
    return await asyncio.to_thread(_told, port, context, request)


def _told(port: int, context: ssl.SSLContext | None, request: bytes) -> str:
    try:
        with _connected(port, context) as sock:
            with suppress(ConnectionError):
                sock.sendall(request)
            answer = b""
            while chunk := sock.recv(65536):
                answer += chunk
        return answer.decode()
    except ssl.SSLError as exc:
        return exc.reason or str(exc)


def _connected(port: int, context: ssl.SSLContext | None) -> socket.socket:
    sock = socket.create_connection((HOST, port), timeout=10)
    if context is None:
        return sock
    try:
        return context.wrap_socket(sock, server_hostname=HOST)
    except BaseException:
        sock.close()
        raise
