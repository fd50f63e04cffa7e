"""Where in time the dashboard is: now, or at a moment of the recording; how it plays, and where it waits to go.

Decides only. The app asks after each word what is to be shown, and tells how far the judge has come.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final

from matrix.boards.chronicle import Chronicle
from matrix.boards.pair import FRAMING, BoardView
from matrix.boards.timeline import Kind, Timeline
from tui.lines.moment_text import Extent, Target, read_moment
from tui.lines.text import clock_time, date_and_time
from tui.reading.messages import Progress, Stage

SPEEDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
NAMES: Final = {Kind.FAILURE: "failure", Kind.DEVIATION: "deviation", Kind.CHANGE: "change of outcome"}


@dataclass(frozen=True, slots=True)
class When:
    """What the time line shows. `moment` and `at` (ns) are those that are looked at; `is_back` is False for now.

    `line` has what lies before `judged_until`; `latest` is the board of now. `waiting` says what is waited for.
    """

    line: Timeline
    extent: Extent
    latest: BoardView
    is_shown: bool = False
    is_back: bool = False
    moment: int = 0
    judged_until: int = 0
    speed: int = 1
    is_playing: bool = False
    waiting: str = ""

    @property
    def at(self) -> int:
        return self.extent.here


class Journey:
    """One for an app. `moment` is None for now; `is_shown` says whether somebody wants to see the time line."""

    def __init__(self, chronicle: Chronicle) -> None:
        self.moment: int | None = None
        self.at = 0
        self.speed = 1
        self.is_shown = False
        self._chronicle = chronicle
        self._target: Target | None = None
        self._progress = Progress()
        self._played_from: tuple[int, int] | None = None

    @property
    def line(self) -> Timeline:
        return self._chronicle.timeline

    @property
    def is_playing(self) -> bool:
        return self._played_from is not None

    @property
    def extent(self) -> Extent:
        """From when to when the recording goes, also where the judge has not come to it yet, and where one is."""
        line = self.line
        start, judged = line.time(0), line.time(len(line))
        end = max(judged, self._progress.end_at) if self._is_reading else judged
        return Extent(start, end, end if self.moment is None else self.at)

    @property
    def _is_reading(self) -> bool:
        return self._progress.stage is Stage.READING

    def when(self, latest: BoardView) -> When:
        """Return what is to be shown of it."""
        line = self.line
        return When(
            line=line,
            extent=self.extent,
            latest=latest,
            is_shown=self.is_shown or self.moment is not None or self._target is not None,
            is_back=self.moment is not None,
            moment=len(line) if self.moment is None else self.moment,
            judged_until=line.time(len(line)),
            speed=self.speed,
            is_playing=self.is_playing,
            waiting=self._waiting(),
        )

    def begin_anew(self, chronicle: Chronicle) -> None:
        """Look at what other rules made of the recording, from now."""
        self._chronicle = chronicle
        self.go_to_now()

    # -- going somewhere ----------------------------------------------------------------------------------------------

    def go_to_now(self) -> None:
        """Look at the recording as it is, and follow it."""
        self.moment = self._target = self._played_from = None

    def go_to(self, typed: str) -> None:
        """Go to what somebody has typed.

        Raises:
            MomentError: it is no moment of this recording.
        """
        self._played_from = None
        self._aim(read_moment(typed, self.extent))

    def go_to_share(self, share: float) -> None:
        """Go to a share of the recording's time, 0 to 1."""
        self._played_from = None
        self._aim(Target(at=self.extent.at(share)))

    def step(self, by: int, sessions: Iterable[int] | None = None) -> str:
        """Go to the next message (or with -1, to the one before); of certain sessions, if given.

        Return why that cannot be, "" where it went.
        """
        self._played_from = None
        moment = self._next_message(by) if sessions is None else self._next_message_of(sessions, by)
        if moment is None:
            return f"there is no message {'after' if by > 0 else 'before'} this moment" + self._so_far(by)
        self._stand_at(moment)
        return ""

    def seek(self, kind: Kind, by: int, sessions: Container[int] | None = None) -> str:
        """Go to the next landmark (or with -1, the last one before). Return why not, "" where it went."""
        self._played_from = None
        found = self.line.landmarks[kind].next(self._here, by, sessions)
        if found is None or found > len(self.line):
            return f"there is no {NAMES[kind]} {'after' if by > 0 else 'before'} this moment" + self._so_far(by)
        self._stand_at(found)
        return ""

    # -- playing ------------------------------------------------------------------------------------------------------

    def play_or_pause(self, clock: int) -> None:
        """Let recorded time pass from here on, from the beginning where one is at the end; or stop. `clock` is ours."""
        if self.is_playing:
            self._played_from = None
            return
        if self.moment is None or self.moment >= len(self.line):
            self._stand_at(0)
        self._played_from = self.at, clock

    def change_speed(self, by: int, clock: int) -> None:
        """Play faster or slower, by so many of SPEEDS."""
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]
        if self.is_playing:
            self._played_from = self.at, clock

    def tick(self, clock: int) -> None:
        """Be where playing has come to, by our own clock (ns). It ends where the recording does."""
        if self._played_from is None or self._target is not None:
            return
        since, started = self._played_from
        self.at = since + (clock - started) * self.speed
        if self.at < self.line.time(len(self.line)):
            self.moment = self.line.moment_at(self.at)
        elif self._is_reading:
            self._target = Target(at=min(self.at, self.extent.end))
        else:
            self.go_to_now()

    # -- how far the judge is -----------------------------------------------------------------------------------------

    def take(self, progress: Progress, clock: int) -> None:
        """Take up how far the judge is; go where one waits to go, if it has come there."""
        self._progress = progress
        if self._target is not None:
            self._aim(self._target)
            if self._target is None and self.is_playing:
                self._played_from = self.at, clock

    def _aim(self, target: Target) -> None:
        """Go to a target, or wait for the judge to come there."""
        line, self._target = self.line, None
        if target == Target():
            self.go_to_now()
        elif self._is_reading and not self._is_reached(target):
            self._target = target
        elif target.mark is not None:
            self._stand_at(line.moment_of(target.mark))
        elif target.at is not None:
            self._stand_at(line.moment_at(target.at), target.at)

    def _is_reached(self, target: Target) -> bool:
        line = self.line
        if target.mark is not None:
            return line.mark(len(line)) >= target.mark
        return target.at is None or line.time(len(line)) > target.at

    def _stand_at(self, moment: int, at: int | None = None) -> None:
        self._target, self.moment = None, moment
        self.at = self.line.time(moment) if at is None else at

    @property
    def _here(self) -> int:
        return len(self.line) if self.moment is None else self.moment

    def _next_message(self, by: int) -> int | None:
        line = self.line
        message = line.messages(self._here) + by
        if not 0 <= message <= line.messages(len(line)):
            return None
        return line.moment_of_message(message)

    def _next_message_of(self, sessions: Iterable[int], by: int) -> int | None:
        """Look among the messages of some sessions: each has an entry in the row of what all have in common."""
        line, entries = self.line, self.line.entries(self._here)
        logs = [log for each in sessions if (log := self._chronicle.logs.get(each, {}).get(FRAMING)) is not None]
        counts = [(log, log.count(entries)) for log in logs]
        if by > 0:
            following = min((log.number(count) for log, count in counts if count < len(log)), default=None)
            return None if following is None else line.moment_of_entry(following)
        latest = sorted(log.number(place) for log, count in counts for place in range(max(count - 2, 0), count))
        if len(latest) > 1:
            return line.moment_of_entry(latest[-2])
        return line.moment_of_entry(latest[0]) - 1 if latest else None

    def _so_far(self, by: int) -> str:
        return ", as far as it has been judged" if by > 0 and self._is_reading else ""

    def _waiting(self) -> str:
        if self._target is None:
            return ""
        mark, at = self._target.mark, self._target.at
        what = f"frame {mark}" if mark is not None else date_and_time(at or 0)
        so_far = clock_time(self.line.time(len(self.line)))
        return f"waiting for {what}: judged until {so_far}, {self._progress.share:.0%}"
