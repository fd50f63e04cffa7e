"""A hub whose sessions can be disturbed, and what is said of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Final

from raw_peers import ACCEPT, Line, Peers, upgrade

from hub.disturbing.disturber import Disturber, Started
from hub.disturbing.fault_language import read_fault
from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from matrix.trace import Disturbed, Frame, Session, Traffic

CALL: Final = '[2,"1","Heartbeat",{}]'
BOOT: Final = '[2,"2","BootNotification",{}]'
ANSWER: Final = '[3,"1",{"currentTime":"2026-11-01T10:00:00Z"}]'
BOOTED: Final = '[3,"2",{"status":"Accepted"}]'
AGREED: Final = ACCEPT.removesuffix(b"\r\n") + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"


@asynccontextmanager
async def disturbable_hub(peers: Peers, folder: Path) -> AsyncIterator[Hub]:
    """Run a hub between these peers, whose jitter is the same each time."""
    settings = HubSettings(recording=folder / "event.db", csmses={"acme": peers.url}, port=0)
    async with Hub(settings, disturber=Disturber(random=Random(1))) as hub:
        yield hub
        peers.hang_up()


def disturb(hub: Hub, text: str, target: str = "1") -> Started:
    assert hub.disturber is not None
    return hub.disturber.disturb(target, read_fault(text))


def stop(hub: Hub, started: Started) -> None:
    assert hub.disturber is not None
    assert started.number is not None
    hub.disturber.stop(started.number)


async def session_of(hub: Hub, peers: Peers, *, answer: bytes = ACCEPT, target: str = "/acme/CS1") -> tuple[Line, Line]:
    station = await peers.station(hub.port)
    await station.say(upgrade(target))
    upstream = await peers.accept(answer)
    await station.head()
    return station, upstream


def traffic_of(hub: Hub) -> list[Traffic]:
    with Recording.open(hub.settings.recording) as recording:
        return recording.traffic()


def steps_of(hub: Hub) -> list[Disturbed]:
    return [item for item in traffic_of(hub) if isinstance(item, Disturbed)]


def payloads_of(hub: Hub) -> list[str | bytes]:
    return [item.payload for item in traffic_of(hub) if isinstance(item, Frame)]


async def ended(hub: Hub) -> Session:
    await hub.relay.is_idle.wait()
    with Recording.open(hub.settings.recording) as recording:
        return recording.sessions()[0]


async def committed(hub: Hub) -> None:
    """Wait until what the hub was asked for is done."""
    await hub.recorder.committed()


async def until(reached: Callable[[], bool]) -> None:
    """Wait until something is so; the test's own time limit ends it where it never is."""
    while not reached():  # noqa: ASYNC110 - the hub tells nobody
        await asyncio.sleep(0)


async def crosses(sender: Line, receiver: Line, sent: bytes) -> None:
    await sender.say(sent)
    assert await receiver.hear(len(sent)) == sent
