"""Tunnels that break: noticed in time, back in time, nobody's session stuck, and nobody but the path to blame."""

import asyncio
import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from raw_peers import ACCEPT, Line, Peers, frame, masked, upgrade
from relayed import recorded
from storms import crosses, outcome_of, session_of, stormy
from tunnels import PATIENT, QUICK, agent_for, eventually, token_in, tunnelled_hub

from hub.tunnel.agent_events import Connected, Disconnected
from hub.tunnel.words import Timing
from matrix.outcome import Outcome
from matrix.trace import Ending

AGENT = Path(__file__).with_name("agent_process.py")
NOTICED_S, BACK_S = QUICK.deadline_s + 0.5, QUICK.deadline_s + 1.5
"""Within what a black hole is to be noticed, and the tunnel back: forty times as fast as in earnest, and some slack."""


async def test_a_reset_is_back_at_once_and_its_sessions_are_inconclusive(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers) as (hub, way, running):
        station, _ = await session_of(hub.port, peers)
        await station.say(masked('[2,"a","Heartbeat",{}]'))
        heard = len(running.log.told)

        way.reset()
        began = time.monotonic()
        await station.rest()
        await running.log.has(Connected, after=heard)
        await crosses(*await session_of(hub.port, peers))

        assert time.monotonic() - began < 3
        broken = recorded(hub)[0]
        assert (broken.ending, broken.closed_by) == (Ending.HUB, None)
        assert broken.fault == "the tunnel csms:acme broke: a connection ended without a word of its agent"
        assert outcome_of(hub, "Heartbeat") is Outcome.INCONCLUSIVE


async def test_a_black_hole_is_noticed_and_the_tunnel_is_back(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers) as (hub, way, running):
        station, upstream = await session_of(running.port, peers)
        heard = len(running.log.told)

        way.swallow()
        began = time.monotonic()
        lost = await running.log.has(Disconnected, after=heard)
        noticed_s = time.monotonic() - began
        with pytest.raises(ConnectionError):
            await upstream.rest()
        with pytest.raises(ConnectionError):
            await station.rest()
        await running.log.has(Connected, after=heard)
        await crosses(*await session_of(running.port, peers))

        assert "nothing was heard for" in lost.reason
        assert noticed_s < NOTICED_S
        assert time.monotonic() - began < BACK_S
        assert str(recorded(hub)[0].fault).startswith("the tunnel ")
        assert recorded(hub)[0].ending is Ending.HUB


async def test_the_hub_ends_the_sessions_of_a_black_hole_by_itself(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers) as (hub, way, _):
        station, _ = await session_of(hub.port, peers)

        way.hold_new(is_on=True)
        way.swallow()
        began = time.monotonic()
        last_words = await station.rest()

        assert time.monotonic() - began < NOTICED_S + 2
        assert last_words[2:4] == b"\x03\xe9"
        fault = recorded(hub)[0].fault
        assert str(fault).startswith("the tunnel csms:acme broke: nothing was heard for")


async def test_sessions_go_on_while_the_control_connection_alone_comes_back(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers) as (hub, _, running):
        station, upstream = await session_of(running.port, peers)
        heard = len(running.log.told)
        (agent,) = hub.tunnels.agents.values()

        assert running.agent._socket_transport is not None
        running.agent._socket_transport.abort()
        await running.log.has(Connected, after=heard)

        assert await crosses(station, upstream)
        assert (*hub.tunnels.agents.values(),) == (agent,)
        assert len(agent.streams) == 2


async def test_a_station_that_comes_while_the_agent_is_on_its_way_back_waits_a_little(
    peers: Peers, tmp_path: Path
) -> None:
    async with stormy(tmp_path, peers) as (hub, way, running):
        way.reset()
        await running.log.has(Disconnected)

        station, upstream = await session_of(hub.port, peers)

        assert await crosses(station, upstream)


async def test_an_agent_that_is_not_back_in_time_has_lost_its_sessions(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers) as (hub, way, running):
        await session_of(hub.port, peers)

        way.hold_new(is_on=True)
        way.reset()
        await running.log.has(Disconnected)
        await hub.relay.is_idle.wait()
        await eventually(lambda: not hub.tunnels.agents)
        station = await peers.station(hub.port)
        await station.say(upgrade())

        assert b"nobody is connected as 'acme'" in await station.rest()


async def test_stations_are_told_that_the_tunnel_is_down(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers) as (_, way, running):
        way.hold_new(is_on=True)
        way.reset()
        await running.log.has(Disconnected)
        station = await peers.station(running.port)

        await station.say(upgrade())
        answer = await station.rest()

        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"the tunnel to the hub is down: the connection to the hub at" in answer


async def test_an_agent_that_finds_no_hub_can_be_stopped(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers) as (_, way, running):
        way.hold_new(is_on=True)
        way.swallow()
        await running.log.has(Disconnected)

        running.task.cancel()
        done, _ = await asyncio.wait({running.task}, timeout=30)

        assert done


