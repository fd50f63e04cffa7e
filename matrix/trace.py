"""Recorded traffic as plain data: what every other module of the judge reads.

A recording is a sequence of sessions and frames in the order in which the hub recorded them. Times are integer
nanoseconds since the Unix epoch, UTC.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final

import msgspec


class Side(StrEnum):
    """Who sent it."""

    STATION = "station"
    CSMS = "csms"

    other: "Side"

    @property
    def label(self) -> str:
        """The side in a sentence: "the station", "the CSMS"."""
        return "the station" if self is Side.STATION else "the CSMS"


Side.STATION.other, Side.CSMS.other = Side.CSMS, Side.STATION


class Opcode(IntEnum):
    """The frame types of RFC 6455 §5.2, and one of ours: bytes that the tap could not read as frames."""

    UNREAD = -1
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


FIRST_CONTROL_OPCODE: Final = 8
"""Opcodes from here on are control frames (RFC 6455 §5.5); they may stand between the fragments of a message."""

RSV1: Final = 4
"""The reserved bit that permessage-deflate uses (RFC 7692 §6), as a bit of `Frame.rsv`."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One WebSocket frame as it crossed the hub; control frames and fragments included.

    `payload` is what the frame means: unmasked and inflated; `str` where it is a text frame (or a fragment) of valid
    UTF-8, else `bytes`. `size` is the number of bytes on the wire, header included. `unread` says in a sentence why
    `payload` is not what was meant: bytes that could not be inflated, that no frame could be read from
    (`opcode` is `UNREAD`), or that were not recorded.
    """

    id: int
    session: int
    at: int
    side: Side
    opcode: int
    payload: str | bytes
    fin: bool = True
    rsv: int = 0
    masked: bool = False
    size: int = 0
    unread: str | None = None


class Ending(StrEnum):
    """How a session came to its end, at the level of the connection."""

    REFUSED = "refused"  # the CSMS, or the hub in its place, answered the upgrade with something other than 101
    UNREACHABLE = "unreachable"  # the hub could not reach the CSMS: no answer to the upgrade to hand on
    ABANDONED = "abandoned"  # the station left before the upgrade was answered
    CLOSED = "closed"  # a close frame was seen from at least one side
    DROPPED = "dropped"  # a side ended its TCP stream without a close frame
    RESET = "reset"  # a side reset its TCP connection
    HUB = "hub"  # the hub stopped, was killed, or gave up: nobody else's doing
    UNSEEN = "unseen"  # imported: the log does not show how it ended


UNTOLD: Final[Mapping[Ending | None, str]] = {
    Ending.HUB: "the hub ended the session",
    Ending.UNSEEN: "the imported log does not hold an answer, and does not show how the session ended",
}
"""Endings that tell nothing of either side, and so why a CALL that was open then is not held against anybody."""


class Clock(StrEnum):
    """What the times of an imported session are worth; those of the hub's own sessions are its clock's."""

    DERIVED = "derived"  # the log names no time zone: it was taken from what the CSMS said the time was
    LOCAL = "local"  # the log names no time zone, and nothing tells it: lengths of time are right, moments are not
    NONE = "none"  # the log has no times: all frames stand at one moment, in its order


Headers = tuple[tuple[str, str], ...]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One station-CSMS WebSocket connection, from its upgrade request (also a refused one) to its close.

    `identity` is percent-decoded, `path` is the request target byte for byte, but for masked secrets. `status`,
    `reason`, `response` and `body` are what the station got; `fault` is the hub's own sentence where it answered in the
    CSMS's place or could not go on. Credentials in `request` are never in clear. `closed_by` is the side that ended it
    first, or None for the hub. `tunnel` names the tunnels that it came through, `station:LAB, csms:ACME`; `remote` and
    `tls` are the station's own then, as the tunnel's agent saw them.

    `origin` says where an imported session was read from, None for one that the hub relayed. Of an imported one only
    its messages were seen: no handshake, no control frames, no masks, no end, and not whether it was open before.
    `clock` says what its times are worth where they are not plainly moments in UTC. `played` is the side that
    `plugfest replay` played: it was not there.
    """

    id: int
    opened_at: int
    identity: str
    csms: str
    path: str = ""
    upstream: str = ""
    remote: str = ""
    tls: str | None = None
    tunnel: str | None = None
    offered: tuple[str, ...] = ()
    chosen: str | None = None
    status: int | None = None
    reason: str = ""
    request: Headers = ()
    response: Headers = ()
    body: str = ""
    fault: str | None = None
    answered_at: int | None = None
    closed_at: int | None = None
    closed_by: Side | None = None
    ending: Ending | None = None
    station_close: int | None = None
    csms_close: int | None = None
    origin: str | None = None
    clock: Clock | None = None
    played: Side | None = None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def upgraded(self) -> bool:
        """True where the station was answered with 101 Switching Protocols, or must have been: messages came."""
        return self.status == 101 or self.origin is not None

    def header(self, name: str, *, of: Side = Side.STATION) -> str | None:
        """Return a header of the request (or, `of=Side.CSMS`, of the response), joined by commas where repeated."""
        headers = self.request if of is Side.STATION else self.response
        values = [value for key, value in headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """A session's handshake is over: upgraded, refused or failed. Only the handshake's fields are set."""

    mark: int
    session: Session


class Closed(msgspec.Struct, frozen=True, tag="closed"):
    """A session has ended; all its frames came before."""

    mark: int
    session: Session


class Fault(StrEnum):
    """What the organizer can do to a session on purpose."""

    LATENCY = "latency"
    BANDWIDTH = "bandwidth"
    STALL = "stall"
    DROP = "drop"
    DELAY = "delay"
    RESET = "reset"
    HALF_CLOSE = "half-close"
    CLOSE = "close"
    REFUSE = "refuse"


class Phase(StrEnum):
    """A step of a disturbance."""

    BEGUN = "begun"  # it is on; a `drop` or `delay` waits for its answer
    TOUCHED = "touched"  # it takes the answer that ends with `frame` out of the stream: for good, or for a while
    ENDED = "ended"  # it is over; the end of its session ends it too


class Disturbed(msgspec.Struct, frozen=True, kw_only=True, tag="disturbed"):
    """The organizer had a session disturbed: one step of it.

    `number` is the same for all steps of one disturbance. `text` is what was asked for, as it is typed
    (`drop answer 2 to Authorize`). `side` is the one whose sending is disturbed, or that is cut off; None for both.
    The frame that a TOUCHED step names is recorded after it.
    """

    mark: int
    number: int
    session: int
    at: int
    phase: Phase
    fault: Fault
    text: str
    side: Side | None = None
    frame: int | None = None


class Replay(msgspec.Struct, frozen=True):
    """One side of a session was played by `plugfest replay`: `side`, from the session `origin` of a recording.

    `recording` is its file as it was called, `origin_at` when that session was opened, `speed` 1, 10 or max.
    """

    session: int
    recording: str
    origin: int
    origin_at: int
    side: Side
    speed: str


Traffic = Opened | Frame | Closed | Disturbed
"""What a recording is a sequence of, in the order of `mark` and `Frame.id`, which share one numbering."""


def mark_of(item: Traffic) -> int:
    """Return an item's place in the order of recording."""
    return item.id if isinstance(item, Frame) else item.mark


def time_of(item: Traffic) -> int:
    """Return when an item happened: of a session, when it was answered or closed; 0 where nobody knows."""
    match item:
        case Frame() | Disturbed():
            return item.at
        case Opened():
            return item.session.answered_at or item.session.opened_at
        case Closed():
            return item.session.closed_at or 0


def session_of(item: Traffic) -> int:
    """Return the session that an item belongs to."""
    return item.session if isinstance(item, Frame | Disturbed) else item.session.id
