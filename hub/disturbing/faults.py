"""What can be done to a session on purpose, each with the `text` in which it is asked for (docs/disturbing.md)."""

from dataclasses import dataclass
from typing import ClassVar

from matrix.trace import Fault, Side


@dataclass(frozen=True, slots=True)
class Latency:
    """Whatever `side` sends (None: both) arrives `delay_s` later, give or take `jitter_s`, in order."""

    fault: ClassVar = Fault.LATENCY
    delay_s: float
    jitter_s: float = 0.0
    side: Side | None = None
    for_s: float | None = None

    @property
    def text(self) -> str:
        jitter = f" jitter {duration_text(self.jitter_s)}" if self.jitter_s else ""
        return f"latency {duration_text(self.delay_s)}{jitter}{_from(self.side)}{_for(self.for_s)}"


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """No more than `bytes_per_s` of what `side` sends (None: of what each side sends) is handed on."""

    fault: ClassVar = Fault.BANDWIDTH
    bytes_per_s: float
    side: Side | None = None
    for_s: float | None = None

    @property
    def text(self) -> str:
        return f"bandwidth {_rate(self.bytes_per_s)}{_from(self.side)}{_for(self.for_s)}"


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing that `side` sends (None: that either sends) arrives for so long; then all of it."""

    fault: ClassVar = Fault.STALL
    for_s: float
    side: Side | None = None

    @property
    def text(self) -> str:
        return f"stall {duration_text(self.for_s)}{_from(self.side)}"


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """The `number`-th answer from now on (to CALLs of `action`, from `side`, if given) is taken out of the stream.

    It is dropped, or (`by_s`) handed on that much later, while what comes after it passes it.
    """

    number: int = 1
    action: str | None = None
    side: Side | None = None
    by_s: float | None = None
    for_s: ClassVar[None] = None

    @property
    def fault(self) -> Fault:
        return Fault.DROP if self.by_s is None else Fault.DELAY

    @property
    def text(self) -> str:
        number = f" {self.number}" if self.number > 1 or not self.action else ""
        action = f" to {self.action}" if self.action else ""
        by = f" by {duration_text(self.by_s)}" if self.by_s is not None else ""
        return f"{self.fault} answer{number}{action}{_from(self.side)}{by}"


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection of `side` (None: both) is broken with a TCP RST; the other side sees its stream end."""

    fault: ClassVar = Fault.RESET
    side: Side | None = None

    @property
    def text(self) -> str:
        return f"reset{_of(self.side)}"


@dataclass(frozen=True, slots=True)
class HalfClose:
    """`side` sees the stream of the other one end; what it sends itself still arrives."""

    fault: ClassVar = Fault.HALF_CLOSE
    side: Side

    @property
    def text(self) -> str:
        return f"half-close {self.side}"


@dataclass(frozen=True, slots=True)
class Close:
    """`side` (None: both) gets a close frame with this code, and the connections end."""

    fault: ClassVar = Fault.CLOSE
    code: int
    side: Side | None = None

    @property
    def text(self) -> str:
        return f"close {self.code}{_of(self.side)}"


@dataclass(frozen=True, slots=True)
class Refuse:
    """The next upgrade request of a station is answered with this status in the CSMS's place."""

    fault: ClassVar = Fault.REFUSE
    side: ClassVar[None] = None
    status: int

    @property
    def text(self) -> str:
        return f"refuse {self.status}"


Ending = Reset | HalfClose | Close
Lasting = Latency | Bandwidth | Stall | AnswerFault
Wanted = Lasting | Ending | Refuse
"""What can be asked for; `hub.disturbing.fault_language` reads its text as the same again."""


def duration_text(seconds: float) -> str:
    """Return a length of time as it is written."""
    return f"{seconds:.9g}s" if seconds >= 1 else f"{seconds * 1000:.9g}ms"


def _rate(bytes_per_s: float) -> str:
    return f"{bytes_per_s / 1000:.9g}kB/s" if bytes_per_s >= 1000 else f"{bytes_per_s:.9g}B/s"


def _from(side: Side | None) -> str:
    return f" from {side}" if side else ""


def _of(side: Side | None) -> str:
    return f" {side}" if side else ""


def _for(seconds: float | None) -> str:
    return f" for {duration_text(seconds)}" if seconds is not None else ""