async def test_a_killed_agent_is_nobodys_fault_and_its_successor_takes_over(peers: Peers, tmp_path: Path) -> None:
    environment = os.environ | {"PLUGFEST_TOKEN": token_in(tmp_path)}
    async with tunnelled_hub(tmp_path) as hub:
        command = (sys.executable, str(AGENT), f"ws://127.0.0.1:{hub.port}", "acme", peers.url)
        first = await asyncio.create_subprocess_exec(*command, env=environment)
        await eventually(lambda: hub.tunnels.agents)
        (killed,) = hub.tunnels.agents
        station, upstream = await session_of(hub.port, peers)

        first.kill()
        await first.wait()
        last_words = await station.rest()
        with pytest.raises(ConnectionError):
            await peer_gone(upstream)
        second = await asyncio.create_subprocess_exec(*command, env=environment)
        await eventually(lambda: hub.tunnels.agents and killed not in hub.tunnels.agents)
        answer = await answer_of(hub.port, peers)

        assert str(recorded(hub)[0].fault).startswith("the tunnel csms:acme broke: a connection ended without a word")
        assert (recorded(hub)[0].ending, recorded(hub)[0].closed_by) == (Ending.HUB, None)
        assert last_words[2:4] == b"\x03\xe9"
        assert answer == ACCEPT
        second.kill()
        await second.wait()
        peers.hang_up()


async def peer_gone(line: Line) -> None:
    """Return at a connection's end.

    Raises:
        ConnectionError: whichever way that came.
    """
    await line.rest()
    raise ConnectionResetError


async def answer_of(port: int, peers: Peers) -> bytes:
    """Ask for an upgrade; the CSMS, where it is reached, agrees."""
    station = await peers.station(port)
    await station.say(upgrade())
    answering = asyncio.create_task(peers.accept())
    try:
        return await station.head()
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


async def test_a_hub_that_is_restarted_has_its_tunnels_back(peers: Peers, tmp_path: Path) -> None:
    token = token_in(tmp_path)
    async with tunnelled_hub(tmp_path) as first:
        port = first.port
        running_for = agent_for(port, token, csms=peers)
        running = await running_for.__aenter__()
        station, _ = await session_of(port, peers)
        heard = len(running.log.told)
    async with tunnelled_hub(tmp_path, port=port) as second:
        await running.log.has(Connected, after=heard)
        assert await crosses(*await session_of(port, peers))

        assert [each.ending for each in recorded(second)] == [Ending.HUB, None]
        assert (await station.rest())[2:4] == b"\x03\xe9"
        assert running.agent.streams.total == 2
        peers.hang_up()
        await running_for.__aexit__(None, None, None)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("times", [10, pytest.param(200, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("disaster", ["reset", "swallow"])
async def test_disasters_leave_nothing_behind(peers: Peers, tmp_path: Path, disaster: str, times: int) -> None:
    back: list[float] = []
    timing = QUICK if times < 200 else PATIENT
    async with stormy(tmp_path, peers, timing) as (hub, way, running):
        for _ in range(times):
            ways_in = [hub.port, running.port]
            lines = [await session_of(port, peers, f"/acme/CS{at}") for at, port in enumerate(ways_in)]
            await asyncio.gather(*(crosses(*line) for line in lines))
            await asyncio.sleep(random.uniform(0, 0.03))
            heard = len(running.log.told)

            getattr(way, disaster)()
            began = time.monotonic()
            await running.log.has(Connected, after=heard)
            back.append(time.monotonic() - began)
            for line in [each for pair in lines for each in pair]:
                with suppress(ConnectionError):
                    await line.reader.read(1)  # a close frame, the end of the stream, or a reset: it is told
                line.writer.transport.abort()

        async with asyncio.timeout(30):
            await hub.relay.is_idle.wait()
            await eventually(lambda: not running.agent.streams.carried)
        (agent,) = hub.tunnels.agents.values()
        agent.forget_what_is_over()
        assert agent.streams == {}
        assert all(session.closed_at for session in recorded(hub))
        assert {session.ending for session in recorded(hub)} == {Ending.HUB}
        print(f"{disaster}: back after {sorted(back)[times // 2]:.3f} s, {max(back):.3f} s at most")  # noqa: T201 - a figure
        assert max(back) < (3 if disaster == "reset" else timing.deadline_s + 1.5)


@pytest.mark.nightly
async def test_one_stalled_session_of_twenty_does_not_slow_the_others(peers: Peers, tmp_path: Path) -> None:
    took: list[float] = []
    async with stormy(tmp_path, peers, Timing()) as (_, _, running):
        lines = [await session_of(running.port, peers, f"/acme/CS{number}") for number in range(20)]
        (stalled, not_read), others = lines[0], lines[1:]
        not_read.stop_reading()
        flood = asyncio.create_task(stalled.say(frame(bytes(64 << 20), 2)))
        await asyncio.sleep(1)  # until all that lies between the two is full

        async def converse(station: Line, upstream: Line) -> None:
            for _ in range(100):
                began = time.monotonic()
                await crosses(station, upstream)
                took.append(time.monotonic() - began)
                await asyncio.sleep(random.uniform(0.05, 0.15))

        await asyncio.gather(*(converse(*line) for line in others))

        assert not flood.done()
        flood.cancel()
        p99 = sorted(took)[len(took) * 99 // 100]
        print(f"p99 of the others: {p99 * 1000:.1f} ms")  # noqa: T201 - a figure
        assert p99 < 0.05
