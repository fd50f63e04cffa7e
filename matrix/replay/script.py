"""A recorded session as a script for one of its sides: what it says of its own accord, and what it answers.

What the other side said is kept in the order of recording, as *events*: that is what the steps wait for.
"""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, Final

from matrix.comparing.aside import series
from matrix.dialect import Dialect
from matrix.replay.fields import Found, Id
from matrix.replay.template import Template
from matrix.trace import Opcode, Session, Side

GARBLED: Final = "(garbled)"
"""The code of an answer that cannot be read."""


class Kind(StrEnum):
    """What a step does."""

    CALL = auto()
    SEND = auto()
    RESULT_ERROR = auto()
    RAW = auto()  # what cannot be read as a message, as it was
    PING = auto()
    CLOSE = auto()
    DROP = auto()  # ends the connection without a close frame
    WAIT = auto()  # for the other side to close


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was recorded; `payload` is None where it is no CALLRESULT, `code` is that of a CALLERROR.

    `ids` are those of its payload, `template` is its text, for whoever is to say it again.
    """

    frame: int
    at: int
    payload: dict[str, Any] | None
    code: str
    ids: tuple[Found, ...]
    template: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that the replayed side did of its own accord. `frame` and `at` are where it is in the recording.

    `after` is how many events came before it. `names` are the ids that it needs, `gives` those that begin with it.
    `needs` are the CALLs of the other side that it is said because of: it is worth waiting for them. `event` is the
    place of its answer among the events, None where none is to be waited for. `code` is a close code.
    """

    kind: Kind
    frame: int
    at: int
    after: int
    opcode: int = int(Opcode.TEXT)
    action: str = ""
    message_id: str = ""
    payload: dict[str, Any] | None = None
    template: Template = ()
    raw: bytes = b""
    names: tuple[Id, ...] = ()
    gives: tuple[Id, ...] = ()
    needs: tuple[int, ...] = ()
    answer: Answer | None = None
    event: int | None = None
    code: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """A CALL of the other side. `answer` is what it was answered; `is_cut` says that the end came before an answer.

    `settles_early` says that the replayed side said something else before it answered. `event` is None where nobody
    waits for it.
    """

    frame: int
    at: int
    action: str
    payload: dict[str, Any] | None
    ids: tuple[Found, ...]
    answer: Answer | None
    is_cut: bool = False
    settles_early: bool = False
    event: int | None = None

    @property
    def series(self) -> str:
        """What it is one of, where how many come is a matter of time: none is missed while others come."""
        return series(self.action, self.payload)


@dataclass(frozen=True, slots=True)
class Event:
    """What the other side did at a place of the recording: it answered a step, or it made a CALL.

    `until` is there where it did not answer: how long that was waited for. `gap` is how long after what was before it.
    """

    at: int
    frame: int
    step: int | None = None
    cue: int | None = None
    until: int | None = None
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """One side of one session. `unread` counts the frames of that side that the recording could not read."""

    session: Session
    side: Side
    dialect: Dialect
    steps: tuple[Step, ...]
    cues: tuple[Cue, ...]
    events: tuple[Event, ...]
    begins_at: int
    ends_at: int
    unread: int = 0

    @property
    def version(self) -> str:
        return self.dialect.version


@dataclass(frozen=True, slots=True)
class Extract:
    """Which part of a session is played: its time, in nanoseconds since the epoch, and the actions of its CALLs."""

    since: int = 0
    until: int = 2**63 - 1
    only: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()

    def awaits(self, at: int) -> bool:
        """Tell whether a CALL of the other side is waited for: none is where it hears a few things only."""
        return not self.only and self.since <= at <= self.until

    def has(self, step: Step) -> bool:
        """Tell whether a step is in it."""
        if not self.since <= step.at <= self.until or step.action in self.skip:
            return False
        return not self.only or not step.action or step.action in self.only
