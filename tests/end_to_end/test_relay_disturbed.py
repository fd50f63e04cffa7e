"""Sessions that are disturbed on purpose by time, and what cannot be done to them."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from disturbed import (
    ANSWER,
    CALL,
    committed,
    crosses,
    disturb,
    disturbable_hub,
    ended,
    payloads_of,
    session_of,
    steps_of,
    stop,
    until,
)
from raw_peers import Peers, frame, masked

from hub.disturbing.disturber import Disturber, DisturbError
from hub.relaying.leg import Hold
from hub.server import Hub, HubSettings
from matrix.trace import Ending, Phase, Side


@pytest.fixture
async def hub(peers: Peers, tmp_path: Path) -> AsyncIterator[Hub]:
    async with disturbable_hub(peers, tmp_path) as hub:
        yield hub


# -- later and slower -------------------------------------------------------------------------------------------------


async def test_latency_delays_both_ways_in_order_and_records_at_once(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "latency 200ms jitter 150ms")
    sent = [masked(str(number) * 9) for number in range(20)]

    began = time.monotonic()
    for each in sent:
        await station.say(each)
    await upstream.hear(1)
    took = time.monotonic() - began

    assert took > 0.045
    assert len(payloads_of(hub)) == 20
    assert await upstream.hear(len(b"".join(sent)) - 1) == b"".join(sent)[1:]


async def test_a_disturbance_from_one_side_leaves_the_other_alone(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "stall 60s from csms")

    await upstream.say(frame("late"))
    await crosses(station, upstream, masked("at once"))

    assert "late" in payloads_of(hub)


async def test_what_is_on_its_way_when_a_stall_ends_arrives_whole_and_in_order(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    sent = [masked(f"message {number}") for number in range(300)]
    whole = b"".join(sent)

    started = disturb(hub, "stall 60s")
    for number, each in enumerate(sent):
        await station.say(each)
        if number == 150:
            stop(hub, started)

    assert await upstream.hear(len(whole)) == whole
    assert [step.phase for step in steps_of(hub)] == [Phase.BEGUN, Phase.ENDED]


async def test_a_stall_ends_by_itself(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "stall 50ms")

    await crosses(station, upstream, masked("after all"))

    assert [step.phase for step in steps_of(hub)] == [Phase.BEGUN, Phase.ENDED]
    assert hub.disturber is not None
    assert hub.disturber.list() == []


async def test_a_narrow_path_lets_so_many_bytes_a_second_through(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "bandwidth 10kB/s from station")
    sent = masked("x" * 3_000)

    began = time.monotonic()
    await crosses(station, upstream, sent)
    took = time.monotonic() - began

    assert 0.2 < took < 3


async def test_a_stall_stops_reading_before_it_fills_the_memory(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    started = disturb(hub, "stall 60s")
    sent = masked("x" * (8 << 20))
    (splice,) = hub.relay.splices

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(station.say(sent))
        await until(lambda: bool(splice.station._holds & Hold.DISTURBANCE))
        held = splice.station._hand_on.__self__._held  # type: ignore[attr-defined]  # the gate
        stop(hub, started)
        arrived = await upstream.hear(len(sent))

    assert held < 2 << 20
    assert arrived == sent


async def test_the_end_of_a_stream_waits_for_what_was_sent_before_it(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "latency 50ms")

    await station.say(masked("last words"))
    station.end()
    heard = await upstream.rest()
    upstream.end()

    assert len(heard) == len(masked("last words"))
    assert (await ended(hub)).ending is Ending.DROPPED


async def test_an_undisturbed_session_is_handed_on_as_before(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    (splice,) = hub.relay.splices
    before = splice.station._hand_on, splice.station.tap

    stop(hub, disturb(hub, "latency 1s"))
    stop(hub, disturb(hub, "drop answer 1"))

    assert (splice.station._hand_on, splice.station.tap) == before
    await crosses(station, upstream, masked(CALL))


async def test_a_hub_that_ends_a_delayed_session_does_so_after_what_was_delayed(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    (splice,) = hub.relay.splices
    disturb(hub, "latency 200ms")
    await upstream.say(frame(ANSWER))
    await until(lambda: ANSWER in payloads_of(hub))

    splice.end_by_hub("replaced", "replaced")

    heard = await station.hear(len(frame(ANSWER)) + 4)
    assert heard[:-4] == frame(ANSWER)
    assert heard[-4:] == bytes((0x88, 2 + len("replaced"))) + (1001).to_bytes(2, "big")


# -- what cannot be done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "text", "complaint"),
    [
        ("9", "stall 1s", "there is no open session '9'"),
        ("nobody", "stall 1s", "there is no open session 'nobody'"),
        ("CS1", "stall 1s", "'CS1' has several open sessions: name one of 1, 2"),
        ("1", "refuse 503", "waits for a station: name it, IDENTITY or IDENTITY/CSMS"),
        ("", "refuse 503", "waits for a station: name it"),
    ],
)
async def test_what_cannot_be_disturbed_is_said(hub: Hub, peers: Peers, target: str, text: str, complaint: str) -> None:
    await session_of(hub, peers)
    await session_of(hub, peers)

    with pytest.raises(DisturbError, match=complaint):
        disturb(hub, text, target)


async def test_one_session_is_disturbed_in_one_way_at_a_time(hub: Hub, peers: Peers) -> None:
    await session_of(hub, peers)
    disturb(hub, "stall 60s")

    with pytest.raises(DisturbError, match=r"'stall 60s' is on, number 2; stop that first"):
        disturb(hub, "latency 1s")


async def test_what_is_on_is_listed_and_a_hub_that_stops_ends_it(peers: Peers, tmp_path: Path) -> None:
    settings = HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0)
    async with Hub(settings, disturber=Disturber()) as hub:
        station, upstream = await session_of(hub, peers)
        disturb(hub, "stall 60s")
        disturb(hub, "refuse 503", "CS7")
        await station.say(masked("held"))
        await until(lambda: "held" in payloads_of(hub))
        assert hub.disturber is not None
        listed = [(each.target, each.text) for each in hub.disturber.list()]

    assert listed == [("CS1/acme", "stall 60s"), ("CS7", "refuse 503")]
    assert (await upstream.hear(10))[6:] is not None
    assert [step.phase for step in steps_of(hub)] == [Phase.BEGUN, Phase.ENDED]


async def test_sides_are_told_apart_in_the_recording(hub: Hub, peers: Peers) -> None:
    await session_of(hub, peers)

    disturb(hub, "stall 60s from csms")
    await committed(hub)

    assert [step.side for step in steps_of(hub)] == [Side.CSMS]
