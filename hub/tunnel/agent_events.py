"""What an agent tells of itself, for the status of a tunnel: each is also a line of JSON with its `event`."""

from typing import Final

import msgspec

STATIONS: Final = "stations"
"""What the tunnel of stations is called on the agent's side; a CSMS's is called by its name."""


class Connected(msgspec.Struct, frozen=True, tag_field="event", tag="connected"):
    """The hub has taken the agent in."""

    hub: str
    software: str


class Disconnected(msgspec.Struct, frozen=True, tag_field="event", tag="disconnected"):
    """There is no connection to the hub, and why; the next attempt is in so many seconds."""

    reason: str
    retry_s: float


class Listening(msgspec.Struct, frozen=True, tag_field="event", tag="listening"):
    """Stations can connect, at these URLs."""

    urls: list[str]


class GaveUp(msgspec.Struct, frozen=True, tag_field="event", tag="gave_up"):
    """The agent ends by itself: it makes no sense to go on, and why."""

    reason: str


class TurnedAway(msgspec.Struct, frozen=True, tag_field="event", tag="turned_away"):
    """Somebody came to the agent's own port and did not get as far as a request."""

    remote: str
    reason: str


class Began(msgspec.Struct, frozen=True, tag_field="event", tag="began"):
    """A connection is carried: for a CSMS by its name, or for a station at `remote`."""

    tunnel: str
    session: int | None
    remote: str


class Finished(msgspec.Struct, frozen=True, tag_field="event", tag="finished"):
    """A connection is carried no more: it has ended."""

    tunnel: str
    session: int | None
    remote: str
    seconds: float
    bytes_to_hub: int
    bytes_from_hub: int


class NotCarried(msgspec.Struct, frozen=True, tag_field="event", tag="failed"):
    """A connection could not be carried, or no further, and why."""

    tunnel: str
    session: int | None
    remote: str
    reason: str


Streamed = Began | Finished | NotCarried
Happened = Listening | Connected | Disconnected | GaveUp | TurnedAway | Streamed
