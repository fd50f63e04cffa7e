"""What a search finds: one frame, or the handshake of a session, with all that can be asked about it."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from matrix.finding import Finding
from matrix.outcome import Outcome
from matrix.trace import Side


class Kind(StrEnum):
    """What an entry is."""

    CALL = "call"
    CALLRESULT = "callresult"
    CALLERROR = "callerror"
    CALLRESULTERROR = "callresulterror"
    SEND = "send"
    MALFORMED = "malformed"  # text that no message can be read from
    BINARY = "binary"
    FRAGMENT = "fragment"
    PING = "ping"
    PONG = "pong"
    CLOSE = "close"
    CONTROL = "control"  # a control frame with an opcode that RFC 6455 reserves
    UNREAD = "unread"  # bytes that no frame, or no payload, could be read from
    HANDSHAKE = "handshake"


KINDS: Final = tuple(Kind)
"""In an order that an index may count in."""


class About(msgspec.Struct, frozen=True, gc=False):
    """The session of an entry: who met whom. The product is "" until a station has said what it is."""

    id: int
    identity: str
    csms: str
    version: str
    vendor: str = ""
    model: str = ""
    firmware: str = ""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One line of a conversation.

    `mark` is its place in the order of recording: the frame's id, or the mark at which a session was opened. `side` is
    None for a handshake. `text` is what may be shown of it: secrets are hidden. `action` is that of the call also for
    an answer; `latency_ns` is set on answers alone. `size` is in bytes on the wire, 0 for a handshake.
    """

    mark: int
    about: About
    at: int
    side: Side | None
    kind: Kind
    text: str
    action: str = ""
    message_id: str = ""
    size: int = 0
    latency_ns: int | None = None


class Opinion(Protocol):
    """What the judge says about entries."""

    def outcome(self, session: int, frame: int) -> Outcome | None:
        """Return what the exchange that a frame belongs to came to; None where there is none, or nothing yet."""

    def findings(self, session: int, frame: int | None) -> Sequence[Finding]:
        """Return what was found at a frame, or (None) at the handshake."""

    def frames_with(self, outcome: Outcome) -> Iterable[int]:
        """Return the frames of the calls and answers that came to an outcome."""

    def all_findings(self) -> Iterable[Finding]:
        """Return everything that was found."""


class NoOpinion:
    """Nobody has judged."""

    def outcome(self, session: int, frame: int) -> Outcome | None:
        del session, frame
        return None

    def findings(self, session: int, frame: int | None) -> Sequence[Finding]:
        del session, frame
        return ()

    def frames_with(self, outcome: Outcome) -> Iterable[int]:
        del outcome
        return ()

    def all_findings(self) -> Iterable[Finding]:
        return ()
