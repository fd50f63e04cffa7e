"""How sessions end, from either side: what the other one sees is what was sent, and the recording says who and how."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from raw_peers import Line, Peers, frame, masked, raw_peers, upgrade
from tls_contexts import tls_contexts

from hub.recording.reading import Recording
from hub.server import Hub, HubSettings
from matrix.trace import Ending, Frame, Opcode, Session, Side

LEGAL: Final = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
ILLEGAL: Final = [1004, 1005, 1006, 1015, 0, 999, 2999, 5000, 65_535]
"""Codes that RFC 6455 §7.4 keeps out of close frames, and numbers that are none."""
NO_CODE: Final = {b"": 1005, b"\x03": None}
"""A close frame without a code, and one whose code is cut off; and what is recorded of it."""
PAYLOADS: Final = {code.to_bytes(2, "big") + b"so \xc3\xa4": code for code in [*LEGAL, *ILLEGAL]} | NO_CODE
FEW: Final = [code.to_bytes(2, "big") for code in (1000, 4999, 1006)] + [b""]


@dataclass
class Ends:
    """The two ends of an open session: the side that breaks off, and the other one."""

    hub: Hub
    side: Side
    breaking: Line
    other: Line

    def breaks(self, payload: bytes, opcode: int = 8) -> bytes:
        return masked(payload, opcode) if self.side is Side.STATION else frame(payload, opcode)

    def answers(self, payload: bytes, opcode: int = 8) -> bytes:
        return frame(payload, opcode) if self.side is Side.STATION else masked(payload, opcode)

    async def recorded(self) -> Session:
        """Return the session once its end is recorded."""
        await self.hub.relay.is_idle.wait()
        with Recording.open(self.hub.settings.recording) as recording:
            return recording.sessions()[0]

    def close_of(self, session: Session, side: Side) -> int | None:
        return session.station_close if side is Side.STATION else session.csms_close


async def open_session(hub: Hub, peers: Peers, side: Side, **options: object) -> Ends:
    """Open a session; `side` is the one that will break off."""
    station = await peers.station(hub.port, **options)
    await station.say(upgrade())
    upstream = await peers.accept()
    await station.head()
    return Ends(hub, side, *((station, upstream) if side is Side.STATION else (upstream, station)))


@pytest.fixture(params=list(Side), ids=lambda side: f"{side} closes")
async def ends(hub: Hub, peers: Peers, request: pytest.FixtureRequest) -> Ends:
    return await open_session(hub, peers, request.param)


def payloads(hub: Hub) -> list[tuple[Side, int, bytes]]:
    with Recording.open(hub.settings.recording) as recording:
        frames = [item for item in recording.traffic() if isinstance(item, Frame)]
    return [(each.side, each.opcode, as_bytes(each.payload)) for each in frames]


def as_bytes(payload: str | bytes) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload


# -- close frames -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: str(PAYLOADS[payload]))
async def test_a_close_frame_and_its_answer_cross_as_they_are(ends: Ends, payload: bytes) -> None:
    sent, answered = ends.breaks(payload), ends.answers(b"\x0f\x9f" + payload[2:])

    await ends.breaking.say(sent)
    seen = await ends.other.hear(len(sent))
    await ends.other.say(answered)
    ends.other.end()
    seen_back = await ends.breaking.rest()
    ends.breaking.end()

    assert await ends.other.rest() == b""
    assert (seen, seen_back) == (sent, answered)
    session = await ends.recorded()
    assert (session.ending, session.closed_by, session.fault) == (Ending.CLOSED, ends.side, None)
    assert ends.close_of(session, ends.side) == PAYLOADS[payload]
    assert ends.close_of(session, ends.side.other) == 3999
    assert payloads(ends.hub)[0] == (ends.side, Opcode.CLOSE, payload)


async def test_a_close_frame_without_an_answer_is_one_sided(ends: Ends) -> None:
    sent = ends.breaks(b"\x03\xe9")

    await ends.breaking.say(sent)
    ends.breaking.end()
    seen = await ends.other.rest()
    ends.other.end()

    assert await ends.breaking.rest() == b""
    assert seen == sent
    session = await ends.recorded()
    assert (session.ending, session.closed_by) == (Ending.CLOSED, ends.side)
    assert ends.close_of(session, ends.side) == 1001
    assert ends.close_of(session, ends.side.other) is None


async def test_an_answer_that_is_a_reset_arrives_as_one(ends: Ends) -> None:
    sent = ends.breaks(b"\x03\xe8")

    await ends.breaking.say(sent)
    await ends.other.hear(len(sent))
    ends.other.reset()
    with pytest.raises(ConnectionResetError):
        await ends.breaking.rest()

    session = await ends.recorded()
    assert (session.ending, session.closed_by) == (Ending.CLOSED, ends.side)
    assert ends.close_of(session, ends.side.other) is None


async def test_of_two_close_frames_that_cross_each_is_recorded(ends: Ends) -> None:
    sent, answered = ends.breaks(b"\x03\xe8"), ends.answers(b"\x0f\xa0")

    await ends.breaking.say(sent)
    await ends.other.say(answered)
    seen, seen_back = await ends.other.hear(len(sent)), await ends.breaking.hear(len(answered))
    ends.breaking.end()
    ends.other.end()

    session = await ends.recorded()
    assert (seen, seen_back, session.ending) == (sent, answered, Ending.CLOSED)
    assert (ends.close_of(session, ends.side), ends.close_of(session, ends.side.other)) == (1000, 4000)


async def test_what_is_sent_after_a_close_frame_crosses_too(ends: Ends) -> None:
    sent = ends.breaks(b"\x03\xe8") + ends.breaks(b"late", 1) + ends.breaks(b"\x0f\xa0", 8)

    await ends.breaking.say(sent)
    ends.breaking.end()
    seen = await ends.other.rest()
    ends.other.end()

    assert seen == sent
    session = await ends.recorded()
    assert ends.close_of(session, ends.side) == 1000  # the first one counts
    assert [payload for _, _, payload in payloads(ends.hub)] == [b"\x03\xe8", b"late", b"\x0f\xa0"]


# -- without a close frame --------------------------------------------------------------------------------------------


async def test_a_bare_end_of_stream_arrives_as_one_and_leaves_the_other_direction_open(ends: Ends) -> None:
    late = ends.answers(b"still here", 1)

    ends.breaking.end()
    seen = await ends.other.rest()
    await ends.other.say(late)
    ends.other.end()

    assert (seen, await ends.breaking.rest()) == (b"", late)
    session = await ends.recorded()
    assert (session.ending, session.closed_by) == (Ending.DROPPED, ends.side)
    assert (session.station_close, session.csms_close) == (None, None)


async def test_an_end_of_stream_behind_much_data_waits_for_it(ends: Ends) -> None:
    sent = ends.breaks(b"x" * (4 << 20), 2)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(say_and_end(ends.breaking, sent))
        hearing = tasks.create_task(ends.other.rest())
    ends.other.end()

    assert hearing.result() == sent
    assert (await ends.recorded()).closed_by is ends.side


async def say_and_end(line: Line, data: bytes) -> None:
    await line.say(data)
    line.end()


async def test_a_reset_arrives_as_a_reset(ends: Ends) -> None:
    ends.breaking.reset()

    with pytest.raises(ConnectionResetError):
        await ends.other.rest()
    session = await ends.recorded()
    assert (session.ending, session.closed_by) == (Ending.RESET, ends.side)
    assert (session.station_close, session.csms_close) == (None, None)


async def test_a_reset_after_an_end_of_stream_arrives_as_a_reset(ends: Ends) -> None:
    ends.breaking.end()
    assert await ends.other.rest() == b""
    ends.other.reset()

    with pytest.raises(ConnectionResetError):
        await ends.breaking.rest()
    session = await ends.recorded()
    assert (session.ending, session.closed_by) == (Ending.RESET, ends.side)


# -- with TLS on both legs --------------------------------------------------------------------------------------------


@asynccontextmanager
async def tls_session(tmp_path: Path, side: Side) -> AsyncIterator[Ends]:
    server_side, client_side = tls_contexts()
    async with raw_peers(ssl=server_side) as peers:
        csmses = {"acme": peers.url.replace("ws:", "wss:")}
        settings = HubSettings(
            recording=tmp_path / "tls.db", csmses=csmses, port=0, tls=server_side, upstream_tls=client_side
        )
        async with Hub(settings) as hub:
            yield await open_session(hub, peers, side, ssl=client_side)


@pytest.mark.parametrize("payload", FEW, ids=lambda payload: str(PAYLOADS.get(payload, payload.hex() or "empty")))
@pytest.mark.parametrize("side", list(Side))
async def test_close_frames_cross_tls_as_they_are(tmp_path: Path, side: Side, payload: bytes) -> None:
    async with tls_session(tmp_path, side) as ends:
        sent, answered = ends.breaks(payload), ends.answers(payload)

        await ends.breaking.say(sent)
        seen = await ends.other.hear(len(sent))
        await ends.other.say(answered)
        seen_back = await ends.breaking.hear(len(answered))
        ends.breaking.writer.close()
        assert await ends.other.rest() == b""
        session = await ends.recorded()

    assert (seen, seen_back) == (sent, answered)
    assert (session.ending, session.closed_by) == (Ending.CLOSED, side)
    code = int.from_bytes(payload, "big") if payload else 1005
    assert (session.station_close, session.csms_close) == (code, code)


@pytest.mark.parametrize("side", list(Side))
async def test_an_end_of_tls_without_a_close_frame_is_recorded_as_dropped(tmp_path: Path, side: Side) -> None:
    async with tls_session(tmp_path, side) as ends:
        ends.breaking.writer.close()
        assert await ends.other.rest() == b""
        session = await ends.recorded()

    assert (session.ending, session.closed_by) == (Ending.DROPPED, side)


@pytest.mark.parametrize("side", list(Side))
async def test_a_bare_fin_below_tls_ends_the_session_as_dropped(tmp_path: Path, side: Side) -> None:
    async with tls_session(tmp_path, side) as ends:
        ends.breaking.fin()
        assert await ends.other.rest() == b""
        session = await ends.recorded()

    assert (session.ending, session.closed_by, session.fault) == (Ending.DROPPED, side, None)


@pytest.mark.parametrize("side", list(Side))
async def test_a_reset_below_tls_arrives_as_a_reset(tmp_path: Path, side: Side) -> None:
    async with tls_session(tmp_path, side) as ends:
        ends.breaking.reset()
        with pytest.raises(ConnectionResetError):
            await ends.other.rest()
        session = await ends.recorded()

    assert (session.ending, session.closed_by) == (Ending.RESET, side)


async def test_a_reset_while_the_other_sides_end_is_being_recorded_raises_nothing(ends: Ends) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    ends.breaking.end()
    ends.other.reset()
    session = await ends.recorded()

    assert complaints == []
    assert session.closed_by is ends.side
