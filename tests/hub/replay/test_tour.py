"""A recorded station against a CSMS that is nothing but a socket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
from drawing import Pen
from raw_peers import ACCEPT, Line, Peers, frame, raw_peers
from recorded import record
from replays import drawn, planned, toured

from hub.handshake.switchboard import checked_csms
from hub.recording.reading import Recording
from hub.relaying.tap import Tap
from hub.replay.station import Target
from hub.replay.tour import tour
from hub.replay.wire import accept_of
from hub.writing.recorders import open_recorder
from matrix.replay.report import SessionReport, What
from matrix.trace import Ending, Side

HEARTBEATS = ('> [2,"1","Heartbeat",{}]', '< [3,"1",{"currentTime":"$NOW"}]', "> close 1000")
ASKED = ('< [2,"q","GetLocalListVersion",{}]', '> [3,"q",{"listVersion":3}]')


@pytest.fixture
async def peers() -> AsyncIterator[Peers]:
    async with raw_peers() as peers:
        yield peers


class Csms:
    """The next connection to the CSMS: hears messages, and says what the test says."""

    def __init__(self, line: Line, request: bytes) -> None:
        self.line = line
        self.request = request
        self._tap = Tap(Side.STATION)

    @classmethod
    async def accept(cls, peers: Peers, *fields: str) -> "Csms":
        line = await peers.line()
        request = await line.head()
        key = next(each for each in request.decode().split("\r\n") if each.startswith("Sec-WebSocket-Key"))
        answer = ACCEPT.replace(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", accept_of(key.partition(": ")[2]).encode())
        more = "".join(f"{each}\r\n" for each in fields).encode()
        await line.say(answer.removesuffix(b"\r\n") + more + b"\r\n")
        return cls(line, request)

    async def hear(self) -> list[object]:
        """Return the next message of the station; its type is 8 for a close frame."""
        while True:
            for each in self._tap.feed(await self.line.hear(1)):
                if each.opcode == 1:
                    message: list[object] = orjson.loads(each.payload)
                    return message
                if each.opcode == 8:
                    return [8, each.payload]

    async def end(self) -> None:
        await self.line.say(frame(b"\x03\xe8", 8))
        self.line.writer.close()


async def test_what_crosses_is_recorded_judged_like_any_other_and_linked_to_its_origin(
    peers: Peers, tmp_path: Path
) -> None:
    source, output = drawn(tmp_path / "event.recording", *HEARTBEATS), tmp_path / "replay.recording"
    playing = asyncio.ensure_future(toured(planned(source, Side.STATION), peers.url, output))
    csms = await Csms.accept(peers)
    call = await csms.hear()
    await csms.line.say(frame(f'[3,"{call[1]}",{{"currentTime":"2030-01-01T00:00:00Z"}}]'))
    closing = await csms.hear()
    await csms.end()

    (report,) = await playing

    assert report.went_as_recorded
    assert closing == [8, b"\x03\xe8"]
    with Recording.open(output) as recording:
        (session,) = recording.sessions()
        replay = recording.replays()[session.id]
        texts = [each.payload for each in recording.frames(session.id) if each.opcode == 1]
    assert (session.identity, session.chosen, session.ending, session.closed_by) == (
        "CS001", "ocpp1.6", Ending.CLOSED, Side.STATION
    )  # fmt: skip
    assert (replay.recording, replay.origin, replay.side) == ("event.recording", 1, Side.STATION)
    assert session.played is Side.STATION
    assert orjson.loads(texts[0]) == call


async def test_the_password_goes_to_the_csms_and_not_into_the_recording(peers: Peers, tmp_path: Path) -> None:
    source, output = drawn(tmp_path / "event.recording", *HEARTBEATS), tmp_path / "replay.recording"
    playing = asyncio.ensure_future(toured(planned(source, Side.STATION), peers.url, output, "s3cret-of-ours"))
    csms = await Csms.accept(peers)
    await csms.end()

    await playing

    assert b"Authorization: Basic Q1MwMDE6czNjcmV0LW9mLW91cnM=" in csms.request
    assert b"s3cret" not in output.read_bytes()
    assert b"czNjcmV0" not in output.read_bytes()


async def test_a_message_in_fragments_with_a_ping_between_them_is_one_message(peers: Peers, tmp_path: Path) -> None:
    source, output = drawn(tmp_path / "event.recording", *ASKED, *HEARTBEATS), tmp_path / "replay.recording"
    playing = asyncio.ensure_future(toured(planned(source, Side.STATION), peers.url, output))
    csms = await Csms.accept(peers)
    await csms.line.say(
        frame('[2,"live","GetLocal', fin=False), frame(b"hi", 9), frame('ListVersion",{}]', 0)
    )  # fmt: skip

    answer = await csms.hear()
    await csms.end()
    (report,) = await playing

    assert answer == [3, "live", {"listVersion": 3}]
    assert report.counts[What.ASKED] == 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x81\x05[2,",
        b"\xff\xff\xff\xff",
        frame(b"\xff\xfe\x00"),
        frame(b"x", 2),
        frame("[" * 5_000),
        frame(b"\x00", 3),
    ],
)
async def test_a_csms_that_says_garbage_and_hangs_up_is_in_the_report(
    peers: Peers, tmp_path: Path, garbage: bytes
) -> None:
    source, output = drawn(tmp_path / "event.recording", *HEARTBEATS), tmp_path / "replay.recording"
    playing = asyncio.ensure_future(toured(planned(source, Side.STATION), peers.url, output))
    csms = await Csms.accept(peers)
    await csms.line.say(garbage)
    await csms.hear()
    csms.line.reset()

    (report,) = await playing

    assert not report.went_as_recorded
    assert report.counts[What.UNANSWERED] == 1


async def test_a_csms_that_falls_silent_is_left_after_the_deadline(peers: Peers, tmp_path: Path) -> None:
    source, output = drawn(tmp_path / "event.recording", *HEARTBEATS), tmp_path / "replay.recording"
    playing = asyncio.ensure_future(toured(planned(source, Side.STATION), peers.url, output))
    csms = await Csms.accept(peers)
    call = await csms.hear()
    closing = await csms.hear()
    await csms.end()

    (report,) = await playing

    assert (call[2], closing[0]) == ("Heartbeat", 8)
    assert [each.what for each in report.departures] == [What.UNANSWERED]


async def test_a_csms_that_refuses_is_recorded_with_its_refusal(peers: Peers, tmp_path: Path) -> None:
    source, output = drawn(tmp_path / "event.recording", *HEARTBEATS), tmp_path / "replay.recording"
    playing = asyncio.ensure_future(toured(planned(source, Side.STATION), peers.url, output))
    line = await peers.accept(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nno\n")
    line.end()

    (report,) = await playing

    assert (report.session, report.went_as_recorded) == (0, False)
    assert "401 Unauthorized; PLUGFEST_PASSWORD" in report.trouble
    with Recording.open(output) as recording:
        (session,) = recording.sessions()
        assert recording.replays()[session.id].origin == 1
    assert (session.status, session.body, session.ending) == (401, "no\n", Ending.REFUSED)


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n\r\n", ACCEPT])
async def test_what_is_no_websocket_server_is_told_in_a_sentence(peers: Peers, tmp_path: Path, answer: bytes) -> None:
    source, output = drawn(tmp_path / "event.recording", *HEARTBEATS), tmp_path / "replay.recording"
    playing = asyncio.ensure_future(toured(planned(source, Side.STATION), peers.url, output))
    await peers.accept(answer)

    (report,) = await playing

    assert report.trouble.startswith("the CSMS cannot be reached at ws://127.0.0.1:")


async def test_a_port_where_nobody_listens_is_told_in_a_sentence(unused_tcp_port: int, tmp_path: Path) -> None:
    source, output = drawn(tmp_path / "event.recording", *HEARTBEATS), tmp_path / "replay.recording"

    (report,) = await toured(planned(source, Side.STATION), f"ws://127.0.0.1:{unused_tcp_port}/ocpp", output)

    assert report.trouble.endswith("connection refused")


async def test_clones_have_names_and_message_ids_of_their_own(peers: Peers, tmp_path: Path) -> None:
    source, output = drawn(tmp_path / "event.recording", *HEARTBEATS), tmp_path / "replay.recording"
    plan = planned(source, Side.STATION, clones=3, name_of=lambda identity, n: f"{identity}-{n}")
    playing = asyncio.ensure_future(toured(plan, peers.url, output))
    csmses = [await Csms.accept(peers) for _ in range(3)]
    calls = [await csms.hear() for csms in csmses]
    for csms in csmses:
        await csms.end()

    reports = await playing

    assert {report.identity for report in reports} == {"CS001-0", "CS001-1", "CS001-2"}
    assert len({str(call[1]) for call in calls}) == 3


async def test_sessions_of_one_station_come_one_after_the_other_and_share_a_transaction(
    peers: Peers, tmp_path: Path
) -> None:
    pen = Pen()
    start = '> [2,"1","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"$NOW"}]'
    given = '< [3,"1",{"transactionId":17,"idTagInfo":{"status":"Accepted"}}]'
    stop = '> [2,"2","StopTransaction",{"transactionId":17,"meterStop":1,"timestamp":"$NOW"}]'
    source = record(
        tmp_path / "event.recording",
        pen.session([start, given, "> close 1000"], offered=("ocpp1.6",), chosen="ocpp1.6"),
        pen.session([stop, '< [3,"2",{}]', "> close 1000"], offered=("ocpp1.6",), chosen="ocpp1.6"),
    )
    playing = asyncio.ensure_future(toured(planned(source, Side.STATION), peers.url, tmp_path / "replay.recording"))
    first = await Csms.accept(peers)
    call = await first.hear()
    await first.line.say(frame(f'[3,"{call[1]}",{{"transactionId":99,"idTagInfo":{{"status":"Accepted"}}}}]'))
    await first.hear()
    await first.end()

    second = await Csms.accept(peers)
    stopped = await second.hear()
    await second.end()
    await playing

    assert stopped[3]["transactionId"] == 99  # type: ignore[index]  # it is an object


async def test_what_is_stopped_is_told_as_far_as_it_came(peers: Peers, tmp_path: Path) -> None:
    source, output = drawn(tmp_path / "event.recording", *HEARTBEATS), tmp_path / "replay.recording"
    told: list[SessionReport] = []
    recorder = open_recorder(output)
    target = Target(checked_csms("live", peers.url))
    playing = asyncio.ensure_future(tour(planned(source, Side.STATION), target, recorder, told.append))
    csms = await Csms.accept(peers)
    await csms.hear()

    playing.cancel()
    await asyncio.wait({playing})
    await recorder.close()

    assert [each.what for each in told[0].departures] == [What.UNANSWERED]
    with Recording.open(output) as recording:
        (session,) = recording.sessions()
    assert (session.ending, session.fault) == (Ending.HUB, "the replay was stopped")
