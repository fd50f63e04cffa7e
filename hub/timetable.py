"""The rounds of an event as they are kept: which one is on, when the next begins, paused and shifted by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.event_file import Round


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

    def paused(self, now: datetime) -> "Timetable":
        """Return it with its clock standing still from now on."""
        return self if self.paused_at is not None else replace(self, paused_at=now)

    def resumed(self, now: datetime) -> "Timetable":
        """Return it with its clock going again: what had not ended when it was paused is later by as long."""
        if self.paused_at is None:
            return self
        return Timetable(_shifted(self.rounds, self.paused_at, now - self.paused_at))

    def shifted(self, now: datetime, by: timedelta) -> "Timetable":
        """Return it with what has not begun yet earlier or later; the round that is on ends by as much later.

        Nothing is shifted into the past: at the earliest, what comes next begins now.
        """
        now = self.paused_at or now
        coming = next((each.starts if each.starts > now else each.ends for each in self.rounds if each.ends > now), now)
        return replace(self, rounds=_shifted(self.rounds, now, max(by, now - coming)))

    def edited(self, before: Sequence[Round], after: Sequence[Round]) -> "Timetable":
        """Return it for rounds that were edited: those whose times are written as before stay as they were shifted."""
        kept = [
            replace(new, starts=mine.starts, lasts=mine.lasts)
            for mine, old, new in zip(self.rounds, before, after, strict=False)
            if (old.starts, old.lasts) == (new.starts, new.lasts)
        ]
        is_whole = len(kept) == min(len(before), len(after))
        return replace(self, rounds=(*kept, *after[len(kept) :]) if is_whole else tuple(after))


def _shifted(rounds: Sequence[Round], now: datetime, by: timedelta) -> tuple[Round, ...]:
    return tuple(
        each
        if each.ends <= now
        else replace(each, starts=each.starts + by)
        if each.starts > now
        else replace(each, lasts=each.lasts + by)
        for each in rounds
    )
