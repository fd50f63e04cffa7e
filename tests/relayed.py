"""Sessions through a hub, and what it has recorded of them."""

from raw_peers import ACCEPT, Line, Peers, upgrade

from hub.recording.reading import Recording
from hub.server import Hub
from matrix.trace import Frame, Session


async def session_of(hub: Hub, peers: Peers, target: str = "/acme/CS1", *, answer: bytes = ACCEPT) -> tuple[Line, Line]:
    """Open a session; return the station's end and the CSMS's."""
    station = await peers.station(hub.port)
    await station.say(upgrade(target))
    upstream = await peers.accept(answer)
    assert await station.head() == answer
    return station, upstream


def recorded(hub: Hub) -> list[Session]:
    with Recording.open(hub.settings.recording) as recording:
        return recording.sessions()


def frames_of(hub: Hub) -> list[Frame]:
    with Recording.open(hub.settings.recording) as recording:
        return [item for item in recording.traffic() if isinstance(item, Frame)]
