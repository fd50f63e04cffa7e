"""Replays over real sockets, of sessions that a test draws."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from drawing import draw
from plays import AT_ONCE, SECOND
from recorded import record

from hub.doors import Door
from hub.handshake.switchboard import checked_csms
from hub.replay.house import House
from hub.replay.plan import Plan
from hub.replay.repertoire import Choice, scripts_of
from hub.replay.station import Target
from hub.replay.tour import tour
from hub.writing.recorders import open_recorder
from matrix.replay.acts import Tempo
from matrix.replay.report import SessionReport
from matrix.trace import Side, Traffic

PATIENT_S = 5
HURRIED = Tempo(AT_ONCE.speed, SECOND // 2)


def planned(source: Path, side: Side, tempo: Tempo = HURRIED, **plan: object) -> Plan:
    """Return the plan of playing everything of a recording."""
    scripts = scripts_of(source, Choice(side=side))
    return Plan(recording=source, scripts=scripts, tempo=tempo, speed="max", seed="test", **plan)  # type: ignore[arg-type]  # passed on


def drawn(path: Path, *lines: str, **drawing: object) -> Path:
    """Record one drawn session."""
    return record(path, draw(*lines, **drawing))  # type: ignore[arg-type]  # passed on


def recorded_sessions(path: Path, *sessions: Iterable[Traffic]) -> Path:
    """Record several drawn sessions."""
    return record(path, *sessions)


async def toured(plan: Plan, url: str, output: Path, password: str | None = None) -> list[SessionReport]:
    """Play recorded stations against a CSMS."""
    recorder = open_recorder(output)
    try:
        return await tour(plan, Target(checked_csms("live", url), password=password, connect_s=2), recorder, _nothing)
    finally:
        await recorder.close()


@asynccontextmanager
async def housed(plan: Plan, output: Path) -> AsyncIterator[House]:
    """Play recorded CSMSes for whoever comes."""
    recorder = open_recorder(output)
    try:
        async with House(plan, [Door(port=0)], recorder, _nothing) as house:
            yield house
    finally:
        await recorder.close()


def _nothing(_: SessionReport) -> None:
    """Tell nobody."""
