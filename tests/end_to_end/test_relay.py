"""The relay between peers that are nothing but sockets: what goes in comes out, and is recorded before it does."""

import asyncio

import pytest
from raw_peers import ACCEPT, Deflater, Peers, frame, masked, upgrade
from relayed import frames_of, recorded, session_of

from hub.recording.reading import Recording
from hub.server import Hub
from matrix.trace import RSV1, Closed, Ending, Frame, Opcode, Session, Side


async def ended(hub: Hub) -> Session:
    """Return the session once its end is recorded."""
    await hub.relay.is_idle.wait()
    return recorded(hub)[0]


# -- the handshake ----------------------------------------------------------------------------------------------------


async def test_the_csms_gets_the_stations_own_request(hub: Hub, peers: Peers) -> None:
    own = (
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        "X-Origin:odd ",
        "User-Agent: gr\udcfcn",
    )
    station = await peers.station(hub.port)

    await station.say(upgrade("/acme/CS%20001%2fx?a=%2F&b", *own))
    request = await (await peers.line()).head()

    assert request == upgrade("/ocpp/CS%20001%2fx?a=%2F&b", *own, host=f"127.0.0.1:{peers.port}")


async def test_the_station_gets_the_csmss_own_answer(hub: Hub, peers: Peers) -> None:
    answer = b"HTTP/1.1 101 Sure\r\nsec-websocket-accept:abc \r\nX-Odd: 1\r\nX-Odd: 2\r\nUpgrade: WebSocket\r\n\r\n"

    await session_of(hub, peers, answer=answer)  # which compares the two

    (session,) = recorded(hub)
    assert (session.status, session.reason, session.chosen) == (101, "Sure", None)
    assert session.response == (
        ("sec-websocket-accept", "abc"), ("X-Odd", "1"), ("X-Odd", "2"), ("Upgrade", "WebSocket"),
    )  # fmt: skip


async def test_an_open_session_is_recorded_before_the_station_knows_of_it(hub: Hub, peers: Peers) -> None:
    await session_of(hub, peers)

    (session,) = recorded(hub)

    assert (session.identity, session.csms, session.path) == ("CS1", "acme", "/acme/CS1")
    assert (session.offered, session.chosen, session.status) == (("ocpp1.6",), "ocpp1.6", 101)
    assert session.upstream == f"{peers.url}/CS1"
    assert session.is_open


async def test_what_comes_with_the_heads_is_not_lost(hub: Hub, peers: Peers) -> None:
    early_word, early_answer = masked("early word"), frame("early answer")
    station = await peers.station(hub.port)

    await station.say(upgrade(), early_word)
    upstream = await peers.line()
    await upstream.head()
    await upstream.say(b"HTTP/1.1 103 Early Hints\r\n\r\n", ACCEPT, early_answer)

    assert await station.hear(len(ACCEPT + early_answer)) == ACCEPT + early_answer
    assert await upstream.hear(len(early_word)) == early_word
    assert sorted(str(each.payload) for each in frames_of(hub)) == ["early answer", "early word"]


async def test_credentials_reach_the_csms_and_not_the_recording(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)

    fields = (
        "Authorization: Basic Q1MxOmh1bnRlcjI=", "X-Authorization: Basic Q1MxOmh1bnRlcjI=", "X-Pass: hunter2",
        "Referer: http://u:hunter2@h/?pass=hunter2", "Sec-WebSocket-Protocol: Bearer.hunter2",
    )  # fmt: skip
    answer = (
        b"HTTP/1.1 101 Not hunter2\r\nSec-WebSocket-Protocol: Bearer.hunter2\r\n"
        b"Set-Cookie : a=hunter2\r\nLocation: /?token=hunter2\r\n\r\n"
    )

    await station.say(upgrade("/acme/CS1?%74oken=hunter2", *fields))
    upstream = await peers.line()
    request = await upstream.head()
    await upstream.say(answer)

    assert request == upgrade("/ocpp/CS1?%74oken=hunter2", *fields, host=peers.url.split("/")[2])
    assert await station.head() == answer
    (session,) = recorded(hub)
    assert session.offered == ("ocpp1.6", session.chosen)
    assert str(session.chosen).startswith("hmac:")
    content = b"".join(file.read_bytes() for file in hub.settings.recording.parent.iterdir())
    assert b"hunter2" not in content
    assert b"Q1MxOmh1bnRlcjI" not in content


# -- bytes ------------------------------------------------------------------------------------------------------------


