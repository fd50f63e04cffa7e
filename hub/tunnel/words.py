"""What a tunnel's agent and the hub say to each other: msgpack over the control WebSocket, and a few HTTP fields.

The agent says `Hello`, the hub `Welcome` or `Bye`. For each session with a tunnelled CSMS the hub says `Open`; the
agent dials the CSMS, and then the hub, showing the ticket (`DATA`), or says `Failed`. For each station it dials the hub
(`STATION`), and is given a ticket. Either connection carries raw bytes after its 101. Before the agent passes on that
its own peer has ended or broken off, it says `Ended` and waits for `Noted`: a connection that ends without that is one
that the tunnel broke. With each `Ping` either side says `Counts`, and `Lost` of a connection that these show to be
broken.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from hub.errors import HubError

VERSION: Final = 1
"""Of all this. A hub and an agent with different ones tell each other, and part."""

ROOT: Final = "/-/tunnel/"
CONTROL: Final = ROOT + "control"
DATA: Final = ROOT + "data"
STATION: Final = ROOT + "station"

PROTOCOL: Final = "plugfest-tunnel"
"""What DATA and STATION are upgraded to (RFC 9110 §7.8): bytes, as they are."""
TICKET: Final = "Plugfest-Ticket"
INSTANCE: Final = "Plugfest-Agent"
STATION_ADDRESS: Final = "Plugfest-Station"
STATION_TLS: Final = "Plugfest-Station-Tls"
REASON: Final = "Plugfest-Reason"
"""Why the hub says no, in a sentence."""

MAX_MESSAGE_BYTES: Final = 2 << 20
"""Room for the counts of as many sessions as a hub takes."""


class WordsError(HubError):
    """A message is none of these; the message says what is wrong with it."""


class How(StrEnum):
    """How the agent's own peer has left."""

    FIN = "fin"  # it ended its stream; it may still listen
    RESET = "reset"  # it broke the connection off
    PATH = "path"  # nobody's doing: the way between the agent and its peer broke


class Why(StrEnum):
    """Why the hub, or an agent, parts from the other."""

    STOPPED = "stopped"  # it was stopped
    VERSION = "version"  # it speaks another version of this
    REVOKED = "revoked"  # the token is no longer good
    REFUSED = "refused"  # the token is not for what the agent brings
    TAKEN = "taken"  # another token has the name
    UNKNOWN = "unknown"  # the hub has no tunnelled CSMS of that name
    SUPERSEDED = "superseded"  # a newer agent of the same token has taken over
    GARBLED = "garbled"  # what it said cannot be read


FINAL: Final = frozenset({Why.REVOKED, Why.REFUSED, Why.SUPERSEDED})
"""After these an agent does not come again: it would be told the same, or take the name back from its successor."""


class Hello(msgspec.Struct, frozen=True, tag="hello", kw_only=True):
    """An agent begins. `csmses` are the URLs that it dials, by name; `tickets` are the streams that it still has."""

    version: int
    software: str
    instance: str
    csmses: dict[str, str] = {}
    stations: bool = False
    tickets: list[str] = []


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """The hub takes it in; `tickets` are the streams of its that the hub still has."""

    software: str
    tickets: list[str]


class Open(msgspec.Struct, frozen=True, tag="open"):
    """A station wants to be connected to a CSMS."""

    ticket: str
    csms: str
    session: int


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """That CSMS cannot be reached, and why."""

    ticket: str
    text: str


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """The agent's own peer of a stream has left."""

    ticket: str
    how: How
    text: str = ""


class Noted(msgspec.Struct, frozen=True, tag="noted"):
    """The hub knows, and the agent may pass the end on."""

    ticket: str


class Counts(msgspec.Struct, frozen=True, tag="counts"):
    """All connections of the agent, as the side that says it has them: bytes `taken`, by ticket.

    Of those that are `full` it takes nothing at the moment, since who is behind it is slow.
    """

    taken: dict[str, int]
    full: list[str]


class Lost(msgspec.Struct, frozen=True, tag="lost"):
    """The path of one connection is broken, and why: it is not to be waited for."""

    ticket: str
    text: str


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """Each side sends these, and hears something from the other, or takes the path for broken."""

    number: int


class Pong(msgspec.Struct, frozen=True, tag="pong"):
    """The answer to a ping."""

    number: int


class Bye(msgspec.Struct, frozen=True, tag="bye"):
    """It parts, and why, in a sentence."""

    why: Why
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What both ends hold each other to, in seconds.

    A side that has heard nothing for `deadline_s` takes the path for broken: with both ends at the defaults, a black
    hole is noticed within 15 s. An agent whose control connection alone is gone has `grace_s` to come back: its
    sessions go on.
    """

    keepalive_s: float = 5.0
    deadline_s: float = 15.0
    grace_s: float = 10.0
    hello_s: float = 10.0
    connect_s: float = 5.0


Decoded = TypeVar("Decoded")
OfAgent = Hello | Failed | Ended | Counts | Lost | Ping | Pong | Bye
OfHub = Welcome | Open | Noted | Counts | Lost | Ping | Pong | Bye

_ENCODER: Final = msgspec.msgpack.Encoder()
_OF_AGENT: "Final[msgspec.msgpack.Decoder[OfAgent]]" = msgspec.msgpack.Decoder(OfAgent)
_OF_HUB: "Final[msgspec.msgpack.Decoder[OfHub]]" = msgspec.msgpack.Decoder(OfHub)


def encode(word: OfAgent | OfHub) -> bytes:
    """Return a message as msgpack."""
    return _ENCODER.encode(word)


def from_agent(data: bytes) -> OfAgent:
    """Read what an agent says.

    Raises:
        WordsError: it is nothing that an agent says.
    """
    return _decoded(_OF_AGENT, data)


def from_hub(data: bytes) -> OfHub:
    """Read what the hub says.

    Raises:
        WordsError: it is nothing that a hub says.
    """
    return _decoded(_OF_HUB, data)


def _decoded(decoder: "msgspec.msgpack.Decoder[Decoded]", data: bytes) -> Decoded:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise WordsError(f"this cannot be read as a message of a tunnel: {exc}") from exc
