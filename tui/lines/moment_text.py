"""What a person types to go to a moment: a time, a share of the recording, a frame, or so much later or earlier."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from matrix.safe import safe
from tui.lines.text import date_and_time

HOW: Final = "14:02:10, 2026-11-03 14:02, 50%, #4711 (a frame), +10m, -30s, start or now"
SECOND_NS: Final = 1_000_000_000
DAY_NS: Final = 86_400 * SECOND_NS
_UNITS: Final = {"ms": 1_000_000, "s": SECOND_NS, "m": 60 * SECOND_NS, "h": 3_600 * SECOND_NS, "d": DAY_NS}
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(\.\d{1,9})?)?")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_SHIFT: Final = re.compile(r"([+-])\s*(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|m|h|d)")
_SHARE: Final = re.compile(r"(\d{1,3}(?:\.\d{1,9})?)\s*%")
_FRAME: Final = re.compile(r"#\s*(\d{1,18})")


class MomentError(ValueError):
    """What was typed is no moment of this recording; the message says why."""


@dataclass(frozen=True, slots=True)
class Extent:
    """From when to when a recording goes, and from when it is looked at. Nanoseconds since the epoch, UTC."""

    start: int
    end: int
    here: int

    def at(self, share: float) -> int:
        """Return the time at a share of the recording, 0 to 1."""
        return self.start + int((self.end - self.start) * min(max(share, 0.0), 1.0))

    def share(self, at: int) -> float:
        """Return at which share of the recording a time is, 0 to 1."""
        length = self.end - self.start
        return min(max((at - self.start) / length, 0.0), 1.0) if length > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where to go: a time, or the mark of a frame; now where it is neither."""

    at: int | None = None
    mark: int | None = None


def read_moment(typed: str, extent: Extent) -> Target:
    """Return the moment that somebody means.

    A time of day is that of the day from which one looks, if the recording has it, else of the first day that has it. A
    second is meant as a whole, as it is shown everywhere: what happened in it has happened by then.

    Raises:
        MomentError: nobody can tell, or it is not within the recording.
    """
    text = typed.strip().lower()
    if text in ("now", "end"):
        return Target()
    if text == "start":
        return Target(at=extent.start)
    if frame := _FRAME.fullmatch(text):
        return Target(mark=int(frame[1]))
    if share := _SHARE.fullmatch(text):
        return _at_share(float(share[1]), extent)
    return Target(at=_within(_time(text, typed, extent), extent))


def _at_share(percent: float, extent: Extent) -> Target:
    if percent > 100:
        raise MomentError(f"{percent:g} % is more than there is")
    return Target(at=extent.at(percent / 100))


def _time(text: str, typed: str, extent: Extent) -> int:
    if shift := _SHIFT.fullmatch(text):
        length = int(float(shift[2]) * _UNITS[shift[3]])
        return extent.here + (length if shift[1] == "+" else -length)
    if clock := _CLOCK.fullmatch(text):
        return _on_some_day(_since_midnight(clock, typed), extent)
    date, _, rest = text.replace("t", " ").removesuffix("z").partition(" ")
    clock = _CLOCK.fullmatch(rest.strip() or "0:00")
    if _DATE.fullmatch(date) is None or clock is None:
        raise MomentError(f"{safe(typed, 40)!r} is no moment: try {HOW}")
    try:
        midnight = datetime.fromisoformat(date).replace(tzinfo=UTC)
    except ValueError as exc:
        raise MomentError(f"{safe(typed, 40)!r} is no date") from exc
    return (midnight - datetime.fromtimestamp(0, UTC)) // timedelta(days=1) * DAY_NS + _since_midnight(clock, typed)


def _since_midnight(clock: re.Match[str], typed: str) -> int:
    hours, minutes, seconds = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise MomentError(f"{safe(typed, 40)!r} is no time of day")
    since = (hours * 3_600 + minutes * 60 + seconds) * SECOND_NS
    return since + _until_its_end(clock[4]) if clock[3] else since


def _until_its_end(fraction: str | None) -> int:
    """Return the last nanosecond of a second, or of as much of it as a fraction such as `.512` names."""
    return int((fraction or ".")[1:].ljust(9, "9"))


def _on_some_day(since_midnight: int, extent: Extent) -> int:
    here = extent.here // DAY_NS * DAY_NS + since_midnight
    first = extent.start // DAY_NS * DAY_NS + since_midnight
    for at in (here, first, first + DAY_NS):
        if extent.start // SECOND_NS <= at // SECOND_NS <= extent.end // SECOND_NS:
            return at
    return here


def _within(at: int, extent: Extent) -> int:
    """Return a time of the recording; the seconds in which it begins and ends are taken for its beginning and end."""
    if at // SECOND_NS < extent.start // SECOND_NS:
        raise MomentError(f"{date_and_time(at)} is before the recording, which begins {date_and_time(extent.start)}")
    if at // SECOND_NS > extent.end // SECOND_NS:
        raise MomentError(f"{date_and_time(at)} is after the recording, which ends {date_and_time(extent.end)}")
    return min(max(at, extent.start), extent.end)
