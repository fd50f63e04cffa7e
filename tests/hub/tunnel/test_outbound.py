"""How an agent gets to its hub: what the environment says of proxies, and what goes wrong on the way."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tls_contexts import tls_contexts

from hub.tls.contexts import KeyPair, TlsError
from hub.tunnel.outbound import OutboundError, WayOut, refused

Answerer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(answer: Answerer, **options: object) -> AsyncIterator[int]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, **options)  # type: ignore[arg-type]  # passed on
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(raw: bytes) -> Answerer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        writer.close()

    return answer


@pytest.mark.parametrize(
    "hub", ["http://hub", "hub:9000", "ws://", "ws://u:p@hub", "ws://hub?x=1", "ws://hub#x", "ws://[::1", "ws://h:x"]
)
def test_what_is_not_the_url_of_a_hub_is_told(hub: str) -> None:
    with pytest.raises(OutboundError):
        WayOut.to(hub, environment={})


def test_a_certificate_is_of_no_use_without_tls(tmp_path: Path) -> None:
    with pytest.raises(OutboundError, match="--cert is for a hub at wss://"):
        WayOut.to("ws://hub", pair=KeyPair(tmp_path / "own.pem"), environment={})


def test_a_ca_is_of_no_use_without_tls(tmp_path: Path) -> None:
    with pytest.raises(OutboundError, match="--ca is for a hub at wss://"):
        WayOut.to("ws://hub", ca=tmp_path / "ca.pem", environment={})
    with pytest.raises(TlsError, match="cannot be read"):
        WayOut.to("wss://hub", ca=tmp_path / "ca.pem", environment={})


async def test_a_hub_that_does_not_listen_is_told() -> None:
    with pytest.raises(OutboundError, match=r"the hub at ws://127.0.0.1:9 cannot be reached: connection refused"):
        await WayOut.to("ws://127.0.0.1:9", environment={}).connect()


async def test_a_hub_that_says_nothing_is_told_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        way = WayOut.to(f"wss://127.0.0.1:{silent.getsockname()[1]}", connect_s=0.1, environment={})

        with pytest.raises(OutboundError, match=r"did not answer within 0\.1 s"):
            await way.connect()


async def test_a_certificate_that_does_not_hold_is_told_with_what_may_help() -> None:
    server_side, _ = tls_contexts()
    async with listening(saying(b""), ssl=server_side) as port:
        with pytest.raises(OutboundError, match=r"its certificate does not hold: .* \(--ca FILE says which to trust"):
            await WayOut.to(f"wss://127.0.0.1:{port}", environment={}).connect()


async def test_a_proxy_is_asked_for_the_way_with_its_password() -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with listening(answer) as port:
        way = WayOut.to("ws://hub.example", environment={"HTTP_PROXY": f"http://me:hunter2@127.0.0.1:{port}"})
        with pytest.raises(OutboundError, match=r"lets nobody through to hub.example:80: 407 Proxy Auth") as caught:
            await way.connect()

    assert asked == [
        b"CONNECT hub.example:80 HTTP/1.1\r\nHost: hub.example:80\r\n"
        b"Proxy-Authorization: Basic bWU6aHVudGVyMg==\r\n\r\n"
    ]
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", r"^the proxy 127\.0\.0\.1:\d+ is of no use: it hung up without an answer"),
        (b"220 ftp\r\n\r\n", "it does not speak HTTP"),
        (b"x" * 200_000, "hung up"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "lets nobody through to hub.example:80: 403 Forbidden$"),
    ],
)
async def test_a_proxy_that_is_none_is_told(raw: bytes, sentence: str) -> None:
    async with listening(saying(raw)) as port:
        way = WayOut.to("ws://hub.example", environment={"HTTP_PROXY": f"http://127.0.0.1:{port}"})

        with pytest.raises(OutboundError, match=sentence):
            await way.connect()


async def test_a_proxy_that_is_not_there_is_told_by_its_variable() -> None:
    way = WayOut.to("wss://hub.example", environment={"HTTPS_PROXY": "http://127.0.0.1:9"})

    with pytest.raises(OutboundError, match=r"the proxy 127\.0\.0\.1:9 \(HTTPS_PROXY\).* connection refused"):
        await way.connect()


async def test_the_hubs_own_reason_is_handed_on() -> None:
    async with listening(saying(b"HTTP/1.1 409 No\r\nPlugfest-Reason: not now\r\n\r\n")) as port:
        way = WayOut.to(f"ws://127.0.0.1:{port}", environment={})

        with pytest.raises(OutboundError, match=r"^not now$") as caught:
            await way.upgrade("/-/tunnel/data")

    assert caught.value.status == 409


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (404, "is no hub, or one too old for tunnels"),
        (502, "is not there behind what answers"),
        (200, "a web page answers at wss://hub.example in the hub's place"),
        (302, "captive portal"),
        (407, r"a proxy in the way .* wants a login \(407\): HTTPS_PROXY can name it"),
        (101, "not as RFC 6455 asks for"),
        (403, "something in the way may not let WebSockets pass"),
    ],
)
def test_what_answers_in_a_hubs_place_is_told(status: int, sentence: str) -> None:
    way = WayOut.to("wss://hub.example", environment={})

    with pytest.raises(OutboundError, match=sentence) as caught:
        refused(way, status, None)

    assert caught.value.status is None


def test_a_hub_may_stand_behind_a_path() -> None:
    way = WayOut.to("wss://example.com/plugfest/", environment={})

    assert way.target("/-/tunnel/data") == "/plugfest/-/tunnel/data"
