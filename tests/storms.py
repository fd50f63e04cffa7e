"""Sessions through a tunnel whose way to the hub has weather, and what the recording says of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from raw_peers import ACCEPT, Line, Peers, frame, masked, upgrade
from tunnels import QUICK, Running, Weather, agent_for, token_in, tunnelled_hub, weather

from hub.doors import Door
from hub.recording.reading import Recording
from hub.server import Hub
from hub.tunnel.words import Timing
from matrix.judge import Judge
from matrix.outcome import Outcome

AT_HOME: Final = (Door("127.0.0.1", 0),)


async def session_of(port: int, peers: Peers, target: str = "/acme/CS1") -> tuple[Line, Line]:
    """Open a session at a hub's or an agent's port; return the station's end and the CSMS's."""
    station = await peers.station(port)
    await station.say(upgrade(target))
    asking, answered = asyncio.ensure_future(_asked(peers)), asyncio.ensure_future(station.head())
    await asyncio.wait({asking, answered}, return_when=asyncio.FIRST_COMPLETED)
    if not asking.done():
        asking.cancel()
        raise AssertionError(f"the station was refused before its CSMS was asked: {answered.result()!r}")
    assert await answered == ACCEPT
    return station, asking.result()


async def _asked(peers: Peers) -> Line:
    """Accept the next request: an agent whose way to the hub breaks just then hangs up, and dials again."""
    while True:
        with suppress(asyncio.IncompleteReadError):
            return await peers.accept()


async def crosses(station: Line, upstream: Line) -> bool:
    """Send something each way, and say whether it came."""
    word, answer = masked("word"), frame("answer")
    await station.say(word)
    await upstream.say(answer)
    return (await upstream.hear(len(word)), await station.hear(len(answer))) == (word, answer)


@asynccontextmanager
async def stormy(folder: Path, peers: Peers, timing: Timing = QUICK) -> AsyncIterator[tuple[Hub, Weather, Running]]:
    """Run a hub, an agent for both sides, and weather between them."""
    token = token_in(folder)
    async with (
        tunnelled_hub(folder, timing=timing) as hub,
        weather(hub.port) as way,
        agent_for(way.port, token, csms=peers, doors=AT_HOME, timing=timing) as running,
    ):
        yield hub, way, running
        peers.hang_up()


def outcome_of(hub: Hub, action: str) -> Outcome:
    """Return what a message came to between the only station and the only CSMS."""
    judge = Judge()
    with Recording.open(hub.settings.recording) as recording:
        for item in recording.all_traffic():
            judge.feed(item)
    return next(row.outcome for pair in judge.board.view().pairs for row in pair.rows if row.action == action)
