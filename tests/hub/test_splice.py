"""Legs of sessions that share a recorder, with transports that keep what they are given."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from raw_peers import masked

from hub.recorder import Durability, Recorder
from hub.recording import Recording
from hub.splice import TURN_BYTES, Leg, Splice
from hub.tap import Tap
from matrix.trace import Frame, Session, Side

MESSAGE = masked('[2,"1","Heartbeat",{}]')
FLOOD = MESSAGE * (4 * TURN_BYTES // len(MESSAGE)) + MESSAGE[:5]
"""Four turns' worth, and the beginning of one message more."""


class Kept(asyncio.Transport):
    """A transport whose peer takes everything; `given` is shared, so that it shows an order over several."""

    def __init__(self, given: list[tuple[int, bytes]], number: int) -> None:
        super().__init__()
        self.given, self.number = given, number
        self.is_read = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.given.append((self.number, bytes(data)))

    def write_eof(self) -> None:
        self.given.append((self.number, b""))

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        assert self.is_read
        self.is_read = False

    def resume_reading(self) -> None:
        assert not self.is_read
        self.is_read = True

    def close(self) -> None:
        self.given.append((self.number, b""))


class Floor:
    """A recorder with open sessions, from whose stations bytes come as the test likes."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.given: list[tuple[int, bytes]] = []

    def session(self, number: int) -> tuple[Leg, Kept]:
        """Return the station's leg of a new session, and the transport that it is read from."""
        session = Session(id=number, opened_at=1, answered_at=2, identity=f"CS{number}", csms="acme", status=101)
        self.recorder.begin(session)
        self.recorder.answer(session)
        splice = Splice(number, self.recorder, lambda _: None)
        transport = Kept([], number)
        station = Leg(splice, Side.STATION, transport, Tap(Side.STATION))
        splice.join(station, Leg(splice, Side.CSMS, Kept(self.given, number), Tap(Side.CSMS)))
        return station, transport

    async def everything(self, station: Kept) -> None:
        """Wait until a station that sent a lot is read from again."""
        while not station.is_read:
            await self.recorder.committed()
        await self.recorder.committed()

    def given_to(self, number: int) -> bytes:
        return b"".join(data for given, data in self.given if given == number)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "event.recording"


@pytest.fixture(params=list(Durability))
async def floor(path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Floor]:
    recorder = Recorder.open(path, durability=request.param)
    yield Floor(recorder)
    await recorder.close()


def frames_of(path: Path, session: int) -> list[Frame]:
    with Recording.open(path) as recording:
        return [each for each in recording.all_traffic() if isinstance(each, Frame) and each.session == session]


async def test_station_that_sends_a_lot_at_once_lets_others_have_their_turn(floor: Floor, path: Path) -> None:
    (busy, transport), (quiet, _) = floor.session(1), floor.session(2)

    busy.data_received(FLOOD)
    quiet.data_received(MESSAGE)
    await floor.everything(transport)

    assert [number for number, _ in floor.given][:3] == [1, 2, 1]
    assert floor.given_to(1) == FLOOD
    assert floor.given_to(2) == MESSAGE
    assert [frame.payload for frame in frames_of(path, 1)] == ['[2,"1","Heartbeat",{}]'] * (len(FLOOD) // len(MESSAGE))


async def test_station_is_not_read_from_while_it_waits_for_its_turn(floor: Floor) -> None:
    busy, transport = floor.session(1)

    busy.data_received(FLOOD)
    reads_at_first = transport.is_read
    await floor.everything(transport)

    assert not reads_at_first
    assert transport.is_read


async def test_what_waits_for_its_turn_comes_before_the_end_of_its_stream(floor: Floor, path: Path) -> None:
    busy, _ = floor.session(1)

    busy.data_received(FLOOD)
    busy.eof_received()
    await floor.recorder.committed()

    assert floor.given_to(1) == FLOOD
    assert floor.given[-1] == (1, b"")
    assert len(frames_of(path, 1)) == len(FLOOD) // len(MESSAGE)


async def test_what_waits_for_its_turn_is_handed_on_though_its_connection_breaks(floor: Floor) -> None:
    busy, _ = floor.session(1)

    busy.data_received(FLOOD)
    busy.connection_lost(None)
    await floor.recorder.committed()

    assert floor.given_to(1) == FLOOD
    assert floor.given[-1] == (1, b"")


async def test_what_waits_goes_nowhere_once_the_other_side_is_gone(floor: Floor) -> None:
    busy, _ = floor.session(1)

    busy.data_received(FLOOD)
    busy.peer.connection_lost(None)
    await floor.recorder.committed()
    await floor.recorder.committed()

    assert floor.given_to(1) == b""
