"""What the thread that reads the recording tells the app. Immutable, so that it can cross threads."""

from dataclasses import dataclass
from enum import Enum, auto

from textual.message import Message

from matrix.boards.pair import BoardView
from matrix.comparison import Changes


class Stage(Enum):
    """How far the reader of a recording has come."""

    READING = auto()  # catching up with what is in the file
    REJUDGING = auto()  # judging what was read once more, by other rules; what is shown is as it was
    LIVE = auto()  # at the end of what a running hub records
    HUB_GONE = auto()  # at the end of what a hub recorded that is not there any more
    AT_END = auto()  # at the end of a recording that no hub writes to
    FAILED = auto()  # the file cannot be read (any more)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the reader is: the stage, the share of the file read (0 to 1), messages a second, findings so far.

    `trouble` is a sentence where the stage is FAILED. Where it is HUB_GONE, `gone` says since when, and what is done.
    `end_at` is when the newest frame of the file was recorded (ns), while the stage is READING.
    `not_recording` says why a running hub records nothing, "" where it does. `disturbed` counts sessions that are being
    disturbed on purpose.
    """

    stage: Stage = Stage.READING
    share: float = 0.0
    messages_per_s: float = 0.0
    findings: int = 0
    trouble: str = ""
    gone: str = ""
    not_recording: str = ""
    disturbed: int = 0
    end_at: int = 0


class Advanced(Message):
    """The judge has come further: a new board, and verdicts that screens can look up."""

    def __init__(self, board: BoardView, progress: Progress) -> None:
        super().__init__()
        self.board = board
        self.progress = progress


class Rejudged(Message):
    """Everything was judged again, by other rules: the source's `verdicts` and `policy` are other ones now."""

    def __init__(self, changes: Changes) -> None:
        super().__init__()
        self.changes = changes
