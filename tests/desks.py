"""The desk of an event with two rounds, its clock, and a hub that takes down what it is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from event_texts import TWO_STATIONS, a_round

from hub.events.desk import EventDesk
from hub.events.file import read_event
from hub.events.pairing import Move
from hub.tls.contexts import TlsPolicy

NINE: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
EVENT: Final = TWO_STATIONS + a_round(NINE, ("one", "deep")) + a_round(NINE + 30 * MINUTE, ("two", "deep"))
GAP: Final = EVENT.replace("09:30:00", "10:00:00")
"""With half an hour between the rounds."""


class Floor:
    """Takes down what the desk says to a running hub."""

    def __init__(self) -> None:
        self.moves: list[Move] = []

    def take_up_event(self) -> None: ...

    def take_up_moves(self, moves: list[Move]) -> None:
        self.moves += moves

    def is_connected(self, identity: str) -> bool:
        return identity == "V1"


class Clock:
    """The time of a test."""

    def __init__(self) -> None:
        self.now = NINE - 10 * MINUTE


def desk_of(path: Path) -> tuple[EventDesk, Floor]:
    desk, floor = EventDesk(read_event(path), TlsPolicy()), Floor()
    desk.attach(floor)
    return desk, floor
