"""A second connection with an identity that is connected: refused, put in the first one's place, or left alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from raw_peers import Line, Peers, frame, masked, upgrade
from relayed import recorded, session_of

from hub.handshake.admission import Duplicates
from hub.recording.reading import Recording
from hub.relaying.tap import Tap
from hub.server import Hub, HubSettings
from matrix.judge import Judge
from matrix.trace import Ending, Opcode, Side

REPLACED = "replaced by session 2, a newer connection of this identity"


@asynccontextmanager
async def hub_that(tmp_path: Path, peers: Peers, policy: Duplicates) -> AsyncIterator[Hub]:
    csmses = {"acme": peers.url, "other": peers.url}
    settings = HubSettings(recording=tmp_path / "twice.db", csmses=csmses, port=0, duplicates=policy)
    async with Hub(settings) as hub:
        yield hub
        peers.hang_up()


async def goodbye(line: Line, side: Side) -> list[tuple[int, str | bytes]]:
    """Return the frames that a peer is still given, up to the end of the stream."""
    return [(read.opcode, read.payload) for read in Tap(side).feed(await line.rest())]


async def test_refuse_answers_the_second_with_409_and_leaves_the_first_alone(tmp_path: Path, peers: Peers) -> None:
    async with hub_that(tmp_path, peers, Duplicates.REFUSE) as hub:
        station, upstream = await session_of(hub, peers)
        second = await peers.station(hub.port)

        await second.say(upgrade("/acme/%43S1"))
        answer = await second.rest()
        await station.say(masked("still here"))

        assert answer.startswith(b"HTTP/1.1 409 Conflict\r\n")
        assert b"the identity 'CS1' is connected to 'acme' already, in session 1" in answer
        await upstream.hear(len(masked("still here")))
        first, refused = recorded(hub)
        assert first.is_open
        assert (refused.status, refused.ending, refused.identity) == (409, Ending.REFUSED, "CS1")


async def test_refuse_lets_the_same_identity_in_at_another_csms(tmp_path: Path, peers: Peers) -> None:
    async with hub_that(tmp_path, peers, Duplicates.REFUSE) as hub:
        await session_of(hub, peers)

        await session_of(hub, peers, "/other/CS1")

        assert [session.is_open for session in recorded(hub)] == [True, True]


async def test_refuse_lets_a_station_come_back(tmp_path: Path, peers: Peers) -> None:
    async with hub_that(tmp_path, peers, Duplicates.REFUSE) as hub:
        station, upstream = await session_of(hub, peers)
        station.end()
        upstream.end()
        await hub.relay.is_idle.wait()

        await session_of(hub, peers)

        assert [session.status for session in recorded(hub)] == [101, 101]


async def test_replace_closes_the_first_towards_both_sides_once_the_second_is_accepted(
    tmp_path: Path, peers: Peers
) -> None:
    async with hub_that(tmp_path, peers, Duplicates.REPLACE) as hub:
        station, upstream = await session_of(hub, peers)

        new_station, new_upstream = await session_of(hub, peers)

        farewell = (Opcode.CLOSE, b"\x03\xe9replaced by a newer connection")
        assert await goodbye(station, Side.CSMS) == [farewell]
        assert await goodbye(upstream, Side.STATION) == [farewell]
        await new_station.say(masked("hello"))
        await new_upstream.hear(len(masked("hello")))
        first, second = recorded(hub)
        assert (first.ending, first.closed_by, first.fault) == (Ending.HUB, None, REPLACED)
        assert second.is_open
        with Recording.open(hub.settings.recording) as recording:
            judge = Judge()
            for item in recording.all_traffic():
                judge.feed(item)
        assert [finding.rule for finding in judge.findings if finding.rule == "HS-12"] == []


async def test_replace_leaves_the_first_alone_where_the_csms_refuses_the_second(tmp_path: Path, peers: Peers) -> None:
    async with hub_that(tmp_path, peers, Duplicates.REPLACE) as hub:
        await session_of(hub, peers)
        second = await peers.station(hub.port)

        await second.say(upgrade())
        await peers.accept(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

        assert (await second.rest()).startswith(b"HTTP/1.1 401")
        assert [session.is_open for session in recorded(hub)] == [True, False]


async def test_no_close_frame_is_put_into_the_middle_of_a_frame(tmp_path: Path, peers: Peers) -> None:
    async with hub_that(tmp_path, peers, Duplicates.REPLACE) as hub:
        station, upstream = await session_of(hub, peers)
        half = masked("x" * 100)[:50]
        await station.say(half)
        assert await upstream.hear(len(half)) == half

        await session_of(hub, peers)

        assert await upstream.rest() == b""
        assert await goodbye(station, Side.CSMS) == [(Opcode.CLOSE, b"\x03\xe9replaced by a newer connection")]


async def test_nobody_is_sent_a_second_close_frame(tmp_path: Path, peers: Peers) -> None:
    async with hub_that(tmp_path, peers, Duplicates.REPLACE) as hub:
        station, upstream = await session_of(hub, peers)
        close = frame(b"\x03\xe8", 8)
        await upstream.say(close)
        assert await station.hear(len(close)) == close

        await session_of(hub, peers)

        assert await station.rest() == b""


@pytest.mark.parametrize("policy", [Duplicates.REPLACE, Duplicates.REFUSE])
async def test_of_many_at_once_one_stays(tmp_path: Path, peers: Peers, policy: Duplicates) -> None:
    async with hub_that(tmp_path, peers, policy) as hub:
        stations = [await peers.station(hub.port) for _ in range(5)]
        accepting = asyncio.create_task(accept_all(peers))

        await asyncio.gather(*(station.say(upgrade()) for station in stations))
        await asyncio.gather(*(station.head() for station in stations))

        accepting.cancel()
        sessions = recorded(hub)
        assert len(sessions) == 5
        assert [session.is_open for session in sessions].count(True) == 1


async def accept_all(peers: Peers) -> None:
    while True:
        await peers.accept()


async def test_both_go_on_and_the_judge_remarks_on_it(tmp_path: Path, peers: Peers) -> None:
    async with hub_that(tmp_path, peers, Duplicates.BOTH) as hub:
        await session_of(hub, peers)
        await session_of(hub, peers)

        assert [session.is_open for session in recorded(hub)] == [True, True]
        judge = Judge()
        with Recording.open(hub.settings.recording) as recording:
            for item in recording.all_traffic():
                judge.feed(item)
        (remark,) = (finding for finding in judge.findings if finding.rule == "HS-12")
        assert (remark.session, remark.severity) == (2, "info")
