import asyncio
from typing import cast

from raw_peers import frame, masked

from hub.relaying.farewell import GOING_AWAY, Farewell, close_frame
from hub.relaying.tap import Tap
from matrix.trace import Opcode, Side


class Wire:
    """A transport, and the leg on it, that note what is done with them."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.transport = cast("asyncio.Transport", self)
        self.is_lost = self.is_silent = False
        self.can_half_close = True
        self.written: list[bytes] = []
        self.is_closed = False

    def set_protocol(self, protocol: Farewell) -> None:
        self.protocol = protocol

    def resume_reading(self) -> None:
        self.is_reading = True

    def is_closing(self) -> bool:
        return self.is_closed

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.is_closed = True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - what a leg is told
        self.is_lost = True


GOODBYE = close_frame(GOING_AWAY, "bye", masked=False)


def farewell_to(side: Side, frame: bytes = GOODBYE, *, listens: bool = True) -> tuple[Wire, Farewell]:
    wire = Wire(side)
    return wire, Farewell(wire, Tap(side), frame, listens=listens)


def test_a_close_frame_is_read_as_what_it_says() -> None:
    (read,) = Tap(Side.STATION).feed(close_frame(GOING_AWAY, "bye", masked=True))

    assert (read.opcode, read.payload, read.masked, read.fin) == (Opcode.CLOSE, b"\x03\xe9bye", 1, 1)


def test_towards_a_station_it_is_not_masked() -> None:
    assert close_frame(1001, "bye", masked=False) == b"\x88\x05\x03\xe9bye"


def test_a_long_reason_is_cut_to_what_a_control_frame_holds() -> None:
    assert len(close_frame(1001, "x" * 1_000, masked=False)) == 2 + 125


def test_the_connection_is_closed_once_the_answer_is_there() -> None:
    wire, farewell = farewell_to(Side.STATION)

    farewell.say()
    before = wire.is_closed
    farewell.data_received(masked("still talking") + masked(b"\x03\xe9", 8)[:4])
    meanwhile = wire.is_closed
    farewell.data_received(masked(b"\x03\xe9", 8)[4:])

    assert wire.written == [GOODBYE]
    assert (before, meanwhile, wire.is_closed) == (False, False, True)


def test_what_comes_before_the_hub_has_spoken_closes_nothing_yet() -> None:
    wire, farewell = farewell_to(Side.CSMS)

    farewell.data_received(frame(b"\x03\xe8", 8))
    before = wire.is_closed
    farewell.say()

    assert (before, len(wire.written), wire.is_closed) == (False, 1, True)


def test_a_side_that_ends_its_stream_is_waited_for_no_longer() -> None:
    wire, farewell = farewell_to(Side.STATION)
    farewell.say()

    farewell.eof_received()

    assert wire.is_closed


def test_where_no_close_frame_can_stand_none_is_sent() -> None:
    wire, farewell = farewell_to(Side.STATION, b"")

    farewell.say()

    assert (wire.written, wire.is_closed) == ([], True)


def test_a_side_that_will_not_answer_is_told_and_not_waited_for() -> None:
    wire, farewell = farewell_to(Side.CSMS, listens=False)

    farewell.say()

    assert (len(wire.written), wire.is_closed) == (1, True)
