"""TM: how timestamps are written, and whose clock is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from matrix.dialect import V16, V20, V21, V201
from matrix.exchange import Exchange
from matrix.fields import dig, said, text
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.moments import SECOND_NS, Moment, is_iso_date, moment
from matrix.rule import note, on_called, on_result, on_sent, on_unfit, rule
from matrix.schemas import pointer
from matrix.stamps import Stamp, odd_stamps
from matrix.trace import Side

MOST_DIGITS: Final = 3
CSMS_SKEW_NS: Final = 60 * SECOND_NS
STATION_SKEW_NS: Final = 300 * SECOND_NS
STEADY_NS: Final = 5 * SECOND_NS
APART_NS: Final = 60 * SECOND_NS
NEVER_SET_NS: Final = 946_684_800 * SECOND_NS
"""2000-01-01: a clock that shows less was never set."""

LIVE: Final = ("StatusNotification", "StartTransaction", "MeterValues", "TransactionEvent", "NotifyEvent")


@dataclass(slots=True)
class ClockStory:
    """How far a station's clock is known to be off.

    `csms_ahead_ns` is what the CSMS's clock is ahead of the hub's, by the last time that it told the station; None
    while it has told none. `sampled_at` and `behind_ns` are of the last live timestamp that the station sent. `local`
    are the sides that were told already that they do not write UTC.
    """

    csms_ahead_ns: int | None = None
    sampled_at: int = 0
    behind_ns: int = 0
    local: set[Side] = field(default_factory=set)


def _latest(exchange: Exchange) -> tuple[Side, dict[str, Any]]:
    if exchange.answer is None:
        return exchange.side, exchange.request
    return exchange.answerer, exchange.response


def _value_at(payload: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        if isinstance(payload, list):
            payload = payload[int(step)] if step.isdigit() and int(step) < len(payload) else None
        else:
            payload = dig(payload, step)
    return payload


@rule(
    "TM-01",
    "Timestamps are ISO 8601, as RFC 3339 writes it",
    clause="OCPP 1.6 §3.15; JSON schemas of 1.6, format date-time",
    versions={V16},
    on=on_unfit(),
    stands_alone=True,
)
def no_timestamp(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report timestamps that are not ISO 8601 at all; a warning where they are, but not RFC 3339.

    The schemas ask for RFC 3339, and RPC-19 reports both. The text of 1.6 asks for ISO 8601, of which a time without an
    offset is a form, and one that leaves the moment to guesswork.

    Breach: `"timestamp": "01.11.2026 10:00"`. A warning: `"2026-11-01T10:00:00"`.
    Correct: `"2026-11-01T10:00:00Z"`, or `"2026-11-01T11:00:00.1234567+01:00"`.
    """
    for breach in exchange.latest_breaches:
        if breach.format == "date-time":
            side, payload = _latest(exchange)
            yield from _misshapen(side, _value_at(payload, breach.pointer), breach.pointer)


def _misshapen(side: Side, value: Any, pointer: str) -> Iterator[Remark]:
    if not isinstance(value, str):
        return
    found = moment(value)
    if found is not None:
        why = found.flaw or "it is written in a way that RFC 3339 does not have"
        yield warning(side, f"{said(value)} is ISO 8601, but not RFC 3339: {why}", pointer=pointer)
    elif is_iso_date(value):
        yield warning(side, f"{said(value)} is a date of ISO 8601, without a time", pointer=pointer)
    else:
        yield violation(side, f"{said(value)} is no timestamp of ISO 8601", pointer=pointer)


def _has_odd_stamps(exchange: Exchange, _known: Known) -> object:
    """Ask whether a message has timestamps that are not written as 2.x asks for."""
    return odd_stamps(exchange)


_ODD: Final = (on_called(odd=True), on_sent(odd=True), on_result(odd=True))


