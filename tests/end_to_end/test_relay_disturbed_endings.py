"""Sessions that are ended on purpose, and handshakes that are refused so."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from disturbed import ANSWER, crosses, disturb, disturbable_hub, ended, payloads_of, session_of, steps_of, stop
from raw_peers import Peers, frame, masked, upgrade

from hub.disturbing.disturber import DisturbError
from hub.recording.reading import Recording
from hub.server import Hub
from matrix.trace import Ending, Phase, Side


@pytest.fixture
async def hub(peers: Peers, tmp_path: Path) -> AsyncIterator[Hub]:
    async with disturbable_hub(peers, tmp_path) as hub:
        yield hub


# -- endings ----------------------------------------------------------------------------------------------------------


async def test_a_reset_breaks_both_connections_and_is_the_hubs_doing(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "reset")

    for line in (station, upstream):
        with pytest.raises(ConnectionResetError):
            await line.rest()
    session = await ended(hub)
    assert (session.ending, session.closed_by, session.fault) == (Ending.HUB, None, "disturbed on purpose: reset")


async def test_the_other_side_of_a_reset_sees_its_stream_end(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "reset csms")

    with pytest.raises(ConnectionResetError):
        await upstream.rest()
    assert await station.rest() == b""


async def test_a_close_code_reaches_both_sides_framed_as_from_the_other(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "close 1012")

    assert await station.rest() == frame(b"\x03\xf4", 8)
    told = await upstream.rest()
    assert told[:2] == b"\x88\x82"
    assert bytes(byte ^ key for byte, key in zip(told[6:], told[2:6], strict=False)) == b"\x03\xf4"
    for line in (station, upstream):
        line.end()
    session = await ended(hub)
    assert (session.ending, session.closed_by, session.station_close) == (Ending.HUB, None, None)


async def test_no_close_frame_is_put_into_the_middle_of_another_frame(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    await crosses(station, upstream, masked("half")[:5])

    with pytest.raises(DisturbError, match="the station is in the middle of a frame"):
        disturb(hub, "close 1012")


async def test_a_half_closed_side_hears_no_more_and_is_heard(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    started = disturb(hub, "half-close csms")

    assert await upstream.rest() == b""
    await station.say(masked("unheard"))
    await crosses(upstream, station, frame("heard"))
    with pytest.raises(DisturbError, match="cannot be undone"):
        stop(hub, started)
    upstream.end()
    assert await station.rest() == b""
    station.end()

    assert (await ended(hub)).ending is Ending.DROPPED
    assert "unheard" in payloads_of(hub)


async def test_an_answer_after_the_hub_has_taken_leave_is_not_waited_for_any_more(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "delay answer by 30s")
    (splice,) = hub.relay.splices

    splice.stop()
    assert hub.disturber is not None
    hub.disturber.stop_all()
    await upstream.say(frame(ANSWER), frame(b"\x03\xe9", 8))
    told = await upstream.rest()
    station.end()

    assert told[:1] == b"\x88"
    await ended(hub)
    assert [step.phase for step in steps_of(hub)] == [Phase.BEGUN]


@pytest.mark.parametrize("side", list(Side))
async def test_a_half_closed_session_can_be_ended_by_the_hub(hub: Hub, peers: Peers, side: Side) -> None:
    station, upstream = await session_of(hub, peers)
    deaf, hearing = (station, upstream) if side is Side.STATION else (upstream, station)
    disturb(hub, f"half-close {side}")
    assert await deaf.rest() == b""

    (splice,) = hub.relay.splices
    splice.stop()
    told = await hearing.hear(2)
    hearing.end()

    assert told[:1] == b"\x88"
    assert (await ended(hub)).ending is Ending.HUB


async def test_a_reset_ends_whatever_is_on(hub: Hub, peers: Peers) -> None:
    station, _ = await session_of(hub, peers)
    disturb(hub, "stall 60s")

    disturb(hub, "reset")

    with pytest.raises(ConnectionResetError):
        await station.rest()
    assert [step.text for step in steps_of(hub)] == ["stall 60s", "stall 60s", "reset", "reset"]


@pytest.mark.parametrize("text", ["reset", "close 1012"])
async def test_what_takes_no_time_is_recorded_as_over_and_not_listed_as_on(hub: Hub, peers: Peers, text: str) -> None:
    station, upstream = await session_of(hub, peers)

    started = disturb(hub, text)

    assert started.is_done
    assert hub.disturber is not None
    assert hub.disturber.list() == []
    for line in (station, upstream):
        line.end()
    await ended(hub)
    assert [(step.phase, step.number) for step in steps_of(hub)] == [
        (Phase.BEGUN, started.number), (Phase.ENDED, started.number)
    ]  # fmt: skip


# -- handshakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["CS1", "CS1/acme"])
async def test_the_next_handshake_is_refused_and_the_one_after_it_is_not(hub: Hub, peers: Peers, target: str) -> None:
    disturb(hub, "refuse 503", target)
    station = await peers.station(hub.port)

    await station.say(upgrade())
    answer = await station.rest()
    await session_of(hub, peers)

    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"this handshake is disturbed on purpose: refuse 503" in answer
    with Recording.open(hub.settings.recording) as recording:
        refused, opened = recording.sessions()
    assert (refused.ending, refused.closed_by, refused.status) == (Ending.REFUSED, None, 503)
    assert opened.status == 101
    assert [(step.session, step.text, step.phase) for step in steps_of(hub)] == [
        (1, "refuse 503", Phase.BEGUN), (1, "refuse 503", Phase.ENDED)
    ]  # fmt: skip


async def test_another_stations_handshake_is_not_refused(hub: Hub, peers: Peers) -> None:
    disturb(hub, "refuse 503", "CS2")

    await session_of(hub, peers)

    assert steps_of(hub) == []
