"""The latest attempts to connect of each station, and what became of them: for `plugfest doctor` and the page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from matrix.doctor import Diagnosis, Health, explain, spoken_by_csms
from matrix.safe import safe
from matrix.trace import Session
from tui.page.board import MS

ATTEMPTS: Final = 5
PATIENTS: Final = 200
"""Stations that the page lists: those that tried last."""
HEALTH_GLYPHS: Final = {Health.WELL: "✓", Health.ODD: "≈", Health.ILL: "✗"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to connect."""

    session: Session
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class Patient:
    """Who tried to connect: an identity, or a host where no identity was told. The latest attempt comes first."""

    name: str
    attempts: tuple[Attempt, ...]

    @property
    def health(self) -> Health:
        return self.attempts[0].diagnosis.health


def patients(sessions: Iterable[Session], most: int = ATTEMPTS) -> list[Patient]:
    """Return who tried to connect, with the latest attempts; who tried last comes first."""
    sessions = [*sessions]
    spoken = spoken_by_csms(sessions)
    by_name: dict[str, list[Session]] = {}
    for session in reversed(sessions):
        by_name.setdefault(_name(session), []).append(session)
    return [
        Patient(name, tuple(Attempt(each, explain(each, spoken.get(each.csms, ()))) for each in tried[:most]))
        for name, tried in by_name.items()
    ]


def patients_as_json(sessions: Iterable[Session]) -> list[dict[str, Any]]:
    """Return what the page lists."""
    return [
        {"name": safe(patient.name, 120), "health": patient.health, "attempts": [*map(_attempt, patient.attempts)]}
        for patient in patients(sessions)[:PATIENTS]
    ]


def _attempt(attempt: Attempt) -> dict[str, Any]:
    session, diagnosis = attempt.session, attempt.diagnosis
    return {
        "session": session.id,
        "at": session.opened_at // MS,
        "csms": safe(session.csms, 60),
        "health": diagnosis.health,
        "glyph": HEALTH_GLYPHS[diagnosis.health],
        "sentence": diagnosis.sentence,
    }


def _name(session: Session) -> str:
    return session.identity or f"(no identity, from {session.remote.rpartition(':')[0] or 'somewhere'})"
