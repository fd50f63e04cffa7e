"""Sessions that end by a fault of ours, with transports that keep what they are given."""

from pathlib import Path

from legs import MESSAGE, Floor, frames_of, session_of, transport_of

from hub.relaying.farewell import GOING_AWAY, close_frame
from matrix.trace import Ending


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


async def test_connection_that_a_fault_of_ours_breaks_is_not_the_sides_doing(floor: Floor, path: Path) -> None:
    station, _ = floor.session(1)

    station.connection_lost(KeyError("ours"))
    await floor.recorder.committed()
    await floor.recorder.committed()

    ended = session_of(path, 1)
    assert (ended.ending, ended.closed_by, ended.fault) == (Ending.HUB, None, "the hub failed: KeyError")
    assert floor.given == [(1, b"")]
