"""What a player wants done, and how fast and from when on it plays."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from matrix.trace import Opcode

SECOND: Final = 1_000_000_000


class Say(NamedTuple):
    """Send a message: text, or bytes that are none, in frames of this opcode."""

    payload: str | bytes
    opcode: int = int(Opcode.TEXT)


class Ping(NamedTuple):
    """Send a ping."""

    payload: bytes


class Close(NamedTuple):
    """Begin the closing handshake."""

    code: int


class Drop(NamedTuple):
    """End the connection without a word."""


Act = Say | Ping | Close | Drop


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast, and how patiently. `speed` is 1 for as it was, `inf` for as fast as the peer answers.

    `deadline_ns` is how long something is waited for that had come in the recording.
    """

    speed: float = 1.0
    deadline_ns: int = 10 * SECOND

    @property
    def is_at_once(self) -> bool:
        return self.speed == float("inf")

    def scaled(self, ns: int) -> int:
        """Return a recorded length of time as it is played."""
        return 0 if self.is_at_once else int(ns / self.speed)


@dataclass(frozen=True, slots=True)
class Start:
    """When a session is played. Times are in nanoseconds since the epoch.

    With `recorded_at` and `live_at`, moments of the recording and of the replay that are the same, steps come at their
    time, and their timestamps move by `moved_ns`. Without, they come as long after what they followed as they did, and
    their timestamps keep their distance from the moment of sending.
    """

    opened_at: int
    recorded_at: int | None = None
    live_at: int = 0
    moved_ns: int | None = None
