"""Values of fields as they are typed: numbers, sizes, lengths of time, moments."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from hub.search.query import Op, QueryError, When
from hub.search.tokens import Piece

LARGEST: Final = 2**63 - 1
DAY_NS: Final = 86_400_000_000_000
_SECOND_NS: Final = 1_000_000_000

_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)
_MEASURED: Final = re.compile(r"(?P<number>\d{1,15}(?:\.\d{1,9})?)(?P<unit>[A-Za-zµ]*)", re.ASCII)
_BYTES: Final = {
    "": 1, "b": 1, "k": 1_000, "kb": 1_000, "m": 1_000_000, "mb": 1_000_000, "kib": 1_024, "mib": 1_048_576,
}  # fmt: skip
_TIMES: Final = {"ns": 1, "us": 1_000, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3_600 * 10**9}
_CLOCK: Final = re.compile(r"(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?", re.ASCII)
_DATE: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](.+))?", re.ASCII)
_OFFSET: Final = re.compile(r"(.*?)(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII)


def count_of(piece: Piece) -> int:
    """Read a whole number.

    Raises:
        QueryError: it is none.
    """
    if not _NUMBER.fullmatch(piece.text):
        raise QueryError(piece.at, f"a whole number is expected, not {piece.text!r}")
    return int(piece.text)


def bytes_of(piece: Piece) -> int:
    """Read a size: `1000`, `16kB`, `1MiB`; bytes where no unit is named.

    Raises:
        QueryError: it is none.
    """
    return _measured(piece, _BYTES.get, "a size is expected, such as 1000, 16kB or 1MiB")


def nanoseconds_of(piece: Piece) -> int:
    """Read a length of time: `2s`, `300ms`, `1.5min`.

    Raises:
        QueryError: it is none.
    """
    return _measured(piece, _TIMES.get, "a length of time is expected, such as 300ms, 2s or 1.5min")


def _measured(piece: Piece, unit_of: Callable[[str], int | None], wanted: str) -> int:
    match = _MEASURED.fullmatch(piece.text)
    unit = unit_of(match["unit"].lower()) if match else None
    if match is None or unit is None:
        raise QueryError(piece.at, f"{wanted}, not {piece.text!r}")
    whole, _, fraction = match["number"].partition(".")
    scale: int = 10 ** len(fraction)
    return min(int(whole) * unit + int(fraction or 0) * unit // scale, LARGEST)


def when(op: Op, piece: Piece) -> When:
    """Read a moment: `14:02` of any day, `2026-11-23`, `2026-11-23T14:02:05.5`; UTC, or with an offset after a date.

    Raises:
        QueryError: it is none.
    """
    clock = _CLOCK.fullmatch(piece.text)
    if clock is not None:
        since, lasts = _clock(piece, clock)
        return When(op, since, since + lasts, daily=True)
    date = _DATE.fullmatch(piece.text)
    if date is None:
        raise QueryError(piece.at, f"a time is expected, such as 14:02 or 2026-11-23T14:02, not {piece.text!r}")
    since, lasts = _moment(piece, date)
    return When(op, _held(since), _held(since + lasts), daily=False)


def _held(ns: int) -> int:
    """Return a moment as 64 bits hold it: within three centuries of 1970."""
    return max(min(ns, LARGEST), -LARGEST)


def _moment(piece: Piece, date: re.Match[str]) -> tuple[int, int]:
    try:
        midnight = datetime.fromisoformat(date[1]).replace(tzinfo=UTC)
    except ValueError:
        raise QueryError(piece.at, f"there is no day {date[1]!r}") from None
    day = (midnight - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) * _SECOND_NS
    if date[2] is None:
        return day, DAY_NS
    offset = _OFFSET.fullmatch(date[2])
    clock = _CLOCK.fullmatch(offset[1]) if offset else None
    if offset is None or clock is None:
        raise QueryError(piece.at + date.start(2), f"a time such as 14:02 is expected, not {date[2]!r}")
    since, lasts = _clock(piece, clock)
    return day + since - _offset_ns(offset), lasts


def _offset_ns(offset: re.Match[str]) -> int:
    if not offset[2]:
        return 0
    minutes = int(offset[3]) * 60 + int(offset[4])
    return (-minutes if offset[2] == "-" else minutes) * 60 * _SECOND_NS


def _clock(piece: Piece, clock: re.Match[str]) -> tuple[int, int]:
    """Return since when and for how long it is that time of day: a minute, a second, or less."""
    hour, minute, second, fraction = clock.groups()
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise QueryError(piece.at, f"there is no time of day {clock[0]!r}")
    since = ((int(hour) * 60 + int(minute)) * 60 + int(second or 0)) * _SECOND_NS
    if second is None:
        return since, 60 * _SECOND_NS
    if fraction is None:
        return since, _SECOND_NS
    digits = fraction.ljust(9, "0")
    return since + int(digits), int("1".ljust(10 - len(fraction), "0"))
