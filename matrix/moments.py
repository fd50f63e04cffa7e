"""OCPP timestamps: what moment a text names, and how closely it keeps to RFC 3339."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec

SECOND_NS: Final = 1_000_000_000
MOMENTS_REMEMBERED: Final = 4
"""Timestamps of one message, which are asked for again and again; who remembers more keeps old ones in the caches."""
MINUTES_REMEMBERED: Final = 16
MILLISECONDS: Final = 3

_ISO: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?P<t>[Tt ])"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:(?P<point>[.,])(?P<fraction>\d+))?)?"
    r"(?P<offset>[Zz]|(?P<sign>[+-])(?P<hours>\d\d)(?P<colon>:?)(?P<minutes>\d\d)?)?",
    re.ASCII,
)
_BASIC: Final = re.compile(r"(\d{4})(\d\d)(\d\d)[T](\d\d)(\d\d)(\d\d)?([.,]\d+)?([Zz]|[+-]\d\d:?(?:\d\d)?)?", re.ASCII)
_PLAIN: Final = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z", re.ASCII)
"""How most peers write it."""
FINE_LENGTH: Final = len("2026-11-01T10:00:00.123Z")
"""A moment in UTC with more digits than 2.x allows (Part 2 §3.1) is longer than that."""
_DATE: Final = re.compile(r"\d{4}-?\d\d-?\d\d|\d{4}-?W\d\d(-?\d)?|\d{4}-?\d{3}|\d{4}-\d\d", re.ASCII)
_DIGITS: Final = re.compile(r"\d+")
_ZONE: Final = re.compile(r"(?:[Zz]|(?<=[\d.,])[+-]\d\d:?(?:\d\d)?)\Z", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WITH_FRACTION: Final = len("2026-11-01T10:00:00.Z")
_DAYS: Final = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Moment(msgspec.Struct, frozen=True, gc=False):
    """A moment as a text named it.

    `ns` is in nanoseconds since the Unix epoch; a text without an offset is taken as UTC. `digits` are those of the
    fraction of a second. `is_utc` is True where it ends in Z. `flaw` says in which way it is ISO 8601 without being
    RFC 3339, None where it is both.
    """

    ns: int
    has_offset: bool
    is_utc: bool
    digits: int
    flaw: str | None


@lru_cache(MOMENTS_REMEMBERED)
def moment(text: str) -> Moment | None:
    """Read a timestamp in one of the forms of ISO 8601 that have a date and a time; None where it is none of them.

    One as long as `2026-11-01T10:00:00.123Z` is read by its minute, which is that of many.
    """
    if len(text) != FINE_LENGTH or text[19] != "." or text[23] != "Z" or not text.isascii():
        return _read_plainly(text)
    minute, digits = _minute_ns(text[:17]), text[17:19] + text[20:23]
    if minute is None or not digits.isdigit() or digits >= "60000":
        return _read_plainly(text)
    return Moment(minute + int(digits) * 1_000_000, True, True, MILLISECONDS, None)


@lru_cache(MINUTES_REMEMBERED)
def _minute_ns(text: str) -> int | None:
    """Read `2026-11-01T10:00:`; None where it is not written so."""
    found = _read_plainly(text + "00Z") if _PLAIN.fullmatch(text + "00Z") else None
    return found.ns if found is not None else None


def _read_plainly(text: str) -> Moment | None:
    if not _PLAIN.fullmatch(text):
        return _read_any(text)
    try:
        since = datetime.fromisoformat(text) - _EPOCH
    except ValueError:  # a date that does not exist, or of year 0
        return _read_any(text)
    digits = len(text) - _WITH_FRACTION if len(text) > _WITH_FRACTION else 0
    seconds = since.days * 86_400 + since.seconds
    return Moment(seconds * SECOND_NS + since.microseconds * 1_000, True, True, digits, None)


def _read_any(text: str) -> Moment | None:
    match = _ISO.fullmatch(text)
    if match is None:
        spread = _spread(text)
        found = _read(match) if spread and (match := _ISO.fullmatch(spread)) else None
        return found and msgspec.structs.replace(found, flaw="it has no separators")
    return _read(match)


def is_iso_date(text: str) -> bool:
    """Tell whether a text is a date of ISO 8601 without a time."""
    return _DATE.fullmatch(text) is not None


def shifted(text: str, by_ns: int) -> str:
    """Return a timestamp that is so much later, written in the same way: separators, digits, offset from UTC.

    A text that is no timestamp, or would leave the years 1 to 9999, is returned as it is.
    """
    if _PLAIN.fullmatch(text):
        return _shifted_plainly(text, by_ns)
    if moment(text) is None:
        return text
    places = [match.span() for match in _DIGITS.finditer(text, 0, len(text) - len(_zone(text)))]
    digits = "".join(text[start:end] for start, end in places)
    later = _later(digits[:14].ljust(14, "0"), digits[14:], by_ns)
    if later is None:
        return text
    pieces, at = [], 0
    for start, end in places:
        pieces += [text[at:start], later[: end - start]]
        later, at = later[end - start :], end
    return "".join([*pieces, text[at:]])


def written(ns: int) -> str:
    """Return a moment in UTC as RFC 3339 with milliseconds, the most that OCPP 2.x allows (Part 2 §3.1)."""
    at = _EPOCH + timedelta(microseconds=ns // 1_000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shifted_plainly(text: str, by_ns: int) -> str:
    try:
        later = datetime.fromisoformat(text) + timedelta(microseconds=by_ns // 1_000)
    except (ValueError, OverflowError):  # a date that does not exist, or beyond the calendar
        return text
    return later.isoformat(timespec="microseconds")[: len(text) - 1] + "Z"


def _zone(text: str) -> str:
    match = _ZONE.search(text)
    return match[0] if match else ""


def _later(clock: str, fraction: str, by_ns: int) -> str | None:
    """Return the digits of a moment, `YYYYMMDDhhmmss` and a fraction, so much later; None beyond the calendar."""
    try:
        month, day, hour, minute, second = (int(clock[place : place + 2]) for place in range(4, 14, 2))
        at = datetime(int(clock[:4]), month, day, hour, minute, second, tzinfo=UTC)
        whole, rest = divmod(int(fraction[:9].ljust(9, "0") or "0") + by_ns, SECOND_NS)
        at += timedelta(seconds=whole)
    except (ValueError, OverflowError):  # 24:00, a leap second, the year 0
        return None
    then = f"{at.year:04}{at.month:02}{at.day:02}{at.hour:02}{at.minute:02}{at.second:02}{rest:09}"
    return then.ljust(14 + len(fraction), "0")


def _spread(text: str) -> str | None:
    """Return ISO 8601's basic form with the separators of the extended one."""
    match = _BASIC.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups("")
    return f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{fraction}{offset}"


