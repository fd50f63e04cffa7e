"""Exchanges as they are entered where verdicts are looked up, with no more than that asks for."""

from dataclasses import dataclass

from matrix.boards.pair import Evidence
from matrix.outcome import Outcome
from matrix.trace import Side


@dataclass
class Judged:
    """An exchange that came to something, or has yet to."""

    call_frame: int
    answer_frame: int | None = None
    outcome: Outcome | None = None
    session: int = 1
    row: str = "Heartbeat"
    side: Side = Side.STATION
    evidence: Evidence | None = None
