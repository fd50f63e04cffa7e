"""A recorded CSMS for stations that are nothing but sockets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from plays import AT_ONCE
from raw_peers import Line, Peers, frame, masked, raw_peers, upgrade
from replays import drawn, housed, planned

from hub.recording.reading import Recording
from hub.replay.house import House
from hub.replay.wire import frame_of
from matrix.replay.report import What
from matrix.trace import Ending, Side

BOOT = (
    '> [2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    '< [3,"1",{"status":"Accepted","currentTime":"$NOW","interval":300}]',
)
LIVE_BOOT = '[2,"live","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'


@pytest.fixture
async def peers() -> AsyncIterator[Peers]:
    async with raw_peers() as peers:
        yield peers


async def station(peers: Peers, house: House, target: str = "/any/where/CS001", *fields: str) -> tuple[Line, bytes]:
    line = await peers.station(int(house.urls[0].rpartition(":")[2]))
    await line.say(upgrade(target, *fields))
    return line, await line.head()


async def heard(line: Line) -> bytes:
    """Return the payload of the next frame of the CSMS."""
    _, length = await line.hear(2)
    size = int.from_bytes(await line.hear(2), "big") if length == 126 else length
    return await line.hear(size)


async def test_a_station_is_answered_as_the_recorded_one_was_by_whatever_path_it_comes(
    peers: Peers, tmp_path: Path
) -> None:
    source, output = drawn(tmp_path / "event.recording", *BOOT, "> close 1000"), tmp_path / "replay.recording"
    async with housed(planned(source, Side.CSMS), output) as house:
        line, head = await station(peers, house)
        await line.say(masked(LIVE_BOOT))
        answer = await heard(line)
        await line.say(masked(b"\x03\xe8", 8))
        await house.until_played(5)

    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    assert b"Sec-WebSocket-Protocol: ocpp1.6" in head
    assert answer.startswith(b'[3,"live",{"status":"Accepted"')
    assert house.reports[0].went_as_recorded
    with Recording.open(output) as recording:
        (session,) = recording.sessions()
        assert recording.replays()[session.id].side is Side.CSMS
    assert (session.csms, session.status, session.ending, session.closed_by) == (
        "acme", 101, Ending.CLOSED, Side.STATION
    )  # fmt: skip


async def test_a_station_of_another_version_is_refused_and_the_script_waits_for_the_next(
    peers: Peers, tmp_path: Path
) -> None:
    source, output = drawn(tmp_path / "event.recording", *BOOT, version="2.0.1"), tmp_path / "replay.recording"
    async with housed(planned(source, Side.CSMS), output) as house:
        _, head = await station(peers, house)
        await house.until_played(0.1)

    assert head.startswith(b"HTTP/1.1 400")
    assert house.reports[0].trouble == "no station came for it"
    with Recording.open(output) as recording:
        (session,) = recording.sessions()
    assert session.fault == "what is played here is ocpp2.0.1, and the station offers ocpp1.6"


async def test_whoever_comes_when_all_is_played_is_told_so(peers: Peers, tmp_path: Path) -> None:
    source = drawn(tmp_path / "event.recording", *BOOT, "> close 1000")
    async with housed(planned(source, Side.CSMS), tmp_path / "replay.recording") as house:
        await station(peers, house)
        _, head = await station(peers, house)

    assert head.startswith(b"HTTP/1.1 503")


@pytest.mark.parametrize("request_", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /x HTTP/1.1\r\n\r\n"])
async def test_what_is_no_upgrade_is_answered_and_costs_no_script(
    peers: Peers, tmp_path: Path, request_: bytes
) -> None:
    source = drawn(tmp_path / "event.recording", *BOOT, "> close 1000")
    async with housed(planned(source, Side.CSMS), tmp_path / "replay.recording") as house:
        line = await peers.station(int(house.urls[0].rpartition(":")[2]))
        await line.say(request_)
        head = await line.head()
        _, upgraded = await station(peers, house)

    assert head.startswith(b"HTTP/1.1 426")
    assert upgraded.startswith(b"HTTP/1.1 101")


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x00", b"\x00" * 100, b"GET / HTTP/9\r\n\r\n"])
async def test_what_is_no_request_ends_there(peers: Peers, tmp_path: Path, garbage: bytes) -> None:
    source = drawn(tmp_path / "event.recording", *BOOT, "> close 1000")
    async with housed(planned(source, Side.CSMS), tmp_path / "replay.recording") as house:
        line = await peers.station(int(house.urls[0].rpartition(":")[2]))
        await line.say(garbage)
        line.end()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await line.head()


async def test_improvised_answers_are_marked_in_the_recording(peers: Peers, tmp_path: Path) -> None:
    source, output = drawn(tmp_path / "event.recording", *BOOT, "> close 1000"), tmp_path / "replay.recording"
    async with housed(planned(source, Side.CSMS), output) as house:
        line, _ = await station(peers, house)
        await line.say(masked('[2,"odd","FirmwareStatusNotification",{"status":"Idle"}]'))
        answer = await heard(line)
        line.writer.close()
        await house.until_played(5)

    assert answer == b'[3,"odd",{}]'
    assert What.IMPROVISED in {each.what for each in house.reports[0].departures}
    with Recording.open(output) as recording:
        assert recording.improvised(1) == [("odd", "FirmwareStatusNotification")]


async def test_a_station_that_floods_and_does_not_read_costs_no_memory_without_bound(
    peers: Peers, tmp_path: Path
) -> None:
    source = drawn(tmp_path / "event.recording", *BOOT, "> close 1000")
    async with housed(planned(source, Side.CSMS, AT_ONCE), tmp_path / "replay.recording") as house:
        line, _ = await station(peers, house)
        line.stop_reading()
        flood = masked('[2,"x","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]') * 1_000
        flooding = asyncio.ensure_future(flood_with(line, flood, 400))
        done, _ = await asyncio.wait({flooding}, timeout=2)
        flooding.cancel()
        line.reset()

    assert not done


async def flood_with(line: Line, data: bytes, times: int) -> None:
    for _ in range(times):
        await line.say(data)


def test_a_frame_is_what_the_tests_take_for_one() -> None:
    for size in (0, 125, 126, 70_000):
        assert frame_of(b"x" * size, 1, masked=False) == frame(b"x" * size)