async def test_all_bytes_cross_unchanged_in_both_directions(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    odd = frame("unmasked") + masked(b"\xff\xfe") + masked("a", fin=False) + masked(b"", 9) + masked("b", 0)
    odd += masked(b"r", 11, rsv=7) + b"\x81\xfe\x00\x01" + bytes(4) + b"x" + masked(b"\x03", 8)

    await station.say(odd)
    await upstream.say(odd)

    assert await upstream.hear(len(odd)) == odd
    assert await station.hear(len(odd)) == odd
    assert [each.payload for each in frames_of(hub) if each.side is Side.STATION] == [
        "unmasked", b"\xff\xfe", "a", b"", "b", b"r", "x", b"\x03",
    ]  # fmt: skip


async def test_every_frame_is_recorded_before_it_arrives(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)

    for number in range(20):
        sender, receiver = (station, upstream) if number % 2 else (upstream, station)
        sent = masked(str(number))
        await sender.say(sent)
        await receiver.hear(len(sent))
        assert frames_of(hub)[-1].payload == str(number)


async def test_bytes_of_a_frame_that_is_not_complete_are_in_the_recording_when_they_arrive(
    hub: Hub, peers: Peers
) -> None:
    station, upstream = await session_of(hub, peers)
    whole = masked("half a frame")

    await station.say(whole[:9])
    await upstream.hear(9)

    content = b"".join(file.read_bytes() for file in hub.settings.recording.parent.iterdir())
    assert whole[:9] in content
    assert frames_of(hub) == []


async def test_a_message_of_16_mib_crosses_and_is_recorded(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    huge = masked("x" * (16 << 20))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(station.say(huge))
        arriving = tasks.create_task(upstream.hear(len(huge)))

    (found,) = frames_of(hub)
    assert arriving.result() == huge
    assert (len(found.payload), found.size) == (16 << 20, len(huge))


async def test_compressed_messages_cross_compressed_and_are_recorded_inflated(hub: Hub, peers: Peers) -> None:
    agreed = (
        ACCEPT.removesuffix(b"\r\n")
        + b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n"
    )
    station, upstream = await session_of(hub, peers, answer=agreed)
    sender, answerer = Deflater(), Deflater(keeps_context=False)
    calls = b"".join(masked(sender.deflate("[2,'1']" * 9), rsv=RSV1) for _ in range(3))
    answers = b"".join(frame(answerer.deflate("[3,'1']" * 9), rsv=RSV1) for _ in range(3))

    await station.say(calls)
    await upstream.say(answers)

    assert await upstream.hear(len(calls)) == calls
    assert await station.hear(len(answers)) == answers
    assert [each.payload for each in frames_of(hub) if each.side is Side.STATION] == ["[2,'1']" * 9] * 3
    assert [each.payload for each in frames_of(hub) if each.side is Side.CSMS] == ["[3,'1']" * 9] * 3


async def test_a_stream_that_cannot_be_read_is_still_relayed(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    nonsense = b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff" + b"what is this" * 10

    await station.say(nonsense)
    await upstream.say(frame("the other side is read"))

    assert await upstream.hear(len(nonsense)) == nonsense
    await station.hear(24)
    unread = [each for each in frames_of(hub) if each.opcode == Opcode.UNREAD]
    assert (
        b"".join(bytes(each.payload, "ascii") if isinstance(each.payload, str) else each.payload for each in unread)
        == nonsense
    )


async def test_a_reader_that_does_not_read_stops_the_sender(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)
    upstream.stop_reading()
    chunk = masked(b"x" * 65_000, 2)

    sent = 0
    try:
        async with asyncio.timeout(0.3):
            while sent < 200 << 20:
                await station.say(chunk)
                sent += len(chunk)
    except TimeoutError:
        pass

    (splice,) = hub.relay.splices
    assert sent < 32 << 20  # what the sockets' buffers take
    assert splice.csms.transport.get_write_buffer_size() < 1 << 20
    peers.hang_up()


# -- ends -------------------------------------------------------------------------------------------------------------


async def test_a_close_handshake_is_recorded_with_both_codes(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)

    await station.say(masked(b"\x0f\xa0bye", 8))
    await upstream.hear(11)
    await upstream.say(frame(b"", 8))
    upstream.end()
    assert await station.rest() == b"\x88\x00"
    station.end()
    assert await upstream.rest() == b""

    session = await ended(hub)
    assert (session.ending, session.closed_by) == (Ending.CLOSED, Side.STATION)
    assert (session.station_close, session.csms_close) == (4000, 1005)


async def test_one_side_may_end_its_stream_and_still_listen(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)

    station.end()
    assert await upstream.rest() == b""
    await upstream.say(frame("still here"))
    assert await station.hear(12) == frame("still here")
    upstream.end()
    assert await station.rest() == b""

    session = await ended(hub)
    assert (session.ending, session.closed_by, session.station_close) == (Ending.DROPPED, Side.STATION, None)


async def test_a_csms_that_ends_its_stream_with_the_101_still_hears_the_station(hub: Hub, peers: Peers) -> None:
    station = await peers.station(hub.port)
    await station.say(upgrade())
    upstream = await peers.accept()
    upstream.end()
    assert await station.rest() == ACCEPT

    await station.say(masked("still here"))
    station.end()

    assert len(await upstream.rest()) == len(masked("still here"))
    assert ((await ended(hub)).ending, recorded(hub)[0].closed_by) == (Ending.DROPPED, Side.CSMS)


@pytest.mark.parametrize("side", list(Side))
async def test_a_reset_passes_as_a_reset(hub: Hub, peers: Peers, side: Side) -> None:
    station, upstream = await session_of(hub, peers)
    breaking, other = (station, upstream) if side is Side.STATION else (upstream, station)

    breaking.reset()
    with pytest.raises(ConnectionResetError):
        await other.rest()

    session = await ended(hub)
    assert (session.ending, session.closed_by) == (Ending.RESET, side)


async def test_the_beginning_of_a_frame_at_the_end_is_recorded(hub: Hub, peers: Peers) -> None:
    station, upstream = await session_of(hub, peers)

    await station.say(masked("never complete")[:10])
    station.end()
    await upstream.rest()
    upstream.end()
    await station.rest()

    await ended(hub)
    with Recording.open(hub.settings.recording) as recording:
        *_, left, closed = recording.traffic()
    assert isinstance(left, Frame)
    assert (left.opcode, left.size, left.unread is None) == (Opcode.UNREAD, 10, False)
    assert isinstance(closed, Closed)


async def test_idle_sessions_need_no_task(hub: Hub, peers: Peers) -> None:
    for _ in range(3):
        await session_of(hub, peers)

    names = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]  # a coroutine has one

    assert not {name for name in names if name.startswith(("Hub", "Relay", "Opening"))}