@rule(
    "TM-02",
    "Timestamps have at most three digits of a second's fraction, and are in UTC",
    clause="Part 2 §3.1",
    versions={V20, V201, V21},
    on=_ODD,
    when=_has_odd_stamps,
    stands_alone=True,
)
def too_fine(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report timestamps with more than three digits of a fraction. UTC ("Z") is recommended: told once a side.

    What is no timestamp of RFC 3339 at all, RPC-19 reports.

    Breach: `"2026-11-01T10:00:00.1234567Z"`.
    Correct: `"2026-11-01T10:00:00.123Z"`.
    """
    side = exchange.side if exchange.answer is None else exchange.answerer
    is_told = side in known.story(ClockStory).local
    for written, place in odd_stamps(exchange):
        read = moment(written)
        if read is None or read.flaw is not None:
            continue
        if read.digits > MOST_DIGITS:
            what = f"{said(written)} has {read.digits} digits of a fraction, {MOST_DIGITS} are allowed"
            yield violation(side, what, pointer=pointer(list(place)))
        if not read.is_utc and not is_told:
            is_told = True
            what = f'{said(written)} is not in UTC ("Z"), which is recommended'
            yield info(side, what, pointer=pointer(list(place)))


@note(_ODD, versions={V20, V201, V21}, when=_has_odd_stamps)
def remember_local_time(exchange: Exchange, known: Known) -> None:
    """Remember which sides were told that they do not write UTC."""
    if any(_is_local(stamp) for stamp in odd_stamps(exchange)):
        side = exchange.side if exchange.answer is None else exchange.answerer
        known.story(ClockStory).local.add(side)


def _is_local(stamp: Stamp) -> bool:
    read = moment(stamp.text)
    return read is not None and read.flaw is None and not read.is_utc


def may_be_off(known: Known) -> bool:
    """Tell whether the station may have another time than the hub by a minute: by its own fault, or its CSMS's."""
    story = known.story(ClockStory)
    return max(abs(story.csms_ahead_ns or 0), abs(story.behind_ns)) >= APART_NS


def _csms_time(exchange: Exchange) -> Moment | None:
    """Return the time that an answer tells the station, where it says which moment that is."""
    told = exchange.response.get("currentTime")
    found = moment(told) if type(told) is str else None
    return found if found is not None and found.has_offset else None


@note(on_result("BootNotification", "Heartbeat", by=Side.STATION))
def remember_csms_time(exchange: Exchange, known: Known) -> None:
    """Remember by how much the clock that the station is to take over differs from the hub's."""
    told = _csms_time(exchange)
    if (
        told is not None
        and exchange.answered_at is not None
        and text(exchange.response, "status") in (None, "Accepted")
    ):
        known.story(ClockStory).csms_ahead_ns = told.ns - exchange.answered_at


def _ahead_ns(exchange: Exchange, told: Moment) -> int:
    """Return by how much a time is ahead of when an answer came, or (below 0) behind its question; 0 in between."""
    return max(0, told.ns - (exchange.answered_at or 0)) or min(0, told.ns - exchange.at)


def _is_far_off(exchange: Exchange, _known: Known) -> bool:
    """Ask whether a CSMS tells a time that is far from the hub's."""
    told = _csms_time(exchange)
    if told is None:
        return False
    answered_at = exchange.answered_at or 0
    return (told.ns - answered_at if told.ns > answered_at else exchange.at - told.ns) > CSMS_SKEW_NS


@rule(
    "TM-04",
    "The time that a CSMS tells a station is the current time",
    clause="OCPP 1.6 §4.6; Part 2 G02.FR.03",
    severity=Severity.WARNING,
    on=on_result("BootNotification", "Heartbeat", by=Side.STATION),
    when=_is_far_off,
)
def csms_clock_off(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a currentTime that is more than a minute off the hub's clock, which is taken to be right.

    It may be any time from when the station asked to when the answer came, which may have been held up on its way.
    Nothing is reported of an imported log whose times name no time zone.

    Breach: `"currentTime": "2026-11-01T09:00:00Z"`, an hour late.
    Correct: the time at which the answer is sent.
    """
    told = _csms_time(exchange)
    if told is None or exchange.answered_at is None or exchange.conversation.session.clock is not None:
        return
    ahead = _ahead_ns(exchange, told)
    way = "ahead of" if ahead > 0 else "behind"
    yield warning(Side.CSMS, f"the time told is {abs(ahead) // SECOND_NS} s {way} the hub's", pointer="/currentTime")


def _own_time(exchange: Exchange) -> tuple[str, Moment] | None:
    """Return when the station says that what it reports happened: the last such time in the message."""
    request = exchange.request
    if exchange.is_repeat or request.get("offline") is True:
        return None
    written = request.get("timestamp") or request.get("generatedAt")
    if written is None and (values := request.get("meterValue")) and type(values) is list:
        written = dig(values[-1], "timestamp")
    if type(written) is not str:
        return None
    read = moment(written)
    return (written, read) if read is not None and read.has_offset else None


def _behind_ns(exchange: Exchange, story: ClockStory, at: Moment) -> int | None:
    """Return by how much a timestamp is behind the time that the CSMS told the station; None where it told none.

    Or behind the hub's, where that is less: a station is not wrong because its CSMS is.
    """
    if story.csms_ahead_ns is None:
        return None
    by_the_hub = exchange.at - at.ns
    by_the_csms = by_the_hub + story.csms_ahead_ns
    return by_the_csms if abs(by_the_csms) <= abs(by_the_hub) else by_the_hub


def _keeps_no_time(exchange: Exchange, known: Known) -> bool:
    """Ask whether a station's clock seems to be more than a little off: by the hub's clock, and by the CSMS's."""
    own = _own_time(exchange)
    if own is None or -STATION_SKEW_NS <= exchange.at - own[1].ns <= STATION_SKEW_NS:
        return False
    behind = _behind_ns(exchange, known.story(ClockStory), own[1])
    return behind is not None and not -STATION_SKEW_NS <= behind <= STATION_SKEW_NS


@rule(
    "TM-03",
    "A station keeps the time that it was told in the answers to BootNotification and Heartbeat",
    clause="OCPP 1.6 §4.2, §4.6; Part 2 B01.FR.06",
    severity=Severity.WARNING,
    on=on_called(*LIVE, by=Side.STATION),
    when=_keeps_no_time,
)
def station_clock_off(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report timestamps from before 2000, more than five minutes ahead, or steadily more than five minutes behind.

    They are compared with the time that the CSMS told the station, and with the hub's: the nearer of the two counts.
    One that is behind may be of something that happened while the station was offline; it is reported where another,
    sent a minute before or more, was behind by as much.

    Breach: `"timestamp": "1970-01-01T00:00:00.740Z"` after an accepted BootNotification.
    Correct: the time at which it happened.
    """
    story, own = known.story(ClockStory), _own_time(exchange)
    behind = _behind_ns(exchange, story, own[1]) if own is not None else None
    if own is None or behind is None:
        return
    if own[1].ns < NEVER_SET_NS:
        yield warning(Side.STATION, f"{said(own[0])}: a clock that was not set, though the station was told the time")
    elif behind < 0:
        yield warning(Side.STATION, f"{said(own[0])} is {-behind // SECOND_NS} s ahead of the time that it was told")
    elif _is_steady(exchange, story, behind):
        yield warning(
            Side.STATION, f"{said(own[0])} is steadily {behind // SECOND_NS} s behind the time that it was told"
        )


def _is_steady(exchange: Exchange, story: ClockStory, behind: int) -> bool:
    """Tell whether the lag is that of a clock: one of things that wait to be sent shrinks as they are."""
    is_apart = bool(story.sampled_at) and exchange.at - story.sampled_at >= APART_NS
    return is_apart and abs(behind - story.behind_ns) <= STEADY_NS


@note(on_called(*LIVE, by=Side.STATION))
def remember_lag(exchange: Exchange, known: Known) -> None:
    """Remember how far behind the last timestamp was, a minute apart."""
    story = known.story(ClockStory)
    if exchange.at - story.sampled_at >= APART_NS and (own := _own_time(exchange)):
        behind = _behind_ns(exchange, story, own[1])
        if behind is not None:
            story.sampled_at, story.behind_ns = exchange.at, behind
