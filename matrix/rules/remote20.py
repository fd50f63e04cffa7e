"""TX20-10 to TX20-13: transactions that the CSMS starts, stops and asks about."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from matrix.alarms import Alarm
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import dig, integer, said, text
from matrix.finding import Remark, info, violation
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_alarm, on_called, on_result, rule
from matrix.rules.remote_profile import wrong_with_profile
from matrix.rules.silence import MINUTE_NS, is_held_up, is_station_free, is_station_silent_about_it
from matrix.rules.transactions20 import EVENT, VERSIONS, Event, Transaction, Transactions, transaction_of
from matrix.soundness import is_sound
from matrix.trace import Side

STARTS_REMEMBERED: Final = 64
START: Final = "RequestStartTransaction"
STOP: Final = "RequestStopTransaction"
STATUS: Final = "GetTransactionStatus"


class Start(NamedTuple):
    """An accepted RequestStartTransaction that no event has answered yet."""

    token: str | None
    at: int
    session: int


class Stop(NamedTuple):
    """The answer to a RequestStopTransaction: its status, when, in which session."""

    status: str | None
    at: int
    session: int


@dataclass(slots=True)
class Remote:
    """`starts` by remoteStartId, `stops` by transactionId; `refused_at` is when an Authorize last ended badly.

    `stopped` are transactions of which an event with RemoteStop, or the Ended, came after they were asked to stop.
    """

    starts: Recent[int, Start] = field(default_factory=lambda: Recent(STARTS_REMEMBERED))
    stops: Recent[str, Stop] = field(default_factory=lambda: Recent(STARTS_REMEMBERED))
    stopped: Recent[str, int] = field(default_factory=lambda: Recent(STARTS_REMEMBERED))
    refused_at: int = 0


def _status(exchange: Exchange) -> str | None:
    return text(exchange.response, "status")


def _token(payload: Any) -> str | None:
    """Return an idToken with its type, in one case of letters: the identifier is case-insensitive."""
    identifier = text(payload, "idToken", "idToken")
    return None if identifier is None else f"{text(payload, 'idToken', 'type')} {identifier.casefold()}"


def _named(exchange: Exchange, known: Known) -> tuple[str, Transaction] | None:
    """Return the transaction that a CALL of the CSMS names, where it is known."""
    transaction_id = text(exchange.request, "transactionId")
    found = known.story(Transactions).by_id.get(transaction_id) if transaction_id is not None else None
    return None if found is None or transaction_id is None or exchange.is_misdirected else (transaction_id, found)


@note(on_result(START), versions=VERSIONS)
def await_start(exchange: Exchange, known: Known) -> None:
    """Wait for the transaction that the station has agreed to start."""
    start_id = integer(exchange.request, "remoteStartId")
    if exchange.is_misdirected or start_id is None or _status(exchange) != "Accepted":
        return
    at = exchange.answered_at or exchange.at
    token = _token(exchange.request) if is_sound(exchange) else None
    known.story(Remote).starts[start_id] = Start(token, at, exchange.session)
    exchange.conversation.wake("tx20.start", at, MINUTE_NS, exchange=exchange, about=start_id, by=Side.STATION)


@note(on_alarm("tx20.start"), versions=VERSIONS)
def give_up_start(alarm: Alarm, known: Known) -> None:
    """Stop waiting: the driver may plug in later, or never."""
    if isinstance(alarm.about, int):
        known.story(Remote).starts.pop(alarm.about, None)


def _is_of_the_csms(subject: Exchange | Alarm, known: Known) -> object:
    """Ask whether the CSMS has asked to start or stop a transaction, or one ends."""
    story = known.story(Remote)
    if story.starts or story.stops or isinstance(subject, Alarm):
        return True
    return subject.action == STOP or subject.request.get("eventType") == "Ended"


@note(on_called(EVENT), versions=VERSIONS, when=_is_of_the_csms)
def remember_started(exchange: Exchange, known: Known) -> None:
    """Remember that a transaction came that was asked for, or that one was stopped."""
    story = known.story(Remote)
    event: Event | None = exchange.reading
    if event is None:
        return
    start_id = integer(exchange.request, "transactionInfo", "remoteStartId")
    if start_id is not None:
        story.starts.pop(start_id, None)
    if event.transaction_id in story.stops and (event.trigger == "RemoteStop" or event.kind == "Ended"):
        story.stopped[event.transaction_id] = event.at


@note(on_result("Authorize"), versions=VERSIONS)
def remember_refusal(exchange: Exchange, known: Known) -> None:
    """Remember that an idToken was not accepted: a transaction that was asked for may never begin."""
    if text(exchange.response, "idTokenInfo", "status") != "Accepted":
        known.story(Remote).refused_at = exchange.at


@note(on_result(STOP), versions=VERSIONS)
def await_stop(exchange: Exchange, known: Known) -> None:
    """Wait for the event that tells of a transaction's stop; remember a refusal to stop it."""
    named, at = _named(exchange, known), exchange.answered_at or exchange.at
    if named is None:
        return
    story = known.story(Remote)
    story.stops[named[0]] = Stop(_status(exchange), at, exchange.session)
    if _status(exchange) == "Accepted" and named[1].is_running:
        story.stopped.pop(named[0], None)
        exchange.conversation.wake("tx20.stop", at, MINUTE_NS, exchange=exchange, about=named[0], by=Side.STATION)


