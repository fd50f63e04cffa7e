"""Sessions through tunnels: the same bytes, the same recording, and a tunnel that breaks is nobody's fault."""

from pathlib import Path

from raw_peers import ACCEPT, Line, Peers, frame, masked, upgrade
from tunnels import agent_for, token_in, tunnelled_hub

from hub.doors import Door
from hub.recording import Recording
from hub.server import Hub
from matrix.trace import Ending, Frame, Session, Side

AT_HOME = (Door("127.0.0.1", 0),)


def recorded(hub: Hub) -> list[Session]:
    with Recording.open(hub.settings.recording) as recording:
        return recording.sessions()


def frames_of(hub: Hub) -> list[Frame]:
    with Recording.open(hub.settings.recording) as recording:
        return [item for item in recording.traffic() if isinstance(item, Frame)]


async def session_of(port: int, peers: Peers) -> tuple[Line, Line]:
    """Open a session at a hub's or an agent's port; return the station's end and the CSMS's."""
    station = await peers.station(port)
    await station.say(upgrade())
    upstream = await peers.accept()
    assert await station.head() == ACCEPT
    return station, upstream


async def ended(hub: Hub) -> Session:
    await hub.relay.is_idle.wait()
    return recorded(hub)[-1]


async def test_the_csms_behind_a_tunnel_gets_the_stations_own_request(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub, agent_for(hub.port, token, csms=peers):
        station = await peers.station(hub.port)

        await station.say(upgrade("/acme/CS%20001?a=%2F", "X-Odd: 1 "), masked("early"))
        upstream = await peers.line()
        request = await upstream.head()
        await upstream.say(ACCEPT)

        assert request == upgrade("/ocpp/CS%20001?a=%2F", "X-Odd: 1 ", host=f"127.0.0.1:{peers.port}")
        assert await station.head() == ACCEPT
        assert len(await upstream.hear(len(masked("early")))) == len(masked("early"))
        (session,) = recorded(hub)
        assert (session.tunnel, session.upstream) == ("csms:acme", f"{peers.url}/CS%20001?a=%2F")
        peers.hang_up()


async def test_a_station_behind_a_tunnel_is_recorded_with_its_own_address(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path, "lab")
    async with (
        tunnelled_hub(tmp_path, csms=peers.url) as hub,
        agent_for(hub.port, token, doors=AT_HOME) as running,
    ):
        station, _ = await session_of(running.port, peers)

        (session,) = recorded(hub)

        host, port = station.writer.get_extra_info("sockname")
        assert (session.remote, session.tunnel, session.tls) == (f"{host}:{port}", "station:lab", None)
        peers.hang_up()


async def test_bytes_through_both_tunnels_are_recorded_as_they_are(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    odd = frame("unmasked") + masked(b"\xff\xfe") + masked("a", fin=False) + masked(b"", 9) + masked("b", 0)
    async with (
        tunnelled_hub(tmp_path) as hub,
        agent_for(hub.port, token, csms=peers, doors=AT_HOME) as running,
    ):
        station, upstream = await session_of(running.port, peers)

        await station.say(odd)
        await upstream.say(odd)

        assert await upstream.hear(len(odd)) == odd
        assert await station.hear(len(odd)) == odd
        for side in Side:
            said = [each.payload for each in frames_of(hub) if each.side is side]
            assert said == ["unmasked", b"\xff\xfe", "a", b"", "b"]
        assert recorded(hub)[0].tunnel == "station:acme-agent, csms:acme"
        peers.hang_up()


async def test_nobody_who_brings_a_csms_is_a_502_with_the_sentence(peers: Peers, tmp_path: Path) -> None:
    token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub:
        station = await peers.station(hub.port)

        await station.say(upgrade())
        answer = await station.rest()

        assert answer.startswith(b"HTTP/1.1 502 ")
        assert b"the CSMS 'acme' cannot be reached through its tunnel: nobody is connected as 'acme'" in answer
        assert recorded(hub)[0].ending is Ending.UNREACHABLE


async def test_a_csms_that_refuses_the_agent_is_a_502_with_its_address(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub, agent_for(hub.port, token, csms="ws://127.0.0.1:9/ocpp"):
        station = await peers.station(hub.port)

        await station.say(upgrade())

        assert b"nobody listens at ws://127.0.0.1:9/ocpp: connection refused" in await station.rest()
