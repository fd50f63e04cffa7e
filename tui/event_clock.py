"""Where an event stands, in words; and asking the hub for it."""

from pathlib import Path

import msgspec

from hub.control import control_tls, control_url
from hub.errors import HubError
from hub.event_control import CLOCK_PATH, PhaseShown, ask_clock
from matrix.safe import safe


def clock_line(phase: PhaseShown) -> str:
    """Return where an event stands, in a sentence: `Plugfest: round 2 of 9, 12:30 left`."""
    left = "" if phase.left_s is None else f"{int(phase.left_s) // 60}:{int(phase.left_s) % 60:02}"
    if phase.number is not None:
        where = f"round {phase.number} of {phase.of}, {left} left"
    elif left:
        where = f"no round is on; the next begins in {left}"
    else:
        where = "all rounds are over" if phase.of else "there are no rounds in the event file"
    return f"{safe(phase.event, 100)}: {where}{' (paused)' if phase.is_paused else ''}"


def phase_after(phase: PhaseShown, seconds: float) -> PhaseShown:
    """Return a phase some seconds later; a clock that is paused stands still."""
    if phase.left_s is None or phase.is_paused:
        return phase
    return msgspec.structs.replace(phase, left_s=max(phase.left_s - seconds, 0.0))


async def phase_at(hub: str, ca: Path | None) -> PhaseShown | None:
    """Ask a hub, by its recording or URL, where its event stands; None where no hub runs there, or it has no rounds."""
    try:
        phase = await ask_clock(control_url(hub, CLOCK_PATH), None, control_tls(hub, ca))
    except HubError:
        return None
    return phase if phase.of else None
