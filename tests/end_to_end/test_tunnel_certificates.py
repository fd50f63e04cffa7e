"""Tunnels where TLS is everywhere, and where hub, CSMS or both ask for certificates."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from peers.ocpp_package import csms
from raw_peers import Line, masked
from tls_peers import client, told
from tunnels import agent_for, token_in, tunnelled_hub

from hub.doors import Door
from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from hub.tls.certs import Authority
from hub.tls.contexts import KeyPair, TlsPolicy, UpstreamTls, csms_context, station_context
from hub.tunnel.agent_events import Connected, Disconnected, NotCarried
from hub.tunnel.outbound import WayOut
from matrix.dialect import V16
from matrix.trace import Session

HOST = "127.0.0.1"
ASKS = f"GET /acme/CS1 HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + (
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


class Papers:
    """An authority, and what it has issued: to the servers, and to the agent."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority.at(folder, days=1)
        server, _ = self.authority.server_pair([HOST], days=1)
        agent = self.authority.station("acme-agent", days=1)
        self.server = KeyPair(server.certificate, server.key)
        self.agent = KeyPair(agent.certificate, agent.key)
        self.shown = (agent.certificate, agent.key)

    def asking(self, *, for_certificates: bool = True) -> Door:
        """Return a door that asks who comes for a certificate."""
        ca = self.authority.path if for_certificates else None
        return Door(HOST, 0, station_context([self.server], TlsPolicy(), client_ca=ca))

    def way(self, port: int, pair: KeyPair | None) -> WayOut:
        return WayOut.to(f"wss://{HOST}:{port}", ca=self.authority.path, pair=pair, connect_s=2.0, environment={})

    def csms(self, pair: KeyPair | None) -> UpstreamTls:
        return UpstreamTls(csms_context(TlsPolicy(), ca=self.authority.path, pair=pair))


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return Papers(tmp_path_factory.mktemp("papers"))


@asynccontextmanager
async def secure_csms(folder: Path, papers: Papers) -> AsyncIterator[str]:
    """Run a CSMS at wss:// that asks for certificates: a hub plays its front door. Yield its URL."""
    async with csms(V16) as url:
        settings = HubSettings(recording=folder / "far.db", csmses={"x": url}, port=0, tls=papers.asking().tls)
        async with Hub(settings) as far:
            yield f"{far.url}/x"


def session_of(hub: Hub) -> Session:
    with Recording.open(hub.settings.recording) as recording:
        return recording.sessions()[0]


async def test_certificates_are_shown_to_hub_and_csms_and_the_session_is_as_any_other(
    papers: Papers, tmp_path: Path
) -> None:
    token = token_in(tmp_path)
    async with (
        secure_csms(tmp_path, papers) as url,
        tunnelled_hub(tmp_path, tls=papers.asking().tls) as hub,
        agent_for(
            0, token, csms=url, csms_tls=papers.csms(papers.agent), doors=(papers.asking(),),
            way=papers.way(hub.port, papers.agent),
        ) as agent,
    ):  # fmt: skip
        trusting = client(papers.authority.path, papers.shown)
        station = Line(*await asyncio.open_connection(HOST, agent.port, ssl=trusting))
        await station.say(ASKS.encode(), masked('[2,"a","Heartbeat",{}]'))
        head, answer = await station.head(), await station.hear(9)
        station.writer.transport.abort()

        session = session_of(hub)
        assert head.startswith(b"HTTP/1.1 101 ")
        assert answer[2:] == b'[3,"a",'
        assert (session.status, session.upstream) == (101, f"{url}/CS1")
        assert session.tunnel == "station:acme-agent, csms:acme"
        assert "client certificate" in str(session.tls)
        assert "CN=acme-agent" in str(session.tls)


async def test_an_agent_without_a_certificate_is_told_that_the_hub_asks_for_one(papers: Papers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with (
        tunnelled_hub(tmp_path, tls=papers.asking().tls) as hub,
        agent_for(0, token, csms=f"ws://{HOST}:9/", way=papers.way(hub.port, None), waits=False) as agent,
    ):
        lost = await agent.log.has(Disconnected)

        assert lost.reason.endswith("it asks for a client certificate (--cert FILE gives one)")


async def test_a_csms_that_asks_for_a_certificate_is_told_to_station_and_agent(papers: Papers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    why = "it asks for a client certificate (--csms-cert FILE gives one)"
    async with (
        secure_csms(tmp_path, papers) as url,
        tunnelled_hub(tmp_path) as hub,
        agent_for(hub.port, token, csms=url, csms_tls=papers.csms(None)) as agent,
    ):
        heard = await told(hub.port, None, ASKS.encode())
        failed = await agent.log.has(NotCarried)

        assert heard.startswith("HTTP/1.1 502 ")
        assert heard.rstrip().endswith(why)
        assert failed.reason == f"{url} left without a word: {why}"


async def test_an_agent_that_comes_by_ws_to_a_port_for_wss_is_told(papers: Papers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with (
        tunnelled_hub(tmp_path, tls=papers.asking(for_certificates=False).tls) as hub,
        agent_for(hub.port, token, csms=f"ws://{HOST}:9/", waits=False) as agent,
    ):
        lost = await agent.log.has(Disconnected)

        assert lost.reason == "this port speaks TLS, and the request came without: connect to wss://, not ws://"
        assert not any(isinstance(each, Connected) for each in agent.log.told)
