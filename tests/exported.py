"""Recordings of drawn sessions, and what exports make of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from drawing import judged

from hub.exports.contents import Contents, Findings
from hub.exports.exporter import KINDS, Format
from hub.mirror import keep
from hub.recording.reading import Recording
from hub.recording.writable import open_for_writing
from matrix.finding import Finding
from matrix.trace import Traffic


def drawn_into(path: Path, traffic: Iterable[Traffic]) -> Path:
    """Write drawn traffic into a new recording, with the numbers that it has."""
    recording = open_for_writing(path)
    keep(recording, traffic)
    recording.close()
    return path


def contents_of(recording: Recording, **fields: Any) -> Contents:
    """Return all sessions of a recording with what a judge finds in them, to be exported."""
    sessions = {session.id: session for session in recording.sessions()}
    found = Findings.of(judged(recording.all_traffic()).findings)
    return Contents(recording, sessions, recording.last_mark(), **{"findings": found, "with_secrets": True, **fields})


def exported(path: Path, format_: Format, **fields: Any) -> bytes:
    """Return what an export writes of a recording."""
    with Recording.open(path) as recording:
        return b"".join(KINDS[format_].write(contents_of(recording, **fields)))


def drawn_as(folder: Path, format_: Format, traffic: Iterable[Traffic], **fields: Any) -> bytes:
    """Return what an export writes of drawn traffic."""
    return exported(drawn_into(folder / "drawn.recording", traffic), format_, **fields)


def findings_in(path: Path) -> list[Finding]:
    """Return what a judge finds in a recording."""
    with Recording.open(path) as recording:
        return judged(recording.all_traffic()).findings
