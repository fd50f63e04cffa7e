"""Drawn traffic put into a recording file, with the hub's own statements."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
from sqlite_utils import Database

from hub.mirror import keep
from hub.recording.database import Transaction
from hub.recording.migrations import RECORDING
from hub.recording.writable import open_for_writing
from hub.writing.batch import improvised_row, replay_row
from matrix.trace import Disturbed, Frame, Replay, Side, Traffic


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


ORIGIN: Final = Replay(0, "event.recording", 7, 1_000, Side.STATION, "max")


def play(path: Path, session: int, origin: Replay = ORIGIN) -> None:
    """Say of a session that it was played, with one answer made up."""
    recording = open_for_writing(path)
    with Transaction(recording.connection) as cursor:
        cursor.execute(*replay_row(msgspec.structs.replace(origin, session=session)))
        cursor.execute(*improvised_row(session, "m1", "Heartbeat"))
    recording.close()


def record_as_at_first(path: Path) -> Path:
    """Write a recording as the first version of the hub did: one session of CS1 with acme, and a Heartbeat."""
    with closing(sqlite3.connect(path, isolation_level=None)) as plain:
        RECORDING.apply(Database(plain), stop_before="m002_verdicts")
        plain.execute(
            "INSERT INTO session (id, opened_at, answered_at, closed_at, identity, csms, path, chosen, status,"
            " opened_mark, closed_mark)"
            " VALUES (1, 10, 20, 40, 'CS1', 'acme', '/acme/CS1', 'ocpp1.6', 101, 1, 3)"
        )
        plain.execute(
            "INSERT INTO frame VALUES (2, 1, 30, 'station', 1, 1, 0, 1, 30, '[2,\"h\",\"Heartbeat\",{}]', NULL)"
        )
    return path


def _renumbered(item: Traffic, session: int, mark: int) -> Traffic:
    if isinstance(item, Frame):
        return msgspec.structs.replace(item, id=mark, session=session)
    if isinstance(item, Disturbed):
        shift = mark - item.mark
        frame = None if item.frame is None else item.frame + shift
        return msgspec.structs.replace(item, mark=mark, number=item.number + shift, session=session, frame=frame)
    return msgspec.structs.replace(item, mark=mark, session=msgspec.structs.replace(item.session, id=session))
