"""Legs of sessions that share a recorder, with transports that keep what they are given."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from legs import Floor, transport_of
from raw_peers import masked

from hub.farewell import GOING_AWAY, close_frame
from hub.gates import LateGate
from hub.leg import TURN_BYTES
from hub.recorders import open_recorder
from hub.recording import Recording
from hub.recording_file import Durability
from hub.tap import Tap, TappedFrame
from matrix.trace import Ending, Frame, Session, Side

MESSAGE = masked('[2,"1","Heartbeat",{}]')
FLOOD = MESSAGE * (4 * TURN_BYTES // len(MESSAGE)) + MESSAGE[:5]
"""Four turns' worth, and the beginning of one message more."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "event.recording"


@pytest.fixture(params=list(Durability))
async def floor(path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Floor]:
    recorder = open_recorder(path, durability=request.param)
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


# -- a fault of ours --------------------------------------------------------------------------------------------------


class FaultyTap(Tap):
    """A tap with a fault of ours."""

    def feed(self, data: bytes) -> list[TappedFrame]:
        raise KeyError(len(data))


def session_of(path: Path, number: int) -> Session:
    with Recording.open(path) as recording:
        return recording.session(number)


async def test_session_whose_bytes_cannot_be_handed_on_is_ended_as_the_hubs_doing(floor: Floor, path: Path) -> None:
    station, transport = floor.session(1)
    other, _ = floor.session(2)
    transport_of(station.peer).is_broken = True

    station.data_received(MESSAGE)
    other.data_received(MESSAGE)
    await floor.recorder.committed()
    await floor.recorder.committed()

    ended = session_of(path, 1)
    assert (ended.ending, ended.closed_by, ended.fault) == (Ending.HUB, None, "the hub failed: RuntimeError")
    assert transport.given == [(1, close_frame(GOING_AWAY, "the hub failed", masked=False))]
    assert (floor.given_to(1), floor.given_to(2)) == (b"", MESSAGE)
    assert session_of(path, 2).is_open


async def test_nothing_follows_what_could_not_be_handed_on(floor: Floor, path: Path) -> None:
    station, _ = floor.session(1)
    csms = transport_of(station.peer)
    csms.is_broken = True

    station.data_received(MESSAGE)
    floor.recorder.then(lambda kept: setattr(kept, "is_broken", False), csms)
    station.data_received(MESSAGE)
    await floor.recorder.committed()
    await floor.recorder.committed()

    assert floor.given == [(1, b"")]  # no message, and no close frame: its stream ends
    assert len(frames_of(path, 1)) == 2


async def test_session_is_ended_where_a_gate_cannot_hand_on_what_it_has_held(floor: Floor, path: Path) -> None:
    station, transport = floor.session(1)
    LateGate(station, 0.001, 0.0, Random(1))
    transport_of(station.peer).is_broken = True

    station.data_received(MESSAGE)
    while not transport.given:
        await floor.recorder.committed()

    assert session_of(path, 1).fault == "the hub failed: RuntimeError"
    assert floor.given_to(1) == b""


async def test_connection_that_a_fault_of_ours_breaks_is_not_the_sides_doing(floor: Floor, path: Path) -> None:
    station, _ = floor.session(1)

    station.connection_lost(KeyError("ours"))
    await floor.recorder.committed()
    await floor.recorder.committed()

    ended = session_of(path, 1)
    assert (ended.ending, ended.closed_by, ended.fault) == (Ending.HUB, None, "the hub failed: KeyError")
    assert floor.given == [(1, b"")]


async def test_side_that_could_not_take_its_turn_keeps_nobody_else_waiting(floor: Floor, path: Path) -> None:
    (busy, _), (other, transport) = floor.session(1), floor.session(2)

    busy.data_received(FLOOD)
    busy.tap = FaultyTap(Side.STATION)
    other.data_received(FLOOD)
    await floor.everything(transport)

    assert session_of(path, 1).fault == "the hub failed: KeyError"
    assert floor.given_to(1) == FLOOD[:TURN_BYTES]  # it ends inside a frame: no close frame may follow
    assert floor.given_to(2) == FLOOD