@note(on_result(STATUS), versions=VERSIONS)
def await_end(exchange: Exchange, known: Known) -> None:
    """Wait until an Ended that may have crossed the answer has come."""
    named = _named(exchange, known)
    at = exchange.answered_at or exchange.at
    is_sure = not is_held_up(exchange.conversation, at)  # else the Ended may be in the queue
    if named is not None and is_sure and dig(exchange.response, "ongoingIndicator") is False:
        exchange.conversation.wake("tx20.status", at, CROSSING_NS, exchange=exchange, about=named[0], by=Side.STATION)


@rule(
    "TX20-10",
    "A transaction that the CSMS asked for begins with RemoteStart, the remoteStartId and the idToken of the request",
    clause="Part 2 F01.FR.04, F01.FR.19, F01.FR.25, F02.FR.01, F02.FR.21",
    versions=VERSIONS,
    on=(on_called(EVENT), on_alarm("tx20.start")),
    when=_is_of_the_csms,
)
def not_as_asked(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report the first event with the remoteStartId where its triggerReason or its idToken is another one.

    Also an event with RemoteStart without remoteStartId, where one was asked for. An event without idToken is let pass:
    the idToken may have to be authorized first. Where nothing follows within 60 s, it is an info, for the driver may
    not have plugged in; and nothing where an Authorize was refused meanwhile.

    Breach: RequestStartTransaction with the remoteStartId 7, `Started` with `CablePluggedIn` and the remoteStartId 7.
    Correct: `Started` with `RemoteStart`, the remoteStartId 7 and the idToken of the request.
    """
    story = known.story(Remote)
    if isinstance(subject, Alarm):
        is_awaited = subject.about in story.starts and story.refused_at < subject.since
        if is_awaited and is_station_silent_about_it(subject, known):
            yield info(Side.STATION, "no transaction began within 60 s; the driver may not have plugged in")
        return
    event: Event | None = subject.reading
    if not story.starts or subject.is_repeat or event is None:
        return
    start_id = integer(subject.request, "transactionInfo", "remoteStartId")
    start = story.starts.get(start_id) if start_id is not None else None
    if start is not None:
        yield from _other_start(event, _token(subject.request), start)
    elif dig(subject.request, "transactionInfo", "remoteStartId") is None and _lacks_start_id(event, known):
        yield violation(
            Side.STATION, "RemoteStart without the remoteStartId of the request", pointer="/transactionInfo"
        )


def _lacks_start_id(event: Event, known: Known) -> bool:
    """Tell whether an event begins a transaction that was asked for, rather than being sent late."""
    asked_at = max(each.at for each in known.story(Remote).starts.values())
    is_first = event.kind == "Started" and transaction_of(event, known) is None
    return event.trigger == "RemoteStart" and is_first and event.at > asked_at


def _other_start(event: Event, token: str | None, start: Start) -> Iterator[Remark]:
    if event.trigger != "RemoteStart":
        text_of = f"the triggerReason is {said(event.trigger)}, not RemoteStart"
        yield violation(Side.STATION, text_of, pointer="/triggerReason")
    if token is not None and start.token is not None and token != start.token:
        yield violation(Side.STATION, "the idToken is not that of the RequestStartTransaction", pointer="/idToken")


@rule(
    "TX20-11",
    "A RequestStopTransaction is accepted for a transaction that is active, and an event with RemoteStop follows",
    clause="Part 2 F03.FR.02, F03.FR.03, F03.FR.07, F03.FR.08",
    versions=VERSIONS,
    on=(on_called(EVENT), on_result(STOP), on_alarm("tx20.stop")),
    when=_is_of_the_csms,
)
def not_stopped(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report `Accepted` for a transaction that had ended, and `Rejected` for one that went on afterwards.

    Also where no event with RemoteStop, and no Ended, came within 60 s (the hub's time) of `Accepted`, and an Ended
    with RemoteStop whose stoppedReason is not Remote. An Ended with another triggerReason is let pass: the driver may
    have been quicker. Transactions from before the recording are not judged.

    Breach: RequestStopTransaction of `t1`, `Accepted`, and MeterValuePeriodic of `t1` a minute later.
    Correct: `Accepted`, then `Ended` with `RemoteStop` and `Remote`, or `Updated` with `RemoteStop`.
    """
    if isinstance(subject, Alarm):
        yield from _still_there(subject, known)
    elif subject.action == EVENT:
        yield from _odd_end(subject, known)
    elif (named := _named(subject, known)) is not None and _status(subject) == "Accepted":
        ended_at = named[1].ended_at
        if ended_at is not None and ended_at < subject.at - CROSSING_NS:
            yield violation(Side.STATION, f"accepted to stop transaction {said(named[0])}, which had ended")


def _still_there(alarm: Alarm, known: Known) -> Iterator[Remark]:
    found = known.story(Transactions).by_id.get(alarm.about) if isinstance(alarm.about, str) else None
    if found is None or alarm.about in known.story(Remote).stopped or not is_station_silent_about_it(alarm, known):
        return
    if found.is_running:
        text_of = f"accepted to stop transaction {said(alarm.about)}, and no event with RemoteStop came within 60 s"
        yield violation(Side.STATION, text_of)


def _odd_end(exchange: Exchange, known: Known) -> Iterator[Remark]:
    event: Event | None = exchange.reading
    if event is None or exchange.is_repeat:
        return
    if event.kind == "Ended" and event.trigger == "RemoteStop":
        reason, where = text(exchange.request, "transactionInfo", "stoppedReason"), "/transactionInfo/stoppedReason"
        if reason not in (None, "Remote"):
            yield violation(Side.STATION, f"Ended by RemoteStop with the stoppedReason {said(reason)}", pointer=where)
    stop = known.story(Remote).stops.get(event.transaction_id)
    if stop is None or stop.status != "Rejected" or stop.session != exchange.session or event.kind != "Updated":
        return
    is_later = event.at > stop.at + CROSSING_NS and event.moment is not None and event.moment > stop.at
    found = transaction_of(event, known)
    if is_later and not event.is_offline and found is not None and found.latest_at < stop.at:
        text_of = f"goes on with transaction {said(event.transaction_id)}, and rejected to stop it before"
        yield violation(Side.STATION, text_of)


@rule(
    "TX20-12",
    "The charging profile of a RequestStartTransaction is a TxProfile without transactionId",
    clause="Part 2 F01.FR.09, F01.FR.11",
    versions=VERSIONS,
    on=on_called(START),
    stands_alone=True,
)
def start_with_another_profile(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a chargingProfile with another purpose, or with a transactionId, which cannot be known yet.

    Breach: `"chargingProfile":{"chargingProfilePurpose":"TxDefaultProfile",...}`.
    Correct: `"chargingProfile":{"chargingProfilePurpose":"TxProfile",...}`.
    """
    yield from wrong_with_profile(exchange)


@rule(
    "TX20-13",
    "The answer to a GetTransactionStatus tells of the transaction that was named, and of none where none was",
    clause="Part 2 E14.FR.01 to E14.FR.06",
    versions=VERSIONS,
    on=(on_result(STATUS), on_alarm("tx20.status")),
)
def odd_status(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report an ongoingIndicator where no transaction was named, none where one was, and one that events contradict.

    That is true for a transaction that has ended, and false, with no messages in the queue, for one that runs.

    Breach: `{}` answered `{"ongoingIndicator":true,"messagesInQueue":false}`.
    Correct: answered `{"messagesInQueue":false}`.
    """
    if isinstance(subject, Alarm):
        yield from _denied(subject, known)
        return
    if subject.is_misdirected or not is_sound(subject):
        return
    is_named, indicator = "transactionId" in subject.request, dig(subject.response, "ongoingIndicator")
    if is_named != ("ongoingIndicator" in subject.response):
        text_of = "a transaction is named, and there is no" if is_named else "no transaction is named, and there is an"
        yield violation(Side.STATION, f"{text_of} ongoingIndicator", pointer="/ongoingIndicator" * (not is_named))
    named = _named(subject, known)
    ended_at = named[1].ended_at if named is not None else None
    if indicator is True and named is not None and ended_at is not None and ended_at < subject.at - CROSSING_NS:
        text_of = f"says that transaction {said(named[0])} is ongoing, which has ended"
        yield violation(Side.STATION, text_of, pointer="/ongoingIndicator")


def _denied(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Yield that a transaction runs which the station said it did not have; nothing where its end may be on its way."""
    exchange = alarm.exchange
    found = known.story(Transactions).by_id.get(alarm.about) if isinstance(alarm.about, str) else None
    if exchange is None or found is None or dig(exchange.response, "messagesInQueue") is not False:
        return
    is_here = found.session == exchange.session and known.has_all_since(found.started_at)
    is_later = (found.started_at or 0) < exchange.at - CROSSING_NS
    if found.is_running and is_here and is_later and is_station_free(alarm):
        text_of = f"says that transaction {said(alarm.about)} is not ongoing and nothing queued, and it has not ended"
        yield violation(Side.STATION, text_of, frame=exchange.answer_frame)
