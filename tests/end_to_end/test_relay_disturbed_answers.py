"""Answers that are dropped or delayed on purpose: nothing else changes, not even the order of bytes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from disturbed import (
    AGREED,
    ANSWER,
    BOOT,
    BOOTED,
    CALL,
    committed,
    crosses,
    disturb,
    disturbable_hub,
    session_of,
    steps_of,
    stop,
    traffic_of,
    until,
)
from raw_peers import Deflater, Peers, frame, masked

from hub.disturbing.disturber import DisturbError
from hub.server import Hub
from matrix.trace import RSV1, Frame, Phase


@pytest.fixture
async def hub(peers: Peers, tmp_path: Path) -> AsyncIterator[Hub]:
    async with disturbable_hub(peers, tmp_path) as hub:
        yield hub


async def test_a_dropped_answer_is_recorded_and_does_not_arrive(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "drop answer 2")

    await crosses(station, upstream, masked(CALL))
    await crosses(upstream, station, frame(ANSWER))
    await crosses(station, upstream, masked(BOOT))
    await upstream.say(frame("[2,"), frame(BOOTED), frame("next"))

    assert await station.hear(len(frame("[2,") + frame("next"))) == frame("[2,") + frame("next")
    await hub.recorder.committed()
    begun, touched, over = steps_of(hub)
    assert [begun.phase, touched.phase, over.phase] == [Phase.BEGUN, Phase.TOUCHED, Phase.ENDED]
    assert begun.number == touched.number == over.number == begun.mark
    dropped = next(item for item in traffic_of(hub) if isinstance(item, Frame) and item.id == touched.frame)
    assert dropped.payload == BOOTED


async def test_an_answer_to_an_action_is_told_from_others_by_its_call(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "drop answer to BootNotification")

    await crosses(station, upstream, masked(CALL) + masked(BOOT))
    await crosses(upstream, station, frame(ANSWER))
    await upstream.say(frame(BOOTED), frame("x"))

    assert await station.hear(3) == frame("x")


async def test_a_delayed_answer_comes_later_than_what_followed_it(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "delay answer 1 by 100ms")

    await upstream.say(frame(ANSWER), frame("first"))

    expected = frame("first") + frame(ANSWER)
    assert await station.hear(len(expected)) == expected
    await committed(hub)
    assert [step.phase for step in steps_of(hub)] == [Phase.BEGUN, Phase.TOUCHED, Phase.ENDED]


async def test_a_delayed_answer_is_let_go_at_once_when_the_delay_is_stopped(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    started = disturb(hub, "delay answer 1 by 60s")

    await upstream.say(frame(ANSWER), frame("first"))
    await station.hear(len(frame("first")))
    stop(hub, started)

    assert await station.hear(len(frame(ANSWER))) == frame(ANSWER)


async def test_a_fragmented_answer_is_dropped_whole_and_pings_go_on(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "drop answer 1")
    middle = len(ANSWER) // 2
    parts = frame(ANSWER[:middle], fin=False), frame(b"?", 9), frame(ANSWER[middle:], 0), frame("next")

    for part in parts:
        await upstream.say(part)

    assert await station.hear(3 + 6) == frame(b"?", 9) + frame("next")


@pytest.mark.parametrize("cut", [0, 1, 7, 20])
async def test_bytes_cross_unchanged_however_they_are_cut_while_an_answer_is_awaited(
    hub: Hub, peers: Peers, cut: int
) -> None:
    station, upstream = await session_of(hub, peers)
    fragments = masked("a" * 300, fin=False) + masked("a" * 3000, 0, fin=False) + masked(b"b", 0)
    everything = (
        masked(CALL) + fragments + masked(b"?", 9) + masked(b"\xff", 2) + masked(b"r", 11, rsv=7)
        + masked("x" * 70_000)
    )  # fmt: skip

    await station.say(everything[:cut])
    assert await upstream.hear(cut) == everything[:cut]
    started = disturb(hub, "drop answer 1 to Authorize")
    for start in range(cut, len(everything), 997):
        await station.say(everything[start : start + 997])
        await asyncio.sleep(0)
    assert await upstream.hear(len(everything) - cut) == everything[cut:]
    half = masked("half")[:5]
    await station.say(half)
    (splice,) = hub.relay.splices
    await until(lambda: splice.station.tap.incomplete == len(half))
    stop(hub, started)

    assert await upstream.hear(len(half)) == half


async def test_a_message_beyond_all_measure_is_let_through_while_an_answer_is_awaited(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "drop answer 1")
    huge = frame("x" * (3 << 20)) + frame("y" * 700_000, fin=False) + frame("y" * 700_000, 0)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(upstream.say(huge[: 2 << 20]))
        tasks.create_task(station.hear(1 << 20))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(upstream.say(huge[2 << 20 :], frame(ANSWER), frame("next")))
        rest = tasks.create_task(station.hear(len(huge) - (1 << 20)))

    assert rest.result() == huge[1 << 20 :]
    assert await station.hear(6) == frame("next")


async def test_a_close_frame_does_not_overtake_a_delayed_answer(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    disturb(hub, "delay answer 1 by 60s")

    await upstream.say(frame(ANSWER), frame(b"\x03\xe8", 8))

    expected = frame(ANSWER) + frame(b"\x03\xe8", 8)
    assert await station.hear(len(expected)) == expected


async def test_no_answer_is_dropped_from_messages_that_build_on_each_other(hub: Hub, peers: Peers) -> None:
    await session_of(hub, peers, answer=AGREED)

    with pytest.raises(DisturbError, match="compresses each message with those before it"):
        disturb(hub, "drop answer 1")


async def test_an_answer_that_is_compressed_by_itself_can_be_dropped(hub: Hub, peers: Peers) -> None:
    agreed = AGREED.replace(b"deflate", b"deflate; server_no_context_takeover; client_no_context_takeover")
    station, upstream = await session_of(hub, peers, answer=agreed)
    disturb(hub, "drop answer 1")
    sender = Deflater(keeps_context=False)

    await upstream.say(frame(sender.deflate(ANSWER), rsv=RSV1), frame("next"))

    assert await station.hear(6) == frame("next")
