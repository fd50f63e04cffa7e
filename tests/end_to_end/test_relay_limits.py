"""What a peer may cost the hub: each limit is said in a sentence, and what is within it goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from raw_peers import ACCEPT, Deflater, Line, Peers, frame, masked, upgrade
from relayed import frames_of, recorded, session_of

from hub.limits import Limits
from hub.server import Hub, HubSettings
from matrix.trace import RSV1, Ending

DEFLATED = ACCEPT[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"


@asynccontextmanager
async def hub_with(tmp_path: Path, peers: Peers, *origins: str, **limits: float) -> AsyncIterator[Hub]:
    settings = HubSettings(
        recording=tmp_path / "limited.db",
        csmses={"acme": peers.url},
        port=0,
        limits=Limits(**limits),  # type: ignore[arg-type]  # of the test
        allowed_origins=origins,
    )
    async with Hub(settings) as hub:
        yield hub
        peers.hang_up()


async def answered(station: Line) -> tuple[int, str]:
    """Return the status and the body of what a station is told at last."""
    head, _, body = (await station.rest()).partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode().strip()


# -- before a session -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [b"", b"\r\n\r\n"], ids=["without end", "with an end"])
async def test_a_head_that_is_too_long_is_refused_and_recorded(tmp_path: Path, peers: Peers, ending: bytes) -> None:
    async with hub_with(tmp_path, peers, head_bytes=1024) as hub:
        station = await peers.station(hub.port)

        await station.say(upgrade()[:-2] + b"X: " + b"x" * 1024 + ending)

        sentence = "this request cannot be read: its head is longer than 1024 bytes"
        assert await answered(station) == (431, sentence)
        (session,) = recorded(hub)
        assert (session.status, session.fault, session.ending) == (431, sentence, Ending.REFUSED)


async def test_a_request_that_does_not_end_in_time_is_refused_and_recorded(tmp_path: Path, peers: Peers) -> None:
    async with hub_with(tmp_path, peers, handshake_s=0.1) as hub:
        station = await peers.station(hub.port)

        await station.say(b"GET /acme/CS1 HTTP/1.1\r\n")

        sentence = "this request did not arrive within 0.1 s"
        assert await answered(station) == (408, sentence)
        assert [session.fault for session in recorded(hub)] == [sentence]


async def test_who_says_nothing_at_all_is_let_go_and_is_no_session(tmp_path: Path, peers: Peers) -> None:
    async with hub_with(tmp_path, peers, handshake_s=0.1) as hub:
        station = await peers.station(hub.port)

        assert await station.rest() == b""
        assert recorded(hub) == []


@pytest.mark.parametrize(
    ("limits", "status", "sentence"),
    [
        ({"sessions": 1}, 503, "the hub has 1 connections of stations, and takes no more at a time"),
        (
            {"sessions_per_address": 1},
            429,
            "there are 1 connections from 127.0.0.1, and the hub takes no more at a time",
        ),
    ],
)
async def test_one_station_too_many_is_refused_by_name(
    tmp_path: Path, peers: Peers, limits: dict[str, int], status: int, sentence: str
) -> None:
    async with hub_with(tmp_path, peers, **limits) as hub:
        await session_of(hub, peers)
        station = await peers.station(hub.port)

        await station.say(upgrade("/acme/CS2"))

        assert await answered(station) == (status, sentence)
        _, refused = recorded(hub)
        assert (refused.identity, refused.csms, refused.fault) == ("CS2", "acme", sentence)


async def test_a_session_that_is_over_makes_room(tmp_path: Path, peers: Peers) -> None:
    async with hub_with(tmp_path, peers, sessions=1) as hub:
        station, upstream = await session_of(hub, peers)
        station.end()
        upstream.end()
        await hub.relay.is_idle.wait()

        await session_of(hub, peers)

        assert [session.status for session in recorded(hub)] == [101, 101]


async def test_handshakes_that_fail_leave_no_count_behind(tmp_path: Path, peers: Peers) -> None:
    async with hub_with(tmp_path, peers, sessions=1) as hub:
        for _ in range(3):
            station = await peers.station(hub.port)
            await station.say(upgrade("/nobody/CS1"))
            assert (await answered(station))[0] == 404
            await asyncio.wait(hub.connecting)

        await session_of(hub, peers)


# -- web pages --------------------------------------------------------------------------------------------------------


async def test_a_web_page_opens_no_session(tmp_path: Path, peers: Peers) -> None:
    async with hub_with(tmp_path, peers) as hub:
        station = await peers.station(hub.port)

        await station.say(upgrade("/acme/CS1", "Origin: https://evil.example"))

        status, sentence = await answered(station)
        assert status == 403
        assert sentence.startswith("this request comes from a web page (Origin: https://evil.example)")
        (session,) = recorded(hub)
        assert (session.fault, session.csms, session.identity) == (sentence, "acme", "CS1")


async def test_a_page_that_the_organizer_allows_does(tmp_path: Path, peers: Peers) -> None:
    async with hub_with(tmp_path, peers, "https://test.example") as hub:
        station = await peers.station(hub.port)

        await station.say(upgrade("/acme/CS1", "Origin: https://test.example"))
        await peers.accept()

        assert await station.head() == ACCEPT


# -- in a session -----------------------------------------------------------------------------------------------------


async def test_a_compression_bomb_is_forwarded_and_not_inflated(tmp_path: Path, peers: Peers) -> None:
    bomb = masked(Deflater().deflate(b"\x00" * (1 << 20)), rsv=RSV1)
    async with hub_with(tmp_path, peers, inflated_bytes=4096) as hub:
        station, upstream = await session_of(hub, peers, answer=DEFLATED)

        await station.say(bomb, masked("after it"))

        assert await upstream.hear(len(bomb)) == bomb
        await upstream.hear(len(masked("after it")))
        first, second = frames_of(hub)
        assert first.unread == "inflates to more than 4096 bytes"
        assert first.size == len(bomb)
        assert second.payload == "after it"


async def test_a_frame_beyond_the_limit_is_forwarded_and_not_kept(tmp_path: Path, peers: Peers) -> None:
    async with hub_with(tmp_path, peers, frame_bytes=4096) as hub:
        station, upstream = await session_of(hub, peers)
        large = masked(b"x" * 5000, 2)

        await station.say(large)

        assert await upstream.hear(len(large)) == large
        assert {found.unread for found in frames_of(hub)} == {
            "a header announces 5000 bytes, more than the 4096 that the tap follows"
        }


async def test_a_side_that_sends_faster_than_it_may_is_read_slower(tmp_path: Path, peers: Peers) -> None:
    clock = asyncio.get_running_loop().time
    async with hub_with(tmp_path, peers, bytes_per_s=1_000_000) as hub:
        station, upstream = await session_of(hub, peers)
        burst = masked(b"x" * 500_000, 2)
        await station.say(burst)
        await upstream.hear(len(burst))
        begun = clock()

        await station.say(*[burst] * 3)
        await upstream.hear(3 * len(burst))

        assert 0.7 < clock() - begun < 6


async def test_a_side_that_reads_nothing_for_too_long_ends_its_session(tmp_path: Path, peers: Peers) -> None:
    async with hub_with(tmp_path, peers, unread_s=0.2) as hub:
        station, upstream = await session_of(hub, peers)
        station.stop_reading()
        flood = asyncio.create_task(upstream.say(frame(b"x" * (32 << 20), 2)))

        await hub.relay.is_idle.wait()

        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
        (session,) = recorded(hub)
        assert session.fault is not None
        assert session.fault.startswith("the station read nothing for 0.2 s, while ")
        assert (session.ending, session.closed_by) == (Ending.HUB, None)


async def test_what_waits_for_a_slow_reader_is_bounded(tmp_path: Path, peers: Peers) -> None:
    async with hub_with(tmp_path, peers, unsent_bytes=100_000) as hub:
        station, upstream = await session_of(hub, peers)
        station.stop_reading()
        (splice,) = hub.relay.splices
        waiting = splice.station.transport.get_write_buffer_size
        flood = asyncio.create_task(upstream.say(*[frame(b"x" * 60_000, 2)] * 500))

        while waiting() < 100_000:  # noqa: ASYNC110 - the kernel's buffers say nothing when they are full
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)  # what would come if nobody held it back

        assert waiting() < 100_000 + (512 << 10)
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
