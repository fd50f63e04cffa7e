"""In earnest, behind the kernel's NAT: it forgets one connection of a tunnel, and lets the others pass."""

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from lans import BehindNat, behind_nat, why_no_nat
from raw_peers import Line, masked, upgrade
from relayed import recorded
from tunnels import eventually, token_in, tunnelled_hub

from hub.server import Hub
from hub.tunnel.stream import Stream
from hub.tunnel.words import Timing
from matrix.trace import Ending

CSMS, AGENT = (str(Path(__file__).with_name(name)) for name in ("event_csms.py", "agent_process.py"))


@asynccontextmanager
async def remote_csms(hub: Hub, lan: BehindNat, token: str) -> AsyncIterator[None]:
    """Run a CSMS and its agent in a network."""
    async with AsyncExitStack() as stack:

        async def start(*command: str) -> asyncio.subprocess.Process:
            process = await asyncio.create_subprocess_exec(
                *lan.inside(sys.executable, *command), stdout=PIPE, env=os.environ | {"PLUGFEST_TOKEN": token}
            )
            stack.push_async_callback(process.wait)
            stack.callback(process.kill)
            return process

        csms = await start(CSMS)
        assert csms.stdout is not None
        port = (await csms.stdout.readline()).decode().strip()
        await start(AGENT, lan.hub_url(hub.port), "acme", f"ws://127.0.0.1:{port}")
        await eventually(lambda: hub.tunnels.agents)
        yield


def port_of(stream: Stream) -> int:
    """Return the router's port of an agent's connection."""
    port: int = stream._reader.transport.get_extra_info("peername")[1]
    return port


@pytest.mark.nightly
@pytest.mark.skipif(why_no_nat() is not None, reason=f"no NAT can be made: {why_no_nat()}")
@pytest.mark.parametrize("speaks", [True, False], ids=["with traffic", "idle"])
async def test_a_connection_that_a_nat_forgets_is_ended_within_20_s_and_no_other(tmp_path: Path, speaks: bool) -> None:
    token = token_in(tmp_path)
    with behind_nat() as lan:
        async with (
            tunnelled_hub(tmp_path, timing=Timing(), host="0.0.0.0") as hub,
            remote_csms(hub, lan, token),
        ):
            stations = [Line(*await asyncio.open_connection("127.0.0.1", hub.port)) for _ in range(2)]
            for number, station in enumerate(stations):
                await station.say(upgrade(f"/acme/CS{number}"))
                await station.head()
            (agent,) = hub.tunnels.agents.values()
            _, forgotten = agent.streams.values()

            lan.forget(port_of(forgotten))
            began = time.monotonic()
            if speaks:
                await stations[1].say(masked('[2,"a","Heartbeat",{}]'))
            last_words = await stations[1].hear(4)
            took_s = time.monotonic() - began
            await stations[0].say(masked('[2,"b","Heartbeat",{}]'))
            answer = await stations[0].hear(5)

            assert (took_s < 20, last_words[2:], answer[2:]) == (True, b"\x03\xe9", b"[3,")
            print(f"ended after {took_s:.1f} s")  # noqa: T201 - a figure
            assert [each.ending for each in recorded(hub)] == [None, Ending.HUB]
            assert str(recorded(hub)[1].fault).startswith("the tunnel csms:acme broke: ")
            for station in stations:
                station.reset()
