"""What is played, how, and what is told of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matrix.replay.acts import Tempo
from matrix.replay.report import SessionReport
from matrix.replay.script import Script
from matrix.trace import Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is played, and how. `speed` is the tempo's as it was typed; `seed` makes fresh ids those of this replay.

    `name_of` gives the identity of a script's station for the clone of that number (0 is the first).
    """

    recording: Path
    scripts: Sequence[Script]
    tempo: Tempo
    speed: str
    seed: str
    clones: int = 1
    repeat: int = 1
    name_of: Callable[[str, int], str] = lambda identity, _clone: identity


Told = Callable[[SessionReport], object]


def origin_of(plan: Plan, script: Script, session: int) -> Replay:
    """Return the link of a session that is played to the recorded one."""
    origin = script.session
    return Replay(session, plan.recording.name, origin.id, origin.opened_at, script.side, plan.speed)


def not_played(script: Script, identity: str, why: str) -> SessionReport:
    """Return the report of a session that never opened."""
    side, origin = script.side.value, script.session.id
    return SessionReport(identity=identity, origin=origin, session=0, side=side, counts={}, departures=(), trouble=why)
