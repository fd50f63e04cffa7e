"""A recording in which two clean sessions cross, and what can be said of what is left of it."""

from collections import defaultdict
from pathlib import Path

from drawing import judged, read_drawing
from goldens import SESSIONS

from hub.copying.rewriting import Rewriter
from hub.recording.reading import Recording
from hub.recording.writable import open_for_writing
from hub.salvaging.salvage import WHY, Salvaged, salvage
from matrix.finding import Severity
from matrix.judge import Judge
from matrix.outcome import WRONG
from matrix.trace import Frame, Traffic, time_of

Said = tuple[int, str, int, str | bytes]


def crossing(path: Path) -> Path:
    """Write a new recording of two sessions at the same time, in which nothing is wrong."""
    drawings = [SESSIONS / f"clean/{name}-charging-session.session" for name in ("16", "201")]
    items = [(item, source) for source, drawing in enumerate(drawings) for item in read_drawing(drawing)]
    recording = open_for_writing(path)
    writer = Rewriter(recording)
    for item, source in sorted(items, key=lambda each: time_of(each[0])):
        writer.write(item, source)
    writer.finish()
    recording.close()
    return path


def traffic_of(path: Path) -> list[Traffic]:
    with Recording.open(path) as recording:
        return [*recording.all_traffic()]


def salvaged(path: Path, into: Path) -> Salvaged:
    """Read what is left of a recording into a new one."""
    recording = open_for_writing(into)
    try:
        return salvage(path, recording, lambda _pages: None)
    finally:
        recording.close()


def said(traffic: list[Traffic]) -> dict[int, list[Said]]:
    """Return the frames of each session, without those that mark a gap."""
    frames: dict[int, list[Said]] = defaultdict(list)
    for item in traffic:
        if isinstance(item, Frame) and item.unread != WHY:
            frames[item.session].append((item.at, item.side, item.opcode, item.payload))
    return frames


def accusations(judge: Judge) -> list[str]:
    """Return everything that a judge holds against anybody."""
    found = [f"{each.rule} {each.text}" for each in judge.findings if each.severity is Severity.VIOLATION]
    rows = [row for pair in judge.board.view().pairs for row in pair.rows]
    return found + [f"{row.action} {row.outcome}" for row in rows if row.outcome in WRONG]


def judged_of(path: Path) -> Judge:
    return judged(traffic_of(path))
