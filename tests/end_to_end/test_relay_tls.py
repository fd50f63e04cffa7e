"""TLS on either leg: TLS has no half-close, all else is as without."""

import ssl
from pathlib import Path

import pytest
import trustme
from raw_peers import ACCEPT, frame, masked, raw_peers, upgrade

from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from matrix.trace import Ending, Session, Side


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_side(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def client_side(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def recorded(path: Path) -> Session:
    with Recording.open(path) as recording:
        return recording.sessions()[0]


async def test_both_legs_may_be_tls(tmp_path: Path, server_side: ssl.SSLContext, client_side: ssl.SSLContext) -> None:
    path = tmp_path / "event.db"
    async with raw_peers(ssl=server_side) as peers:
        csmses = {"acme": peers.url.replace("ws:", "wss:")}
        settings = HubSettings(recording=path, csmses=csmses, port=0, tls=server_side, upstream_tls=client_side)
        async with Hub(settings) as hub:
            station = await peers.station(hub.port, ssl=client_side)
            await station.say(upgrade())
            upstream = await peers.accept()
            assert await station.head() == ACCEPT

            word = masked("x" * 300_000)
            await station.say(word)
            assert await upstream.hear(len(word)) == word
            await upstream.say(frame(b"\x03\xe8", 8))
            assert await station.hear(4) == frame(b"\x03\xe8", 8)
            upstream.writer.close()
            assert await station.rest() == b""
            await hub.relay.is_idle.wait()

    session = recorded(path)
    assert (session.ending, session.closed_by, session.csms_close) == (Ending.CLOSED, Side.CSMS, 1000)
    assert session.tls is not None
    assert session.tls.startswith("TLSv1.3 TLS_")


async def test_an_end_of_stream_towards_tls_closes_it(
    tmp_path: Path, server_side: ssl.SSLContext, client_side: ssl.SSLContext
) -> None:
    path = tmp_path / "event.db"
    async with raw_peers(ssl=server_side) as peers:
        csmses = {"acme": peers.url.replace("ws:", "wss:")}
        async with Hub(HubSettings(recording=path, csmses=csmses, port=0, upstream_tls=client_side)) as hub:
            station = await peers.station(hub.port)
            await station.say(upgrade())
            upstream = await peers.accept()
            await station.head()

            await station.say(masked("last"))
            station.end()
            assert len(await upstream.rest()) == len(masked("last"))
            await hub.relay.is_idle.wait()

    assert (recorded(path).ending, recorded(path).closed_by) == (Ending.DROPPED, Side.STATION)


async def test_a_csms_whose_certificate_does_not_hold_is_unreachable(
    tmp_path: Path, server_side: ssl.SSLContext
) -> None:
    path = tmp_path / "event.db"
    async with raw_peers(ssl=server_side) as peers:
        csmses = {"acme": peers.url.replace("ws:", "wss:")}
        async with Hub(HubSettings(recording=path, csmses=csmses, port=0)) as hub:
            station = await peers.station(hub.port)
            await station.say(upgrade())
            answer = await station.rest()

    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"its certificate does not hold: its CA is not known here: " in answer
    assert recorded(path).ending is Ending.UNREACHABLE
