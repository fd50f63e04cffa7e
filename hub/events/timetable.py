"""The rounds of an event as they are kept: which one is on, when the next begins, paused and shifted by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.events.event import Round


@dataclass(frozen=True, slots=True)
class Phase:
    """Where an event stands: the round that is on, if any (`number` counts from 1), and how long until it changes.

    `left` is the time until the end of the round that is on, else until the next one begins; None where none comes.
    """

    number: int | None
    of: int
    pairs: tuple[tuple[str, str], ...] = ()
    left: timedelta | None = None
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Timetable:
    """Rounds in their order, and since when the clock stands still, if it does."""

    rounds: tuple[Round, ...]
    paused_at: datetime | None = None

    def at(self, now: datetime) -> Phase:
        """Return where the event stands; while it is paused, where it stood then."""
        is_paused, now = self.paused_at is not None, self.paused_at or now
        for number, each in enumerate(self.rounds, 1):
            if now < each.starts:
                return Phase(None, len(self.rounds), left=each.starts - now, is_paused=is_paused)
            if now < each.ends:
                return Phase(number, len(self.rounds), each.pairs, each.ends - now, is_paused)
        return Phase(None, len(self.rounds), is_paused=is_paused)

    def begun(self, now: datetime) -> int | None:
        """Return the number of the round that began last, whether it is over or not; None before the first."""
        now = self.paused_at or now
        return sum(each.starts <= now for each in self.rounds) or None

    def paused(self, now: datetime) -> "Timetable":
        """Return it with its clock standing still from now on."""
        return self if self.paused_at is not None else replace(self, paused_at=now)

    def resumed(self, now: datetime) -> "Timetable":
        """Return it with its clock going again: all is later by as long as it stood still.

        It is earlier, where the machine's clock was set back meanwhile.
        """
        if self.paused_at is None:
            return self
        by = now - self.paused_at
        return Timetable(tuple(replace(each, starts=each.starts + by) for each in self.rounds))

    def shifted(self, now: datetime, by: timedelta) -> "Timetable":
        """Return it with what has not begun yet earlier or later; the round that is on ends by as much later.

        Nothing is shifted into the past: at the earliest, what comes next begins now.
        """
        now = self.paused_at or now
        coming = next((each.starts if each.starts > now else each.ends for each in self.rounds if each.ends > now), now)
        return replace(self, rounds=_shifted(self.rounds, now, max(by, now - coming)))

    def edited(self, before: Sequence[Round], after: Sequence[Round]) -> "Timetable":
        """Return it for rounds that were edited: those whose times are written as before stay as they were shifted.

        One that would begin before the round before it is over begins then, and lasts as long as it is written.
        """
        times = {(old.starts, old.lasts): mine for mine, old in zip(self.rounds, before, strict=True)}
        rounds: list[Round] = []
        for each in after:
            mine = times.get((each.starts, each.lasts), each)
            starts = max(mine.starts, rounds[-1].ends) if rounds else mine.starts
            rounds.append(replace(each, starts=starts, lasts=mine.lasts))
        return replace(self, rounds=tuple(rounds))


def _shifted(rounds: Sequence[Round], now: datetime, by: timedelta) -> tuple[Round, ...]:
    return tuple(
        each
        if each.ends <= now
        else replace(each, starts=each.starts + by)
        if each.starts > now
        else replace(each, lasts=each.lasts + by)
        for each in rounds
    )
