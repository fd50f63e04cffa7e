"""Legs of sessions that share a recorder, with transports that keep what they are given."""

from pathlib import Path

import pytest
from legs import FLOOD, MESSAGE, FaultyTap, Floor, frames_of, session_of

from hub.handshake.dial import HeadReader
from hub.relaying.farewell import GOING_AWAY, close_frame
from hub.relaying.leg import TURN_BYTES
from matrix.trace import Side


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


async def test_side_that_could_not_take_its_turn_keeps_nobody_else_waiting(floor: Floor, path: Path) -> None:
    (busy, _), (other, transport) = floor.session(1), floor.session(2)

    busy.data_received(FLOOD)
    busy.tap = FaultyTap(Side.STATION)
    other.data_received(FLOOD)
    await floor.everything(transport)

    assert session_of(path, 1).fault == "the hub failed: KeyError"
    assert floor.given_to(1) == FLOOD[:TURN_BYTES]  # it ends inside a frame: no close frame may follow
    assert floor.given_to(2) == FLOOD


async def test_side_whose_first_bytes_cannot_be_taken_is_taken_leave_of(floor: Floor, path: Path) -> None:
    station, transport = floor.session(1)
    station.tap = FaultyTap(Side.STATION)
    reader = HeadReader()
    reader.transport = transport
    reader.data_received(MESSAGE[:5])

    station.take_over(reader)
    await floor.recorder.committed()
    await floor.recorder.committed()

    assert session_of(path, 1).fault == "the hub failed: KeyError"
    assert transport.given == [(1, close_frame(GOING_AWAY, "the hub failed", masked=False))]
    assert floor.given == [(1, b"")]


@pytest.mark.parametrize("end", ["eof_received", "connection_lost"])
async def test_side_whose_rest_cannot_be_taken_ends_all_the_same(floor: Floor, path: Path, end: str) -> None:
    busy, _ = floor.session(1)
    busy.data_received(FLOOD)
    busy.tap = FaultyTap(Side.STATION)

    busy.eof_received() if end == "eof_received" else busy.connection_lost(None)
    await floor.recorder.committed()

    assert session_of(path, 1).fault == "the hub failed: KeyError"
    assert floor.given[-1] == (1, b"")
