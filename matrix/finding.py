"""One observed breach or remark, pinned to a side and a frame."""

from enum import StrEnum
from typing import Final

import msgspec

from matrix.trace import Side


class Severity(StrEnum):
    """How much a finding weighs: only a violation keeps an exchange from passing."""

    VIOLATION = "violation"  # breaks a SHALL or MUST of a cited text
    WARNING = "warning"  # SHOULD, or a SHALL whose breach cannot be seen with certainty
    INFO = "info"  # an observation


class Confidence(StrEnum):
    """How sure it is that it was this side: three steps, because traffic yields no percentages."""

    CERTAIN = "certain"  # what was sent proves it, whatever else was said
    LIKELY = "likely"  # it follows from several messages, or something is left to the reader
    OPEN = "open"  # traffic does not tell


class Ground(msgspec.Struct, frozen=True, gc=False):
    """How sure it is that a side is to blame, and why, in a sentence."""

    confidence: Confidence
    why: str


class Blame(msgspec.Struct, frozen=True):
    """Whose doing an outcome is: one side, both, or () where nobody can be named; how sure that is, and why."""

    sides: tuple[Side, ...]
    ground: Ground


NOT_BLAMED: Final = Ground(Confidence.OPEN, "nobody is blamed: it is only worth knowing")


class Remark(msgspec.Struct, frozen=True, gc=False):
    """What a rule yields: a finding that does not yet know its rule, session, frame and action.

    `pointer` is an RFC 6901 JSON pointer into the payload of the message (not into the OCPP-J array), `""` for the
    whole. `frame` is set only where the evidence is another frame than the one that the rule was given, `ground` only
    where the rule knows more about whose doing it is than `matrix.blaming.blame.ground_of` does.
    """

    severity: Severity
    side: Side
    text: str
    pointer: str = ""
    frame: int | None = None
    ground: Ground | None = None


def violation(
    side: Side, text: str, *, pointer: str = "", frame: int | None = None, ground: Ground | None = None
) -> Remark:
    """Report a breach of a SHALL by `side`."""
    return Remark(Severity.VIOLATION, side, text, pointer, frame, ground)


def warning(
    side: Side, text: str, *, pointer: str = "", frame: int | None = None, ground: Ground | None = None
) -> Remark:
    """Report a breach of a SHOULD by `side`, or one that cannot be seen with certainty."""
    return Remark(Severity.WARNING, side, text, pointer, frame, ground)


def info(side: Side, text: str, *, pointer: str = "", frame: int | None = None) -> Remark:
    """Report something worth knowing that is nobody's fault."""
    return Remark(Severity.INFO, side, text, pointer, frame)


class Finding(msgspec.Struct, frozen=True, gc=False):
    """A remark with its rule and its evidence.

    `action` is the row of the matrix that it belongs to: an action, `Connect` or `Framing`. `frame` is the id of the
    frame that shows it; None for a finding about the handshake, whose evidence is the session's headers. `ground` says
    how sure it is that `side` is to blame, and why.
    """

    rule: str
    severity: Severity
    side: Side
    session: int
    frame: int | None
    action: str
    pointer: str
    text: str
    ground: Ground = NOT_BLAMED
