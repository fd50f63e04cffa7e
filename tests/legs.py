"""Sessions without sockets: legs on a recorder of their own, with transports that keep what they are given."""

import asyncio
from pathlib import Path

from raw_peers import masked

from hub.recording.reading import Recording
from hub.relaying.leg import TURN_BYTES, Leg
from hub.relaying.splice import Splice
from hub.relaying.tap import Tap, TappedFrame
from hub.writing.recorder import Recorder
from matrix.trace import Frame, Session, Side

MESSAGE = masked('[2,"1","Heartbeat",{}]')
FLOOD = MESSAGE * (4 * TURN_BYTES // len(MESSAGE)) + MESSAGE[:5]
"""Four turns' worth, and the beginning of one message more."""


class Kept(asyncio.Transport):
    """A transport whose peer takes everything; `given` is shared, so that it shows an order over several.

    While `is_broken`, writing raises, as nothing but a mistake of ours makes it.
    """

    def __init__(self, given: list[tuple[int, bytes]], number: int) -> None:
        super().__init__()
        self.given, self.number = given, number
        self.is_read = True
        self.is_broken = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Take whatever is written."""

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.is_broken:
            raise RuntimeError("Cannot call write() after write_eof()")
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
        self.is_read = True

    def close(self) -> None:
        self.given.append((self.number, b""))

    def abort(self) -> None:
        self.close()


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


def transport_of(leg: Leg) -> Kept:
    """Return the transport of a leg, to break it or to see what it was given."""
    assert isinstance(leg.transport, Kept)
    return leg.transport


class FaultyTap(Tap):
    """A tap with a fault of ours."""

    def feed(self, data: bytes) -> list[TappedFrame]:
        raise KeyError(len(data))


def frames_of(path: Path, session: int) -> list[Frame]:
    with Recording.open(path) as recording:
        return [each for each in recording.all_traffic() if isinstance(each, Frame) and each.session == session]


def session_of(path: Path, number: int) -> Session:
    with Recording.open(path) as recording:
        return recording.session(number)
