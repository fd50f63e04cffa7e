"""HB: that a station is heard of once an interval, and how it is told which."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from matrix.dialect import V16, V21, V201
from matrix.exchange import Exchange, Silence
from matrix.fields import objects, seconds_as_ns, text
from matrix.finding import Remark, Severity, warning
from matrix.known import Known
from matrix.rule import note, on_called, on_heard_again, on_result, rule
from matrix.rules.boot_story import BOOT, SECOND_NS, story_of
from matrix.trace import Side

GRACE_NS: Final = 30 * SECOND_NS
HASTY_IN_A_ROW: Final = 5
"""So many Heartbeats in a row, each within half the interval, are no coincidence."""


@dataclass(slots=True)
class HeartStory:
    """The interval that a station was last told, since when; and how often its Heartbeats came much too early."""

    interval_ns: int = 0
    since: int | None = None
    beat_at: int = 0
    hasty: int = 0


@dataclass(slots=True)
class Told:
    """The story of the CSMS that told the station an interval last: it counts wherever the station connects."""

    latest: HeartStory | None = None


@note(on_called(BOOT, by=Side.STATION))
def forget_interval(_exchange: Exchange, known: Known) -> None:
    """Forget the interval until the answer tells one; it may be an answer that the hub cannot read."""
    story = known.story(HeartStory)
    story.interval_ns, story.since = 0, None


@note(on_result(BOOT, by=Side.STATION))
def remember_interval(exchange: Exchange, known: Known) -> None:
    """Take the interval from an accepted BootNotification; 0 leaves it as it was, which is not known.

    Nor is it where the answer does not fit its schema: what the station makes of that is its own affair.
    """
    if exchange.response_breaches:
        _set_interval(known, exchange, 0)
    elif text(exchange.response, "status") == "Accepted":
        _set_interval(known, exchange, seconds_as_ns(exchange.response, "interval"))


@note(on_result("ChangeConfiguration", by=Side.CSMS), versions={V16})
def remember_key(exchange: Exchange, known: Known) -> None:
    """Follow a change of HeartbeatInterval; errata of 1.6 has the key in two spellings."""
    key = (text(exchange.request, "key") or "").lower()
    if key == "heartbeatinterval" and text(exchange.response, "status") in ("Accepted", "RebootRequired"):
        _set_interval(known, exchange, _as_ns(text(exchange.request, "value")))


@note(on_result("SetVariables", by=Side.CSMS), versions={V201, V21})
def remember_variable(exchange: Exchange, known: Known) -> None:
    """Follow a change of OCPPCommCtrlr.HeartbeatInterval."""
    wanted = [each for each in objects(exchange.request, "setVariableData") if _is_interval(each)]
    done = [each for each in objects(exchange.response, "setVariableResult") if _is_interval(each)]
    if wanted and any(text(each, "attributeStatus") in ("Accepted", "RebootRequired") for each in done):
        _set_interval(known, exchange, _as_ns(text(wanted[-1], "attributeValue")))


def _is_interval(entry: dict[str, object]) -> bool:
    return text(entry, "variable", "name") == "HeartbeatInterval"


def _as_ns(value: str | None) -> int:
    is_number = value is not None and value.isascii() and value.isdigit() and len(value) < 9
    return int(value) * SECOND_NS if value is not None and is_number else 0


def _set_interval(known: Known, exchange: Exchange, interval_ns: int) -> None:
    story = known.story(HeartStory)
    story.interval_ns, story.since = interval_ns, exchange.answered_at
    story.beat_at = story.hasty = 0
    known.life(Told).latest = story


@note(on_called("Heartbeat", by=Side.STATION))
def remember_beat(exchange: Exchange, known: Known) -> None:
    """Count Heartbeats in a row that came within half the interval."""
    story = known.story(HeartStory)
    story.hasty = story.hasty + 1 if _is_hasty(exchange, known, story) else 0
    story.beat_at = exchange.at


def _is_hasty(exchange: Exchange, known: Known, story: HeartStory) -> bool:
    """Tell whether a Heartbeat comes within half the interval, and neither repeats one nor was asked for."""
    if not story.beat_at or exchange.at - story.beat_at >= story.interval_ns // 2:
        return False
    if known.life(Told).latest is not story:  # another CSMS has told another interval since
        return False
    return not exchange.is_repeat and "Heartbeat" not in story_of(known).instructed


def _too_long(silence: Silence, known: Known, limit_ns: int) -> str | None:
    """Say for how long nothing was heard of a station, where that is longer than the limit; None where it is not."""
    story = known.story(HeartStory)
    is_seen = silence.conversation.session.origin is None  # a log holds no pings
    if not is_seen or not story.interval_ns or story.since is None:
        return None
    if known.life(Told).latest is not story:  # another CSMS has told another since
        return None
    began = max(silence.since, story.since)
    if silence.at - began <= limit_ns or not known.has_all_since(began):
        return None
    lasted, interval = (silence.at - began) // SECOND_NS, story.interval_ns // SECOND_NS
    return f"nothing was heard for {lasted} s; the interval is {interval} s"


def _is_out_of_time(subject: Silence | Exchange, known: Known) -> bool:
    """Ask whether a station was silent for longer than an interval, or its Heartbeats come much too early."""
    story = known.story(HeartStory)
    if isinstance(subject, Silence):
        return subject.at - subject.since > story.interval_ns
    return story.hasty == HASTY_IN_A_ROW - 1


@rule(
    "HB-01",
    "A station is heard of at least once an interval",
    clause="OCPP 1.6 §4.6; OCPP-J 1.6 §5.3",
    versions={V16},
    severity=Severity.WARNING,
    on=on_heard_again(by=Side.STATION),
    when=_is_out_of_time,
)
def silent_too_long(silence: Silence, known: Known) -> Iterator[Remark]:
    """Report a silence of more than three intervals, when it ends: no message, no ping, no pong.

    Over WebSocket, Heartbeats are not mandatory (one in 24 hours is advised), and any message takes their place.

    Breach: interval 60, and nothing for five minutes.
    Correct: `Heartbeat`, or any other message, once a minute.
    """
    text = _too_long(silence, known, 3 * known.story(HeartStory).interval_ns)
    if text is not None:
        yield warning(Side.STATION, text)


@rule(
    "HB-02",
    "A station is heard of once the interval that its BootNotification was answered, and does not beat much faster",
    clause="Part 2 B01.FR.04, G02.FR.01, G02.FR.02, G02.FR.05",
    versions={V201, V21},
    severity=Severity.WARNING,
    on=(on_heard_again(by=Side.STATION), on_called("Heartbeat", by=Side.STATION)),
    when=_is_out_of_time,
)
def silent_too_long_in_2x(subject: Silence | Exchange, known: Known) -> Iterator[Remark]:
    """Report a silence of more than one and a half intervals and 30 s, when it ends.

    Any message counts, and any ping or pong. A change of HeartbeatInterval is followed. It is a warning, for a line
    that stalls for so long looks the same. Five Heartbeats in a row, each within half the interval and not asked for
    by a TriggerMessage, are one, too.

    Breach: interval 60, and nothing for five minutes.
    Correct: `Heartbeat`, or any other message, once a minute.
    """
    story = known.story(HeartStory)
    if isinstance(subject, Silence):
        text = _too_long(subject, known, story.interval_ns * 3 // 2 + GRACE_NS)
        if text is not None:
            yield warning(Side.STATION, text)
    elif story.hasty == HASTY_IN_A_ROW - 1 and _is_hasty(subject, known, story):
        text = f"{HASTY_IN_A_ROW} Heartbeats in a row, each within half the interval"
        yield warning(Side.STATION, f"{text} of {story.interval_ns // SECOND_NS} s")
