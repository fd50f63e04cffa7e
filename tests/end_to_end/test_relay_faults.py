"""Faults of the hub's own in an open session: it ends, both sides learn of it, and neither is charged with it."""

from legs import FaultyTap
from raw_peers import Line, Peers, frame, masked, upgrade
from storms import outcome_of

from hub.recording.reading import Recording
from hub.relaying.farewell import GOING_AWAY, close_frame
from hub.relaying.splice import Splice
from hub.server import Hub
from matrix.outcome import Outcome
from matrix.trace import Ending, Session, Side

HEARTBEAT = '[2,"1","Heartbeat",{}]'
CALL = '[2,"c","GetLocalListVersion",{}]'
TOLD = close_frame(GOING_AWAY, "the hub failed", masked=False)


async def session(hub: Hub, peers: Peers) -> tuple[Line, Line, Splice]:
    station = await peers.station(hub.port)
    await station.say(upgrade())
    upstream = await peers.accept()
    await station.head()
    (splice,) = hub.relay.splices
    return station, upstream, splice


async def recorded(hub: Hub) -> Session:
    await hub.recorder.committed()
    with Recording.open(hub.settings.recording) as recording:
        return recording.session(1)


async def test_session_whose_bytes_cannot_be_handed_on_is_over_and_nobody_is_charged_with_it(
    hub: Hub, peers: Peers
) -> None:
    station, upstream, splice = await session(hub, peers)
    splice.csms.transport.write_eof()  # so that the next write to it raises

    await station.say(masked(HEARTBEAT))

    assert await station.hear(len(TOLD)) == TOLD
    assert await upstream.rest() == b""
    ended = await recorded(hub)
    assert (ended.ending, ended.closed_by, ended.fault) == (Ending.HUB, None, "the hub failed: RuntimeError")
    assert outcome_of(hub, "Heartbeat") is Outcome.INCONCLUSIVE


async def test_session_whose_bytes_cannot_be_read_is_over_and_nobody_is_charged_with_it(hub: Hub, peers: Peers) -> None:
    station, upstream, splice = await session(hub, peers)
    await upstream.say(frame(CALL))
    await station.hear(len(frame(CALL)))

    splice.station.tap = FaultyTap(Side.STATION)
    await station.say(masked(b"\x00", 9))

    assert await upstream.rest() == b""
    ended = await recorded(hub)
    assert (ended.ending, ended.closed_by, ended.fault) == (Ending.HUB, None, "the hub failed: KeyError")
    assert outcome_of(hub, "GetLocalListVersion") is Outcome.INCONCLUSIVE
