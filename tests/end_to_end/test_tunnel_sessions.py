"""Whole OCPP sessions of real peers through tunnels, by TLS and proxies too: recorded as they are at the far end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest
from peers.ocpp_package import charge, csms
from raw_peers import ACCEPT, Line, Peers, upgrade
from tls_contexts import tls_contexts
from tunnels import agent_for, token_in, tunnelled_hub
from yarl import URL

from hub.doors import Door
from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from hub.tls.contexts import UpstreamTls
from hub.tunnel.outbound import WayOut
from matrix.dialect import V16
from matrix.trace import Frame, Session, Side

PLAIN, SECURE = Door("127.0.0.1", 0), Door("127.0.0.1", 0, tls_contexts()[0])
TRUSTING = UpstreamTls(tls_contexts()[1])


def frames_of(hub: Hub, side: Side) -> list[tuple[object, ...]]:
    """Return what a side sent, all but when, and under which number."""
    with Recording.open(hub.settings.recording) as recording:
        frames = [item for item in recording.traffic() if isinstance(item, Frame) and item.side is side]
    return [(each.opcode, each.payload, each.fin, each.rsv, each.masked, each.size, each.unread) for each in frames]


def session_of(hub: Hub) -> Session:
    with Recording.open(hub.settings.recording) as recording:
        return recording.sessions()[0]


@pytest.mark.parametrize("ways", ["csms", "station", "both"])
async def test_a_whole_session_is_recorded_as_it_is_at_the_far_end(tmp_path: Path, ways: str) -> None:
    token = token_in(tmp_path)
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        url = await stack.enter_async_context(csms(V16))
        far = await stack.enter_async_context(
            Hub(HubSettings(recording=tmp_path / "far.db", csmses={"x": url}, port=0))
        )
        beyond = f"{far.url}/x"
        hub = await stack.enter_async_context(tunnelled_hub(tmp_path, csms=beyond if ways == "station" else "tunnel:"))
        agent = await stack.enter_async_context(
            agent_for(
                hub.port,
                token,
                csms=None if ways == "station" else beyond,
                doors=() if ways == "csms" else (PLAIN,),
            )
        )

        await charge(f"ws://127.0.0.1:{hub.port if ways == 'csms' else agent.port}/acme", V16)
        await hub.relay.is_idle.wait()
        await far.relay.is_idle.wait()

        said = frames_of(hub, Side.STATION)
        assert len(said) > 20
        assert said == frames_of(far, Side.STATION)
        assert frames_of(hub, Side.CSMS) == frames_of(far, Side.CSMS)
        expected = {"csms": "csms:acme", "station": "station:acme-agent", "both": "station:acme-agent, csms:acme"}
        assert (session_of(hub).tunnel, session_of(hub).fault) == (expected[ways], None)


async def test_a_session_crosses_where_every_connection_is_by_tls(tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with (
        csms(V16) as url,
        Hub(HubSettings(recording=tmp_path / "far.db", csmses={"x": url}, port=0, tls=SECURE.tls)) as far,
        tunnelled_hub(tmp_path, tls=SECURE.tls) as hub,
        agent_for(
            hub.port,
            token,
            csms=f"{far.url}/x",
            csms_tls=TRUSTING,
            doors=(SECURE,),
            way=WayOut(URL(hub.url), TRUSTING, None),
        ) as agent,
        asyncio.timeout(60),
    ):
        station = Line(*await asyncio.open_connection("127.0.0.1", agent.port, ssl=TRUSTING.context))

        await station.say(upgrade("/acme/CS1"))
        head = await station.head()

        assert head.startswith(b"HTTP/1.1 101 ")
        session = session_of(hub)
        assert session.upstream == f"{far.url}/x/CS1"
        assert str(session.tls).startswith("TLSv1.3 TLS_")
        station.writer.transport.abort()


@asynccontextmanager
async def proxy(asked: list[bytes]) -> AsyncIterator[int]:
    """Run an HTTP proxy that knows CONNECT and nothing else."""
    tasks: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head)
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        to, hub = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 x\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(copy(reader, hub))
                group.create_task(copy(to, writer))
        finally:
            hub.transport.abort()
            writer.transport.abort()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
            writer.write_eof()

    def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(carry(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(arrived, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_all_connections_of_an_agent_go_by_the_proxy(peers: Peers, tmp_path: Path) -> None:
    token, asked = token_in(tmp_path), list[bytes]()
    async with tunnelled_hub(tmp_path) as hub, proxy(asked) as port:
        way = WayOut.to(f"ws://127.0.0.1:{hub.port}", environment={"HTTP_PROXY": f"http://127.0.0.1:{port}"})
        async with agent_for(hub.port, token, csms=peers, doors=(PLAIN,), way=way) as agent:
            station = await peers.station(agent.port)

            await station.say(upgrade())
            await peers.accept()

            assert await station.head() == ACCEPT
            assert asked == [b"CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (hub.port, hub.port)] * 3
            peers.hang_up()
