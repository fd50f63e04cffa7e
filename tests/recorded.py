"""Drawn traffic put into a recording file, with the hub's own statements."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from hub.mirror import keep
from hub.recording_file import open_for_writing
from matrix.trace import Disturbed, Frame, Traffic


def record(path: Path, *traffic: Iterable[Traffic]) -> Path:
    """Write drawn traffic into a new recording; sessions and marks follow each other."""
    recording = open_for_writing(path)
    mark = 0
    for session, items in enumerate(traffic, start=1):
        renumbered = [_renumbered(item, session, mark + place) for place, item in enumerate(items, start=1)]
        mark += len(renumbered)
        keep(recording, renumbered)
    recording.close()
    return path


def _renumbered(item: Traffic, session: int, mark: int) -> Traffic:
    if isinstance(item, Frame):
        return msgspec.structs.replace(item, id=mark, session=session)
    if isinstance(item, Disturbed):
        shift = mark - item.mark
        frame = None if item.frame is None else item.frame + shift
        return msgspec.structs.replace(item, mark=mark, number=item.number + shift, session=session, frame=frame)
    return msgspec.structs.replace(item, mark=mark, session=msgspec.structs.replace(item.session, id=session))
