"""Sessions through tunnels: the same bytes, the same recording, and a tunnel that breaks is nobody's fault."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from raw_peers import ACCEPT, Peers, frame, masked, upgrade
from relayed import frames_of, recorded
from storms import AT_HOME, session_of
from tunnels import agent_for, eventually, token_in, tunnelled_hub

from hub.access.tokens import revoke
from hub.limits import Limits
from hub.server import Hub, HubSettings
from hub.tunnel.agent import AgentError
from hub.tunnel.agent_events import Connected, Disconnected, Finished
from hub.tunnel.words import CONTROL, VERSION, Bye, Hello, Why, encode, from_hub
from matrix.trace import Ending, Session, Side


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


# -- how sessions end -------------------------------------------------------------------------------------------------


async def test_a_csms_that_breaks_off_behind_a_tunnel_has_broken_off_itself(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub, agent_for(hub.port, token, csms=peers):
        station, upstream = await session_of(hub.port, peers)

        upstream.reset()

        with pytest.raises(ConnectionResetError):
            await station.rest()
        session = await ended(hub)
        assert (session.ending, session.closed_by, session.fault) == (Ending.RESET, Side.CSMS, None)


async def test_a_station_that_breaks_off_behind_a_tunnel_has_broken_off_itself(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with (
        tunnelled_hub(tmp_path) as hub,
        agent_for(hub.port, token, csms=peers, doors=AT_HOME) as running,
    ):
        station, upstream = await session_of(running.port, peers)

        station.reset()

        with pytest.raises(ConnectionResetError):
            await upstream.rest()
        session = await ended(hub)
        assert (session.ending, session.closed_by, session.fault) == (Ending.RESET, Side.STATION, None)


async def test_each_side_may_end_its_stream_and_listen_on_through_both_tunnels(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    last_word, answer = masked("last word"), frame("answer")
    async with (
        tunnelled_hub(tmp_path) as hub,
        agent_for(hub.port, token, csms=peers, doors=AT_HOME) as running,
    ):
        station, upstream = await session_of(running.port, peers)

        await station.say(last_word)
        station.end()
        heard = await upstream.rest()
        await upstream.say(answer)
        upstream.end()

        assert (heard, await station.rest()) == (last_word, answer)
        session = await ended(hub)
        assert (session.ending, session.closed_by, session.fault) == (Ending.DROPPED, Side.STATION, None)


async def test_closing_handshakes_cross_both_tunnels(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with (
        tunnelled_hub(tmp_path) as hub,
        agent_for(hub.port, token, csms=peers, doors=AT_HOME) as running,
    ):
        station, upstream = await session_of(running.port, peers)

        await station.say(masked(b"\x03\xe8", 8))
        await upstream.hear(8)
        await upstream.say(frame(b"\x03\xe8", 8))
        upstream.end()
        await station.rest()
        station.end()

        session = await ended(hub)
        assert (session.ending, session.station_close, session.csms_close) == (Ending.CLOSED, 1000, 1000)
        await running.log.until(lambda each: isinstance(each, Finished))


async def test_the_refusal_of_a_csms_crosses_with_its_body(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with (
        tunnelled_hub(tmp_path) as hub,
        agent_for(hub.port, token, csms=peers, doors=AT_HOME) as running,
    ):
        station = await peers.station(running.port)
        await station.say(upgrade())

        upstream = await peers.accept(b"HTTP/1.1 401 No\r\nContent-Length: 5\r\n\r\nwrong")
        answer = await station.rest()

        assert answer == b"HTTP/1.1 401 No\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwrong"
        assert await upstream.rest() == b""
        assert recorded(hub)[0].body == "wrong"


async def test_what_a_slow_csms_does_not_take_is_not_read_from_the_station(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with (
        tunnelled_hub(tmp_path) as hub,
        agent_for(hub.port, token, csms=peers, doors=AT_HOME) as running,
    ):
        station, upstream = await session_of(running.port, peers)
        upstream.stop_reading()
        chunk = masked(bytes(60_000), 2)

        sent = 0
        with suppress(TimeoutError):
            while sent < 1000:
                async with asyncio.timeout(0.5):
                    await station.say(chunk)
                sent += 1

        assert sent * len(chunk) < 40 << 20  # what the kernel holds for four connections on loopback
        peers.hang_up()


async def test_a_station_may_not_ask_for_the_hubs_own_pages_through_a_tunnel(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with (
        tunnelled_hub(tmp_path, csms=peers.url) as hub,
        agent_for(hub.port, token, doors=AT_HOME) as running,
    ):
        for target in ("/-/feed", "/-/tunnel/control", "/-/tunnel/data"):
            station = await peers.station(running.port)

            await station.say(upgrade(target))

            assert (await station.rest()).startswith(b"HTTP/1.1 404 ")


# -- who may --------------------------------------------------------------------------------------------------------


async def test_a_wrong_token_is_told_so_and_does_not_come_again(tmp_path: Path) -> None:
    token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub:
        with pytest.raises(AgentError, match="the hub does not know this token: it is mistyped, or was revoked"):
            async with agent_for(hub.port, "plugfest_wrong", csms="ws://127.0.0.1:9/"):
                pass


async def test_a_token_is_good_from_the_moment_it_was_made(tmp_path: Path) -> None:
    token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub:
        other = token_in(tmp_path, "other")

        async with agent_for(hub.port, other, csms="ws://127.0.0.1:9/") as running:
            assert await running.log.has(Connected)


async def test_a_token_that_is_not_for_a_name_is_told_which_it_is_for(tmp_path: Path) -> None:
    token = token_in(tmp_path, csmses=("volta",))
    async with tunnelled_hub(tmp_path) as hub:
        with pytest.raises(AgentError, match="the token 'acme-agent' is not for the CSMS 'acme'; it is for 'volta'"):
            async with agent_for(hub.port, token, csms="ws://127.0.0.1:9/"):
                pass


async def test_a_newer_agent_of_the_same_token_takes_over_at_once(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub, agent_for(hub.port, token, csms=peers) as older:
        station, _ = await session_of(hub.port, peers)

        async with agent_for(hub.port, token, csms=peers):
            with pytest.raises(AgentError, match="a newer agent with the same token has taken over"):
                await older.task
            assert (await station.rest())[2:4] == b"\x03\xe9"
            session = await ended(hub)
            await session_of(hub.port, peers)

            assert session.ending is Ending.HUB
            assert str(session.fault).startswith("the tunnel csms:acme broke: a newer agent")
            peers.hang_up()


async def test_another_token_cannot_take_a_name(peers: Peers, tmp_path: Path) -> None:
    token, other = token_in(tmp_path), token_in(tmp_path, "other")
    async with (
        tunnelled_hub(tmp_path) as hub,
        agent_for(hub.port, token, csms=peers),
        agent_for(hub.port, other, csms="ws://127.0.0.1:9/", waits=False) as intruder,
    ):
        told = await intruder.log.has(Disconnected)
        await session_of(hub.port, peers)

        assert told.reason == "the name 'acme' is taken: an agent with another token has it"
        peers.hang_up()


async def test_a_revoked_token_disconnects_its_agent_and_ends_its_sessions(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub, agent_for(hub.port, token, csms=peers) as running:
        station, _ = await session_of(hub.port, peers)

        revoke(tmp_path / "tokens.toml", "acme-agent")

        with pytest.raises(AgentError, match="the token 'acme-agent' was revoked"):
            await running.task
        assert (await station.rest())[2:4] == b"\x03\xe9"
        session = await ended(hub)
        assert session.fault == "the tunnel csms:acme broke: the token 'acme-agent' was revoked"


async def test_too_many_wrong_tokens_from_an_address_are_not_looked_at(tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub:
        for _ in range(10):
            hub.tunnels.failures.note("127.0.0.1", now=time.monotonic())

        async with agent_for(hub.port, token, csms="ws://127.0.0.1:9/", waits=False) as running:
            told = await running.log.has(Disconnected)

            assert told.reason == "too many wrong tokens came from 127.0.0.1: try again in a while"


async def test_a_token_connects_so_many_agents_and_no_more(tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with (
        tunnelled_hub(tmp_path, limits=Limits(tunnels_per_token=1)) as hub,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http,
    ):
        url = f"http://127.0.0.1:{hub.port}{CONTROL}"
        async with http.ws_connect(url), http.get(url) as refused:
            assert (refused.status, refused.headers["Plugfest-Reason"]) == (
                429, "1 agents are connected with the token 'acme-agent' already (limit tunnels_per_token)"
            )  # fmt: skip

        await eventually(lambda: not hub._tunnel_doors._controls.total())
        async with http.ws_connect(url) as again:
            assert not again.closed


async def test_stations_that_say_nothing_are_so_many_an_agent_and_no_more(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with (
        tunnelled_hub(tmp_path, csms=peers.url, limits=Limits(tunnel_waiting=2)) as hub,
        agent_for(hub.port, token, doors=AT_HOME) as running,
    ):
        await session_of(running.port, peers)
        silent = [await peers.station(running.port) for _ in range(2)]
        (agent,) = hub.tunnels.agents.values()
        await eventually(lambda: len(agent.streams) == 3)
        refused = await (await peers.station(running.port)).rest()
        silent[0].reset()
        await eventually(lambda: len(agent.counts()) == 2)
        await session_of(running.port, peers)

        assert refused.startswith(b"HTTP/1.1 502 ")
        assert b"2 stations of this agent are connecting already (limit tunnel_waiting)" in refused


async def test_a_ticket_is_good_once_and_nobody_guesses_one(peers: Peers, tmp_path: Path) -> None:
    token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub:
        guesser = await peers.station(hub.port)

        await guesser.say(
            b"GET /-/tunnel/data HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\n"
            b"Upgrade: plugfest-tunnel\r\nPlugfest-Ticket: guessed\r\n\r\n"
        )

        assert (await guesser.rest()).startswith(b"HTTP/1.1 410 ")


async def test_a_hub_without_a_token_file_says_that_it_takes_no_tunnels(peers: Peers, tmp_path: Path) -> None:
    settings = HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0)
    async with (
        Hub(settings) as hub,
        agent_for(hub.port, "plugfest_any", csms=peers, waits=False) as running,
    ):
        told = await running.log.has(Disconnected)

        assert told.reason == "this hub takes no tunnels: `plugfest serve --tokens FILE` makes it take them"


async def test_garbage_on_the_control_connection_is_told_and_ends_it(tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub, aiohttp.ClientSession() as http:
        fields = {"Authorization": f"Bearer {token}"}
        async with http.ws_connect(f"http://127.0.0.1:{hub.port}{CONTROL}", headers=fields) as socket:
            await socket.send_bytes(b"\xc1garbage")

            bye = from_hub((await socket.receive()).data)

            assert isinstance(bye, Bye)
            assert bye.why is Why.GARBLED


async def test_an_agent_of_another_version_is_told_which_side_to_update(tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as hub, aiohttp.ClientSession() as http:
        fields = {"Authorization": f"Bearer {token}"}
        async with http.ws_connect(f"http://127.0.0.1:{hub.port}{CONTROL}", headers=fields) as socket:
            await socket.send_bytes(encode(Hello(version=VERSION + 1, software="9", instance="x")))

            bye = from_hub((await socket.receive()).data)

            assert bye == Bye(Why.VERSION, "the hub speaks version 1 of tunnels, the agent 2: update the hub")
