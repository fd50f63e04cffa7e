"""The page as it was: which moment an address means, as far as its viewer may know of it, and the board of then.

When others talked is told to nobody who sees nothing of them: a recording begins and ends, for each viewer, with what
they see of it, and a message names a moment to those only who see that message.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.recording.reading import Recording
from matrix.boards.chronicle import Chronicle
from matrix.boards.hindsight import Hindsight
from matrix.boards.pair import BoardView
from matrix.safe import safe
from matrix.trace import Session
from tui.lines.moment_text import Target
from tui.lines.text import date_and_time
from tui.page.refusal import BAD, FORBIDDEN, LATER, NOT_FOUND, NOT_THERE, OUTCOMES_ONLY, RefusedError
from tui.page.sight import Sight
from tui.reading.messages import Progress, Stage
from tui.reading.verdicts import Verdicts

MS: Final = 1_000_000
HOW: Final = "a time in UTC, as 2026-11-03T14:02:10Z, or a message, as #4711"
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_FRAME: Final = re.compile(r"#([0-9]{1,18})")
_TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2})(?::([0-9]{2})(\.[0-9]{1,9})?)?)?Z?")


@dataclass(frozen=True, slots=True)
class Past:
    """A moment: so many items of traffic, the last one's mark, and the time (ns) by which notes were written.

    `shown_at` (ns) is what its viewer is told of it, with a sentence where that is not what they asked for.
    """

    moment: int
    mark: int
    at: int
    shown_at: int
    sentence: str = ""

    @property
    def as_data(self) -> dict[str, Any]:
        """What the page says above all else."""
        return {"at": self.shown_at // MS, "said": self.sentence}


def read_at(text: str) -> Target:
    """Return what an address means by `at`.

    Raises:
        RefusedError: it is no moment.
    """
    if frame := _FRAME.fullmatch(text):
        return Target(mark=int(frame[1]))
    time = _TIME.fullmatch(text.strip().upper())
    if time is None:
        raise RefusedError(BAD, f"{safe(text, 40)!r} is no moment: it takes {HOW}")
    date, clock, seconds, fraction = time.groups()
    try:
        second = datetime.fromisoformat(f"{date}T{clock or '00:00'}:{seconds or '00'}").replace(tzinfo=UTC)
    except ValueError as exc:
        raise RefusedError(BAD, f"{safe(text, 40)!r} is no time that there is: {exc}") from exc
    return Target(
        at=(second - _EPOCH) // timedelta(seconds=1) * 1_000_000_000 + int((fraction or ".0")[1:].ljust(9, "0"))
    )


def find_past(target: Target, sight: Sight, verdicts: Verdicts, progress: Progress, recording: Recording) -> Past:
    """Return the moment that is meant, for who sees so much.

    Raises:
        RefusedError: it is that of a message which is not to be seen, or the judge has not come so far.
        RecordingError: it is that of a message which there is not.
    """
    if target.mark is not None:
        return _past_of(target.mark, sight, verdicts, progress, recording)
    asked, line = target.at or 0, verdicts.chronicle.timeline
    if progress.stage is Stage.READING and line.time(len(line)) <= asked:
        raise _not_yet(progress)
    seen = [each for each in verdicts.sessions if sight.names_for(each) is not None]
    first = min((each.answered_at or each.opened_at for each in seen), default=asked)
    last = max((_last_of(each, verdicts) for each in seen), default=asked)
    if asked < first:
        return _past(verdicts, first, first, f"At {_told(asked)}, nothing that is shown here had been recorded yet.")
    if asked > last:
        return _past(verdicts, asked, last, f"From then until {_told(asked)}, nothing that is shown here was recorded.")
    return _past(verdicts, asked, asked)


def _past(verdicts: Verdicts, at: int, shown_at: int, sentence: str = "") -> Past:
    line = verdicts.chronicle.timeline
    moment = line.moment_at(at)
    return Past(moment, line.mark(moment), at, shown_at, sentence)


def _past_of(number: int, sight: Sight, verdicts: Verdicts, progress: Progress, recording: Recording) -> Past:
    if not sight.has_open:
        raise RefusedError(FORBIDDEN, OUTCOMES_ONLY)
    frame, line = recording.frame(number), verdicts.chronicle.timeline
    if not sight.is_open_to(recording.session(frame.session)):
        raise RefusedError(NOT_FOUND, NOT_THERE, f"message {number} is of session {frame.session}, of others")
    if line.mark(len(line)) < number and progress.stage is not Stage.FAILED:
        raise _not_yet(progress)
    return Past(line.moment_of(number), number, frame.at, frame.at)


def _not_yet(progress: Progress) -> RefusedError:
    return RefusedError(LATER, f"that moment has not been judged yet: {progress.share:.0%} of the recording have been")


def _last_of(session: Session, verdicts: Verdicts) -> int:
    """Return when the last thing of a session was recorded (ns)."""
    rows = verdicts.chronicle.logs.get(session.id, {}).copy()
    known = verdicts.of(session.id).session or session
    times = [log.last_at() for log in rows.values()]
    return max(known.answered_at or known.opened_at, known.closed_at or 0, *times)


def _told(at: int) -> str:
    return f"{date_and_time(at)} UTC"


class Recall:
    """The boards of moments that have passed. For one thread."""

    def __init__(self) -> None:
        self._hindsight: tuple[Chronicle, Hindsight] | None = None

    def board(self, verdicts: Verdicts, past: Past) -> BoardView:
        """Return the board as it was."""
        chronicle = verdicts.chronicle
        if self._hindsight is None or self._hindsight[0] is not chronicle:
            self._hindsight = chronicle, Hindsight(chronicle)
        return self._hindsight[1].view(past.moment)


@contextmanager
def looking_from(past: Past, verdicts: Verdicts) -> Iterator[None]:
    """Have what the verdicts know be what was known then."""
    verdicts.vantage.move(past.mark, past.at)
    try:
        yield
    finally:
        verdicts.vantage.move()
