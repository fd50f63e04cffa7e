"""The hub stops: what the two sides of its sessions are told, and what the recording says."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from raw_peers import Line, Peers, frame, masked, upgrade

from hub import server
from hub.recording.reading import Recording
from hub.relaying import splice
from hub.relaying.tap import Tap, TappedFrame
from hub.server import Hub, HubSettings
from matrix.judge import Judge
from matrix.trace import Ending, Frame, Opcode, Session, Side

NEVER_S = 600.0
"""More than the time limit of a test."""
CLOSE = (b"\x03\xe9" + b"the hub stops", True)


@pytest.fixture
def settings(peers: Peers, tmp_path: Path) -> HubSettings:
    return HubSettings(recording=tmp_path / "event.db", csmses={"acme": peers.url}, port=0)


@asynccontextmanager
async def session(settings: HubSettings, peers: Peers) -> AsyncIterator[tuple[Line, Line]]:
    """Open a session through a hub that stops at the end."""
    async with Hub(settings) as hub:
        station = await peers.station(hub.port)
        await station.say(upgrade())
        upstream = await peers.accept()
        await station.head()
        yield station, upstream


async def frames_to_the_end(line: Line, sender: Side, *, answers: bool = True) -> list[TappedFrame]:
    """Read to the end of the stream; answer a close frame."""
    answer = masked(b"\x03\xe9", 8) if sender is Side.CSMS else frame(b"\x03\xe9", 8)
    tap, frames = Tap(sender), []
    while data := await line.reader.read(1 << 16):
        frames += tap.feed(data)
        if answers and frames and frames[-1].opcode == Opcode.CLOSE:
            await line.say(answer)
    line.writer.close()
    return frames


def closes(frames: list[TappedFrame]) -> list[tuple[object, bool]]:
    return [(found.payload, found.fin == 1) for found in frames if found.opcode == Opcode.CLOSE]


def recorded(settings: HubSettings) -> tuple[Session, list[Frame]]:
    with Recording.open(settings.recording) as recording:
        return recording.session(1), [*recording.frames(1)]


async def test_both_sides_are_told_with_1001_and_a_hub_that_has_their_answers_waits_no_more(
    settings: HubSettings, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "STOP_TIMEOUT_S", NEVER_S)
    monkeypatch.setattr(splice, "GOODBYE_S", NEVER_S)
    async with session(settings, peers) as (station, upstream):
        to_station = asyncio.create_task(frames_to_the_end(station, Side.CSMS))
        to_csms = asyncio.create_task(frames_to_the_end(upstream, Side.STATION))

    heard = await to_station, await to_csms
    assert [closes(frames) for frames in heard] == [[CLOSE], [CLOSE]]
    assert [frames[0].masked for frames in heard] == [0, 1]


async def test_the_end_is_the_hubs_and_its_frames_are_nobodys(settings: HubSettings, peers: Peers) -> None:
    async with session(settings, peers) as (station, upstream):
        await station.say(masked("last"))
        await upstream.hear(10)
        hearing = [
            asyncio.create_task(frames_to_the_end(line, sender))
            for line, sender in ((station, Side.CSMS), (upstream, Side.STATION))
        ]

    await asyncio.gather(*hearing)
    stopped, frames = recorded(settings)
    judge = Judge()
    with Recording.open(settings.recording) as recording:
        for item in recording.all_traffic():
            judge.feed(item)
    assert (stopped.ending, stopped.closed_by) == (Ending.HUB, None)
    assert (stopped.station_close, stopped.csms_close) == (None, None)
    assert stopped.fault == "the hub was stopped while this session was open"
    assert [found.payload for found in frames] == ["last"]
    assert {finding.rule for finding in judge.findings} <= {"RPC-01"}
    assert [file.name for file in settings.recording.parent.iterdir()] == ["event.db"]


async def test_a_close_frame_stands_only_between_frames(settings: HubSettings, peers: Peers) -> None:
    async with session(settings, peers) as (station, upstream):
        await station.say(masked("cut here")[:9])
        await upstream.hear(9)
        to_csms = asyncio.create_task(upstream.rest())
        to_station = asyncio.create_task(frames_to_the_end(station, Side.CSMS))

    assert await to_csms == b""
    assert closes(await to_station) == [CLOSE]


async def test_a_close_frame_may_stand_between_fragments(settings: HubSettings, peers: Peers) -> None:
    async with session(settings, peers) as (station, upstream):
        await station.say(masked("first", fin=False))
        await upstream.hear(11)
        to_csms = asyncio.create_task(frames_to_the_end(upstream, Side.STATION))
        station.end()

    assert closes(await to_csms) == [CLOSE]


async def test_a_close_frame_is_not_sent_after_another(settings: HubSettings, peers: Peers) -> None:
    async with session(settings, peers) as (station, upstream):
        await station.say(masked(b"\x03\xe8", 8))
        await upstream.hear(8)
        to_csms = asyncio.create_task(upstream.rest())
        to_station = asyncio.create_task(frames_to_the_end(station, Side.CSMS))

    assert await to_csms == b""
    assert closes(await to_station) == [CLOSE]


async def test_a_side_that_has_ended_its_stream_is_still_told(settings: HubSettings, peers: Peers) -> None:
    async with session(settings, peers) as (station, upstream):
        station.end()
        assert await upstream.rest() == b""
        to_station = asyncio.create_task(frames_to_the_end(station, Side.CSMS, answers=False))

    assert closes(await to_station) == [CLOSE]


async def test_peers_that_neither_read_nor_answer_hold_nobody_up(settings: HubSettings, peers: Peers) -> None:
    async with session(settings, peers) as (station, upstream):
        await upstream.say(frame("read by nobody") * 1_000)
        station.stop_reading()
        upstream.stop_reading()
        began = time.monotonic()

    assert time.monotonic() - began < 5
    assert recorded(settings)[0].ending is Ending.HUB