def _read(match: re.Match[str]) -> Moment | None:
    part = match.groupdict("")
    days = _days(int(part["year"]), int(part["month"]), int(part["day"]))
    hour, minute, second = int(part["hour"]), int(part["minute"]), int(part["second"] or 0)
    if days is None or hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        return None
    offset = _offset_s(part)
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset
    fraction = int(part["fraction"][:9].ljust(9, "0")) if part["fraction"] else 0
    is_utc = part["offset"] in ("Z", "z")
    return Moment(seconds * SECOND_NS + fraction, bool(part["offset"]), is_utc, len(part["fraction"]), _flaw(part))


def _offset_s(part: dict[str, str]) -> int:
    if not part["sign"]:
        return 0
    seconds = int(part["hours"]) * 3600 + int(part["minutes"] or 0) * 60
    return -seconds if part["sign"] == "-" else seconds


def _flaw(part: dict[str, str]) -> str | None:
    """Return in which way a time is not what RFC 3339 §5.6 writes; small letters are."""
    if part["t"] == " ":
        return "a space stands between date and time"
    if not part["offset"]:
        return "it has no offset from UTC"
    if not part["second"]:
        return "it has no seconds"
    if part["point"] == ",":
        return "its fraction follows a comma"
    if part["sign"] and not (part["colon"] and part["minutes"]):
        return "its offset is not written +hh:mm"
    return "its hour is 24" if part["hour"] == "24" else None


def _days(year: int, month: int, day: int) -> int | None:
    """Return the days since 1970-01-01 in the Gregorian calendar; None where there is no such date."""
    if not 1 <= month <= 12:
        return None
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _DAYS[month] + (month == 2 and is_leap):
        return None
    years = year - (month <= 2)  # the year begins in March, so that the leap day is its last
    era_days = years * 365 + years // 4 - years // 100 + years // 400
    return era_days + (153 * ((month + 9) % 12) + 2) // 5 + day - 1 - 719_468
