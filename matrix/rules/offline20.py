"""TX20-05, TX20-16 and TX20-17: events that occurred offline, are sent again, and are answered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from matrix.alarms import Alarm
from matrix.exchange import Conversation, Exchange
from matrix.fields import moment_at, objects, text
from matrix.finding import Remark, Severity, violation, warning
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.rule import note, on_alarm, on_called, on_closed, on_error, on_opened, on_overdue, on_result, rule
from matrix.rules.silence import MINUTE_NS
from matrix.rules.transactions20 import EVENT, VERSIONS, Event, transaction_of
from matrix.secrets import told
from matrix.soundness import is_heard, is_sound
from matrix.trace import UNTOLD, Ending, Side
from matrix.wire import CallError

EXACT_NS: Final = 2 * SECOND_NS
"""A clock this close to the hub's is taken to be right."""
WELL_INSIDE_NS: Final = 5 * SECOND_NS
EARLY_NS: Final = SECOND_NS
"""What a station's timer may be early."""
LONGEST_INTERVAL_S: Final = 86_400


@dataclass(slots=True)
class Presence:
    """When the station was connected to no CSMS at all; a story of its life. `left_at` is when it went the last time.

    `away` is the latest time without a session, from and to (ns); None where that is not certain. `has_left` says that
    the station ended its newest session itself, or agreed to: else it may have taken itself to be online. `is_aware`
    says that of the session before `away`.
    """

    open: set[int] = field(default_factory=set)
    newest: int = 0
    left_at: int | None = None
    has_left: bool = False
    is_aware: bool = False
    away: tuple[int, int] | None = None


@dataclass(slots=True)
class Punctuality:
    """`skew` is by how much the station's clock was ahead in this session at most (ns), `skew_before` in the last one.

    `interval` is MessageAttemptIntervalTransactionEvent (s), where it was told.
    """

    skew: int | None = None
    skew_before: int | None = None
    interval: int | None = None


@note(on_opened(), versions=VERSIONS)
def remember_return(conversation: Conversation, known: Known) -> None:
    """Remember for how long the station was away, and how well its clock went before."""
    presence, clock = known.life(Presence), known.story(Punctuality)
    at = conversation.session.answered_at or conversation.session.opened_at
    is_certain = not presence.open and presence.left_at is not None
    presence.away = (presence.left_at or 0, at) if is_certain else None
    presence.open.add(conversation.session.id)
    presence.is_aware, presence.has_left = presence.has_left, False
    presence.newest = conversation.session.id
    clock.skew_before, clock.skew = clock.skew, None


@note(on_closed(), versions=VERSIONS)
def remember_leaving(conversation: Conversation, known: Known) -> None:
    """Remember when the station went; not where the hub itself was stopped, or a log does not tell."""
    presence, session = known.life(Presence), conversation.session
    presence.open.discard(session.id)
    presence.left_at = None if session.ending in UNTOLD else session.closed_at
    is_dropped = session.closed_by is Side.STATION and session.ending is Ending.DROPPED
    if session.id == presence.newest:
        presence.has_left = is_dropped or session.station_close is not None


@note(on_called(EVENT, "StatusNotification", by=Side.STATION), versions=VERSIONS)
def remember_skew(exchange: Exchange, known: Known) -> None:
    """Remember how far the station's clock is ahead; what was queued looks late, and so is no evidence."""
    event: Event | None = exchange.reading
    at = moment_at(exchange.request, "timestamp") if event is None else event.moment
    clock = known.story(Punctuality)
    if at is not None and (clock.skew is None or at - exchange.at > clock.skew):
        clock.skew = at - exchange.at


def _is_interval(entry: Any) -> bool:
    is_named = text(entry, "variable", "name") == "MessageAttemptInterval"
    return is_named and text(entry, "variable", "instance") == EVENT


def _note_interval(known: Known, value: str | None) -> None:
    if value is not None and value.isascii() and value.isdigit() and len(value) < 6:
        known.story(Punctuality).interval = min(int(value), LONGEST_INTERVAL_S)


@note(on_result("GetVariables"), versions=VERSIONS)
def remember_told(exchange: Exchange, known: Known) -> None:
    """Remember the interval that the station says it keeps."""
    for entry in objects(exchange.response, "getVariableResult"):
        if _is_interval(entry) and text(entry, "attributeType") in (None, "Actual"):
            _note_interval(known, text(entry, "attributeValue"))


@note(on_result("SetVariables"), versions=VERSIONS)
def remember_set(exchange: Exchange, known: Known) -> None:
    """Forget the interval where a new one is set: from when on it counts is not known."""
    if any(_is_interval(entry) for entry in objects(exchange.request, "setVariableData")):
        known.story(Punctuality).interval = None


@note(on_called("NotifyReport"), versions=VERSIONS)
def remember_reported(exchange: Exchange, known: Known) -> None:
    """Remember the interval that the station reports."""
    for entry in objects(exchange.request, "reportData"):
        if _is_interval(entry):
            for attribute in objects(entry, "variableAttribute"):
                if text(attribute, "type") in (None, "Actual"):
                    _note_interval(known, text(attribute, "value"))


