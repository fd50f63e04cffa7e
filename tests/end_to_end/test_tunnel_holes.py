"""A single connection of a tunnel that goes silent, while the control connection and all others go on."""

import asyncio
import random
import time
from collections.abc import Sized
from pathlib import Path

import pytest
from raw_peers import Peers, frame, masked
from relayed import recorded
from storms import crosses, outcome_of, session_of, stormy
from tunnels import PATIENT, QUICK, eventually

from hub.server import Hub
from hub.tunnel.agent_events import Disconnected, NotCarried
from hub.tunnel.words import Timing
from matrix.outcome import Outcome
from matrix.trace import Ending

BEAT = '[2,"a","Heartbeat",{}]'


def streams_of(hub: Hub) -> int:
    (agent,) = hub.tunnels.agents.values()
    return len(agent.counts())


@pytest.mark.parametrize("speaker", ["station", "csms"])
async def test_a_silent_connection_is_noticed_whoever_speaks_and_the_others_go_on(
    peers: Peers, tmp_path: Path, speaker: str
) -> None:
    async with stormy(tmp_path, peers) as (hub, way, running):
        sound = await session_of(hub.port, peers, "/acme/CS1")
        station, upstream = await session_of(hub.port, peers, "/acme/CS2")

        way.swallow_newest()
        await (station.say(masked(BEAT)) if speaker == "station" else upstream.say(frame(BEAT)))
        last_words = await station.hear(4)
        with pytest.raises(ConnectionError):
            await upstream.rest()

        assert await crosses(*sound)
        assert last_words[2:] == b"\x03\xe9"
        giver = "the hub" if speaker == "station" else "the agent"
        why = f"nothing of what {giver} sends through this connection arrives, while other connections do well"
        broken = recorded(hub)[1]
        assert (broken.ending, broken.closed_by) == (Ending.HUB, None)
        assert broken.fault == f"the tunnel csms:acme broke: {why}"
        assert not any(isinstance(each, Disconnected) for each in running.log.told)
        await running.log.has(NotCarried)
        await eventually(lambda: (streams_of(hub), len(running.agent.streams.carried)) == (1, 1))


async def test_what_was_open_on_a_silent_connection_is_inconclusive(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers) as (hub, way, running):
        station, _ = await session_of(running.port, peers)

        way.swallow_newest()
        await station.say(masked(BEAT))
        await station.hear(4)

        assert outcome_of(hub, "Heartbeat") is Outcome.INCONCLUSIVE


async def test_an_end_that_the_other_one_never_heard_of_is_found_out(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers) as (hub, way, running):
        station, upstream = await session_of(hub.port, peers)

        way.swallow_newest()
        station.reset()
        with pytest.raises(ConnectionError):
            await upstream.rest()

        await eventually(lambda: (streams_of(hub), len(running.agent.streams.carried)) == (0, 0))


async def test_a_peer_that_reads_nothing_is_not_taken_for_a_silent_connection(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers) as (hub, _, running):
        station, upstream = await session_of(running.port, peers)
        chunk, most = masked(bytes(60_000), 2), 1000
        sent: list[bytes] = []

        async def flood() -> None:
            while len(sent) < most:
                await station.say(chunk)
                sent.append(chunk)

        upstream.stop_reading()
        flooding = asyncio.create_task(flood())
        await eventually_still(sent, for_s=10 * QUICK.keepalive_s)
        upstream.go_on_reading()
        expected = chunk * len(sent)

        assert len(sent) < most
        assert await upstream.hear(len(expected)) == expected
        assert recorded(hub)[0].ending is None
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)


async def eventually_still(growing: Sized, *, for_s: float) -> None:
    """Return once something has not grown for so long."""
    size = -1
    while len(growing) != size:
        size = len(growing)
        await asyncio.sleep(for_s)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("times", [10, pytest.param(200, marks=pytest.mark.nightly)])
async def test_silent_connections_leave_nothing_behind(peers: Peers, tmp_path: Path, times: int) -> None:
    took: list[float] = []
    async with stormy(tmp_path, peers, QUICK if times < 200 else PATIENT) as (hub, way, running):
        sound = await session_of(running.port, peers, "/acme/CS0")
        for _ in range(times):
            station, upstream = await session_of(random.choice([hub.port, running.port]), peers)
            await crosses(station, upstream)
            await asyncio.sleep(random.uniform(0, 0.03))

            way.swallow_newest()
            began = time.monotonic()
            await station.say(masked(BEAT))
            with pytest.raises(ConnectionError):
                await upstream.rest()
            took.append(time.monotonic() - began)
            station.reset()

        await eventually(lambda: (streams_of(hub), len(running.agent.streams.carried)) == (2, 2))
        assert await crosses(*sound)
        broken = [each for each in recorded(hub) if each.identity == "CS1"]
        assert {str(each.fault).partition(" broke: ")[0] for each in broken} == {"the tunnel csms:acme"}
        assert len(broken) == times
        print(f"ended after {sorted(took)[times // 2]:.3f} s, {max(took):.3f} s at most")  # noqa: T201 - a figure


@pytest.mark.nightly
async def test_in_earnest_a_silent_connection_is_ended_within_20_s(peers: Peers, tmp_path: Path) -> None:
    async with stormy(tmp_path, peers, Timing()) as (_, way, running):
        station, upstream = await session_of(running.port, peers)

        way.swallow_newest()
        began = time.monotonic()
        await station.say(masked(BEAT))
        await station.hear(4)
        with pytest.raises(ConnectionError):
            await upstream.rest()

        assert time.monotonic() - began < 20
