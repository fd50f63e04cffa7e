"""Sessions that are disturbed on purpose, between peers that are nothing but sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from typing import Final

import pytest
from raw_peers import ACCEPT, Deflater, Line, Peers, frame, masked, upgrade

from hub.disturber import Disturber, DisturbError, Started
from hub.fault_language import read_fault
from hub.leg import Hold
from hub.recording import Recording
from hub.server import Hub, HubSettings
from matrix.trace import RSV1, Disturbed, Ending, Frame, Phase, Session, Side, Traffic

CALL: Final = '[2,"1","Heartbeat",{}]'
BOOT: Final = '[2,"2","BootNotification",{}]'
ANSWER: Final = '[3,"1",{"currentTime":"2026-11-01T10:00:00Z"}]'
BOOTED: Final = '[3,"2",{"status":"Accepted"}]'
AGREED: Final = ACCEPT.removesuffix(b"\r\n") + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"


@pytest.fixture
async def hub(peers: Peers, tmp_path: Path) -> AsyncIterator[Hub]:
    settings = HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0)
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
    before = splice.station._hand_on, splice.station._tap

    stop(hub, disturb(hub, "latency 1s"))
    stop(hub, disturb(hub, "drop answer 1"))

    assert (splice.station._hand_on, splice.station._tap) == before
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


# -- answers ----------------------------------------------------------------------------------------------------------


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
