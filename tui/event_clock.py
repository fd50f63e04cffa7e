"""Where an event stands, in words; and asking the hub for it."""

import time
from pathlib import Path
from typing import Final, Protocol

import msgspec

from hub.errors import HubError
from hub.events.control import DeskAt
from hub.events.countdown import PhaseShown
from matrix.policy import Policy, PolicyError, read_policy
from matrix.safe import safe

NEWLINE: Final = "\n"


def clock_line(phase: PhaseShown) -> str:
    """Return where an event stands, in a sentence: `Plugfest: round 2 of 9, 12:30 left`."""
    left = "" if phase.left_s is None else clock_time(int(phase.left_s))
    if phase.number is not None:
        where = f"round {phase.number} of {phase.of}, {left} left"
    elif left:
        where = f"no round is on; the next begins in {left}"
    else:
        where = "all rounds are over" if phase.of else "there are no rounds in the event file"
    trouble = (
        f"; the event file has a mistake: {safe(phase.trouble.partition(NEWLINE)[0], 300)}" if phase.trouble else ""
    )
    return f"{safe(phase.event, 100)}: {where}{' (paused)' if phase.is_paused else ''}{trouble}"


def clock_time(seconds: int) -> str:
    """Return a duration: `12:30`, with hours `1:02:30`."""
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def phase_after(phase: PhaseShown, seconds: float) -> PhaseShown:
    """Return a phase some seconds later; a clock that is paused stands still."""
    if phase.left_s is None or phase.is_paused:
        return phase
    return msgspec.structs.replace(phase, left_s=max(phase.left_s - seconds, 0.0))


async def phase_at(hub: str, ca: Path | None) -> PhaseShown | None:
    """Ask a hub, by its recording or URL, where its event stands; None where it has none, or cannot be asked."""
    try:
        return await DeskAt(hub, ca).clock()
    except HubError:
        return None


class Told(Protocol):
    """What copies a feed: `phase` is where the event stood, and when that was said (seconds, monotonic), if it was."""

    @property
    def phase(self) -> tuple[PhaseShown, float] | None: ...


def phase_told(feed: Told) -> PhaseShown | None:
    """Return where the event stands by what a feed said of it last; None where it said nothing."""
    told = feed.phase
    return phase_after(told[0], time.monotonic() - told[1]) if told else None


def rules_told(phase: PhaseShown) -> Policy | None:
    """Return what the event makes of the rules; None where this program has not got one of them."""
    try:
        return read_policy({each["rule"]: {key: each[key] for key in ("severity", "reason")} for each in phase.rules})
    except (PolicyError, KeyError):
        return None


def worth_saying(phase: PhaseShown | None) -> PhaseShown | None:
    """Return a phase, but None for that of an event that has no rounds, and nothing wrong."""
    return phase if phase and (phase.of or phase.trouble) else None
