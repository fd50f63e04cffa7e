from hub.farewell import GOING_AWAY, close_frame
from hub.tap import Tap
from matrix.trace import Opcode, Side


def test_a_close_frame_is_read_as_what_it_says() -> None:
    (read,) = Tap(Side.STATION).feed(close_frame(GOING_AWAY, "bye", masked=True))

    assert (read.opcode, read.payload, read.masked, read.fin) == (Opcode.CLOSE, b"\x03\xe9bye", 1, 1)


def test_towards_a_station_it_is_not_masked() -> None:
    assert close_frame(1001, "bye", masked=False) == b"\x88\x05\x03\xe9bye"


def test_a_long_reason_is_cut_to_what_a_control_frame_holds() -> None:
    assert len(close_frame(1001, "x" * 1_000, masked=False)) == 2 + 125