@note(on_overdue(EVENT, "MeterValues"), versions=VERSIONS)
def await_answer(exchange: Exchange, _known: Known) -> None:
    """Wait some more for an answer that is late."""
    exchange.conversation.wake(
        "tx20.answer", exchange.at, MINUTE_NS, exchange=exchange, about=exchange.call_frame, by=Side.CSMS
    )


def _was_away_or_waits(_exchange: Exchange, known: Known) -> bool:
    """Ask whether a station was without a connection, or has told after how long it sends again."""
    return known.life(Presence).away is not None or known.story(Punctuality).interval is not None


@rule(
    "TX20-05",
    "An event that occurred offline says so, and one that did not does not",
    clause="Part 2 E04.FR.03, E11.FR.02, E11.FR.07, E12.FR.02",
    versions=VERSIONS,
    on=on_called(EVENT),
    when=_was_away_or_waits,
)
def offline_or_not(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report an event without `"offline":true` whose timestamp lies in a time without a connection.

    Only where the station's clock was right (within 2 s of the hub's) before and the timestamp lies 5 s inside, and
    the station was connected to no CSMS of this hub. A warning where it did not end the connection itself (by a close
    frame, or by its TCP stream): it may not have noticed yet. An event marked as offline that occurred a minute or more
    after the connection was there is a warning.

    Breach: away from 10:00:00 to 10:05:00, then an event of 10:02:00 without offline.
    Correct: the same with `"offline":true`.
    """
    presence, clock = known.life(Presence), known.story(Punctuality)
    away = presence.away
    event: Event | None = None if away is None else exchange.reading
    if away is None or event is None or event.moment is None or not known.has_all_since(away[0]):
        return
    if clock.skew_before is None or abs(clock.skew_before) > EXACT_NS:
        return
    if not event.is_offline and away[0] + WELL_INSIDE_NS < event.moment < away[1] - WELL_INSIDE_NS:
        report = violation if presence.is_aware else warning
        yield report(Side.STATION, "the event occurred while offline, and does not say so", pointer="/timestamp")
    elif event.is_offline and away[1] + MINUTE_NS < event.moment < event.at + EXACT_NS:
        text_of = "the event says that it occurred offline, and the station was connected for a minute then"
        yield warning(Side.STATION, text_of, pointer="/offline")


@rule(
    "TX20-16",
    "An event that failed is sent again after MessageAttemptInterval seconds, times the number of attempts before",
    clause="Part 2 E13.FR.02, E13.FR.03",
    versions=VERSIONS,
    severity=Severity.WARNING,
    on=on_called(EVENT),
    when=_was_away_or_waits,
)
def sent_again_too_soon(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report an event that comes again in the same session before its time.

    Only where the station has told its MessageAttemptInterval for TransactionEvent (GetVariables, NotifyReport).

    Breach: an interval of 60 s, a CALLERROR, and the same event 5 s later.
    Correct: the same event 60 s later, and after another failure 120 s later.
    """
    interval = known.story(Punctuality).interval
    event: Event | None = None if interval is None else exchange.reading
    if interval is None or event is None or event.seq is None:
        return
    found = transaction_of(event, known)
    seen = found.events.get(event.seq) if found is not None and found.session == exchange.session else None
    if seen is None or seen.key != event.key or event.is_offline:
        return
    due_ns = interval * seen.sends * SECOND_NS
    if exchange.at - seen.at < due_ns - EARLY_NS:
        waited = (exchange.at - seen.at) // SECOND_NS
        text_of = f"sent again {waited} s after frame {seen.frame}, and {interval * seen.sends} s are to be waited"
        yield warning(Side.STATION, text_of)


@rule(
    "TX20-17",
    "The CSMS answers every TransactionEvent and every MeterValues by its response",
    clause="Part 2 J01.FR.18, J02.FR.19",
    versions=VERSIONS,
    on=(on_error(EVENT, "MeterValues"), on_alarm("tx20.answer")),
)
def not_answered(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report that there was no answer for 60 s (the hub's time), and a CALLERROR to a message that fits its schema.

    The CSMS has to be heard of after that time: it may have been cut off, or the session be over. Where it has answered
    no later CALL of the station, it is a warning: nothing shows that the message has reached it.
    The CALLERROR is a warning: there are reasons not to process a message now, and the station sends it again. A
    SecurityError to a station that was not accepted is right.

    Breach: a TransactionEvent, and nothing for a minute.
    Correct: `[3,"a",{}]`, whatever the CSMS makes of its content.
    """
    if isinstance(subject, Alarm):
        exchange = subject.exchange
        if exchange is None or exchange.answer_frame is not None or not is_heard(exchange):
            return
        if known.has_all_since(exchange.at) and subject.conversation.is_open:
            has_arrived = exchange.conversation.voices[exchange.side].has_gone_on(exchange)
            report = violation if has_arrived else warning
            yield report(Side.CSMS, f"{exchange.action} was not answered within 60 s")
        return
    is_fit = subject.has_schema and is_sound(subject)
    answer = subject.answer
    if not is_fit or subject.is_misdirected or subject.is_ambiguous or not isinstance(answer, CallError):
        return
    if answer.code != "SecurityError":
        yield warning(Side.CSMS, f"answered {told(answer.code, 60)} to a {subject.action} that fits its schema")
