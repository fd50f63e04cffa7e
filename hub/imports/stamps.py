"""Times as logs write them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.errors import HubError
from matrix.moments import SECOND_NS, moment

LATEST_NS: Final = 9_000_000_000 * SECOND_NS
"""The year 2255: SQLite counts nanoseconds up to 2262."""
QUARTER_NS: Final = 900 * SECOND_NS

_STAMP: Final = re.compile(
    r"(?<!\d)(?P<date>\d{4}[-/]\d\d[-/]\d\d)(?:[Tt_]|\s{1,4})(?P<clock>\d\d:\d\d:\d\d(?:[.,]\d{1,12})?)"
    r"(?:\s?(?P<zone>[Zz]|UTC|GMT|[+-]\d\d:?\d\d))?(?!\d)",
    re.ASCII,
)
_EPOCH: Final = re.compile(r"(?P<whole>\d{10}|\d{13}|\d{16}|\d{19})(?:\.(?P<fraction>\d{1,12}))?", re.ASCII)
_FIRST: Final = re.compile(r"[\s\[(\"']*(?P<number>\d{10,19}(?:\.\d{1,12})?)(?![\d.])", re.ASCII)
_OFFSET: Final = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)", re.ASCII)


class Stamp(NamedTuple):
    """A time in nanoseconds since the epoch: UTC where it `has_zone`, else of a clock whose time zone is left open."""

    ns: int
    has_zone: bool


class ZoneError(HubError):
    """A time zone that cannot be read; the message says what one looks like."""


def stamp_in(text: str) -> Stamp | None:
    """Return the first time in a text, with its date; or a number at its beginning that counts since the epoch."""
    match = _STAMP.search(text)
    if match is None:
        first = _FIRST.match(text)
        return epoch(first["number"]) if first else None
    zone = (match["zone"] or "").upper()
    zone = "Z" if zone in ("UTC", "GMT") else zone
    read = moment(f"{match['date'].replace('/', '-')}T{match['clock'].replace(',', '.')}{zone}")
    return _within(read.ns, has_zone=read.has_offset) if read is not None else None


def stamp_of(value: object) -> Stamp | None:
    """Return the time that a value of a JSON object stands for: a text, or a number that counts since the epoch."""
    if isinstance(value, str):
        return stamp_in(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return epoch(repr(value))
    return None


def epoch(digits: str) -> Stamp | None:
    """Read a number of seconds, milliseconds, microseconds or nanoseconds since the epoch: its length tells which."""
    match = _EPOCH.fullmatch(digits)
    if match is None:
        return None
    unit = 10 ** (19 - len(match["whole"]))
    part = int((match["fraction"] or "0").ljust(9, "0")[:9]) * unit // SECOND_NS
    return _within(int(match["whole"]) * unit + part, has_zone=True)


def _within(ns: int, *, has_zone: bool) -> Stamp | None:
    return Stamp(ns, has_zone) if QUARTER_NS * 96 < ns < LATEST_NS else None


Zone = Callable[[int], int]
"""Turns nanoseconds of a clock on the wall into nanoseconds since the epoch."""


def zone_named(name: str) -> Zone:
    """Return the time zone of that name: UTC, +02:00, or Europe/Berlin.

    Raises:
        ZoneError: there is none.
    """
    match = _OFFSET.fullmatch(name)
    if match:
        offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
        return (
            _in_zone(timezone(-offset if match["sign"] == "-" else offset)) if offset < timedelta(days=1) else _no(name)
        )
    try:
        return _in_zone(UTC if name.upper() in ("UTC", "Z") else ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise _no_zone(name) from exc


def _no(name: str) -> Zone:
    raise _no_zone(name)


def _no_zone(name: str) -> ZoneError:
    return ZoneError(f"there is no time zone {name!r}: name one as UTC, +02:00 or Europe/Berlin")


def shifted(offset_ns: int) -> Zone:
    """Return the time zone that is ahead of UTC by so much."""
    return lambda ns: ns - offset_ns


def _in_zone(zone: tzinfo) -> Zone:
    @lru_cache(64)
    def offset_ns(quarter: int) -> int:
        wall = datetime(1970, 1, 1) + timedelta(seconds=quarter * 900)
        offset = wall.replace(tzinfo=zone).utcoffset() or timedelta()
        return int(offset.total_seconds()) * SECOND_NS

    return lambda ns: ns - offset_ns(ns // QUARTER_NS)
