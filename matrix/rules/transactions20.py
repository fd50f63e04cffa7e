"""What is known of a 2.x station's transactions at one CSMS: the story that TX20, TR20, RS20, AV20 and UL20 read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from matrix.alarms import Alarm
from matrix.dialect import V21, V201
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import integer, moment_at, text
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.recent import Recent
from matrix.rule import note, on_alarm, on_called, on_result, reading
from matrix.rules.registers20 import Read, registers_in
from matrix.rules.silence import MINUTE_NS, is_station_silent_about_it
from matrix.trace import Side

VERSIONS: Final = frozenset({V201, V21})
TRANSACTIONS_REMEMBERED: Final = 64
EVENTS_REMEMBERED: Final = 32
EVSES_REMEMBERED: Final = 64
LONGEST_ID: Final = 255
EVENT: Final = "TransactionEvent"

WITH_EV: Final = frozenset({"EVConnected", "Charging", "SuspendedEV", "SuspendedEVSE"})
"""Charging states that tell of a connected vehicle."""
ENDS_AUTHORIZATION: Final = frozenset(
    {"StopAuthorized", "Deauthorized", "RemoteStop", "EVDeparted", "EVCommunicationLost", "AbnormalCondition"}
)
"""Triggers after which a transaction may not be authorized any more."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """A TransactionEvent, as far as it can be read: None stands for what is missing or has another type.

    `at` is when it was recorded, `moment` when it occurred by the station's clock (both ns). `key` is a number that a
    retry shares, though it may be marked as offline by then, and its time cut to seconds. `registers` are what its
    meter values say of registers.
    """

    transaction_id: str
    kind: str | None
    seq: int | None
    at: int
    moment: int | None
    trigger: str | None
    state: str | None
    evse: int | None
    connector: int | None
    is_offline: bool
    key: int
    registers: Read


class Seen(msgspec.Struct, gc=False):
    """An event by its seqNo: its key, its latest frame and when it came, how often it was sent, if it was answered."""

    key: int
    frame: int
    at: int
    sends: int = 1
    is_answered: bool = False


@dataclass(slots=True)
class Transaction:
    """What the events of a transaction told. `..._at` are the recording's times, `..._moment` the station's own (ns).

    `missing` are seqNos that were skipped so far, the first of them at `gap_at`. `is_torn` says that events may have
    been dropped for good reason: it went on in another session, or offline. `session` and `latest_at` are those of its
    latest event.
    """

    session: int
    seen_at: int
    latest_at: int
    started_at: int | None = None
    start_seq: int | None = None
    start_moment: int | None = None
    ended_at: int | None = None
    end_seq: int | None = None
    end_moment: int | None = None
    evse: int | None = None
    connector: int | None = None
    highest: int | None = None
    missing: set[int] = field(default_factory=set)
    gap_at: int = 0
    is_gap_judged: bool = False
    is_torn: bool = False
    has_token: bool = False
    is_authorized: bool = False
    is_connected: bool = False
    is_evse_repeated: bool = False
    events: Recent[int, Seen] = field(default_factory=lambda: Recent(EVENTS_REMEMBERED))

    @property
    def is_running(self) -> bool:
        return self.ended_at is None

    def is_next(self, event: Event) -> bool:
        """Tell whether all events before this one were seen, from Started on."""
        return (
            self.started_at is not None
            and not self.missing
            and self.highest is not None
            and (event.seq == self.highest + 1)
        )


@dataclass(slots=True)
class Transactions:
    """Transactions by their ids, and the latest one that each EVSE was named for."""

    by_id: Recent[str, Transaction] = field(default_factory=lambda: Recent(TRANSACTIONS_REMEMBERED))
    latest: Recent[int, str] = field(default_factory=lambda: Recent(EVSES_REMEMBERED))
    counts_on: bool = False  # a transaction has begun with another seqNo than 0

    def running_on(self, evse: int | None) -> Iterator[tuple[str, Transaction]]:
        """Yield the transactions that run on an EVSE (None: on any), as far as is known, with their ids."""
        for transaction_id, found in self.by_id.items():
            if found.is_running and evse in (None, found.evse):
                yield transaction_id, found

    def certain(self, evse: int | None, asked: Exchange, known: Known) -> tuple[str, Transaction] | None:
        """Return a transaction that certainly ran on an EVSE (None: on any) when a CALL came, and is not known to end.

        It has begun in the session of the CALL, and nothing is missing since.
        """
        for transaction_id, found in self.running_on(evse):
            is_seen = found.session == asked.session and known.has_all_since(found.started_at)
            if is_seen and (found.started_at or 0) < asked.at - CROSSING_NS:
                return transaction_id, found
        return None


@reading(on_called(EVENT, by=Side.STATION), versions=VERSIONS)
def read_event(exchange: Exchange) -> Event | None:
    """Return what a TransactionEvent says: the `reading` of its exchange. None where it names no transaction."""
    request = exchange.request
    about, evse = request.get("transactionInfo"), request.get("evse")
    if type(about) is not dict:
        return None
    transaction_id, state = about.get("transactionId"), about.get("chargingState")
    if type(transaction_id) is not str or len(transaction_id) > LONGEST_ID:
        return None
    kind, trigger, at = request.get("eventType"), request.get("triggerReason"), moment_at(request, "timestamp")
    kind = kind if type(kind) is str else None
    trigger = trigger if type(trigger) is str else None
    return Event(
        transaction_id,
        kind,
        integer(request, "seqNo"),
        exchange.at,
        at,
        trigger,
        state if type(state) is str else None,
        None if evse is None else integer(evse, "id"),
        None if evse is None else integer(evse, "connectorId"),
        request.get("offline") is True,
        hash((kind, None if at is None else at // SECOND_NS, trigger)),
        registers_in(request) if "meterValue" in request else (),
    )


def transaction_of(event: Event, known: Known) -> Transaction | None:
    """Return what is known of an event's transaction so far."""
    return known.story(Transactions).by_id.get(event.transaction_id)


def tells_news(subject: Exchange | Alarm, known: Known) -> bool:
    """Ask whether an event is more than the next Updated of a connected vehicle's transaction, as most are."""
    if isinstance(subject, Alarm):
        return True
    event: Event | None = subject.reading
    if event is None:
        return False
    found = transaction_of(event, known)
    if found is None or event.kind != "Updated" or found.end_seq is not None or not found.is_next(event):
        return True
    return not found.is_connected or (event.evse is not None and not found.is_evse_repeated)


def is_another(event: Event, found: Transaction) -> bool:
    """Tell whether a Started begins another transaction under the id of one that has ended before it began."""
    return (
        event.kind == "Started"
        and found.ended_at is not None
        and found.end_moment is not None
        and event.moment is not None
        and event.moment > found.end_moment
    )


@note(on_called(EVENT), versions=VERSIONS)
def remember_event(exchange: Exchange, known: Known) -> None:
    """Remember what an event tells of its transaction, and wait for what was skipped."""
    event: Event | None = exchange.reading
    if event is None:
        return
    story = known.story(Transactions)
    found = story.by_id.get(event.transaction_id)
    if found is None or is_another(event, found):
        found = story.by_id[event.transaction_id] = Transaction(exchange.session, event.at, event.at)
    had_all = not found.missing
    _count(found, event, exchange)
    _follow(found, event)
    if event.kind == "Started" and event.seq:
        story.counts_on = True
    if "idToken" in exchange.request and isinstance(exchange.request["idToken"], dict):
        found.has_token = True
    if event.evse is not None:
        _place(story, found, event, event.evse, exchange)
    if found.missing:
        _wait_for_missing(found, event, exchange, is_first=had_all)


def _wait_for_missing(found: Transaction, event: Event, exchange: Exchange, *, is_first: bool) -> None:
    """Wait a minute for what was skipped; then again, where the station had said nothing in that minute."""
    if is_first:
        found.gap_at, found.is_gap_judged = event.at, False
    waited = event.at - found.gap_at
    if is_first or (waited >= MINUTE_NS and not found.is_gap_judged):
        after_ns = MINUTE_NS if is_first else waited + CROSSING_NS
        conversation = exchange.conversation
        conversation.wake(
            "tx20.gap", found.gap_at, after_ns, exchange=exchange, about=event.transaction_id, by=Side.STATION
        )


@note(on_alarm("tx20.gap"), versions=VERSIONS)
def remember_gap(alarm: Alarm, known: Known) -> None:
    """Remember that what was skipped was missed by now, unless the station had no occasion to send it."""
    found = known.story(Transactions).by_id.get(alarm.about) if isinstance(alarm.about, str) else None
    if found is not None:
        found.is_gap_judged = is_station_silent_about_it(alarm, known)


def _count(found: Transaction, event: Event, exchange: Exchange) -> None:
    """Take an event's seqNo into account: what it skips is missing until it comes."""
    seq, highest = event.seq, found.highest
    if event.is_offline or found.session != exchange.session:
        found.is_torn = True
    found.session, found.latest_at = exchange.session, event.at
    if seq is None:
        return
    before = found.events.get(seq)
    sends = before.sends + 1 if before is not None and before.key == event.key else 1
    found.events[seq] = Seen(event.key, exchange.call_frame, event.at, sends)
    if found.missing:
        found.missing.discard(seq)
    if highest is not None and seq > highest + 1:
        room = EVENTS_REMEMBERED - len(found.missing)
        found.missing.update(range(highest + 1, min(seq, highest + 1 + room)))
    if highest is None or seq > highest:
        found.highest = seq


def _follow(found: Transaction, event: Event) -> None:
    """Take an event's kind and charging state into account."""
    if event.kind == "Started" and found.started_at is None:
        found.started_at, found.start_seq, found.start_moment = event.at, event.seq, event.moment
    elif event.kind == "Ended" and found.ended_at is None:
        found.ended_at, found.end_seq, found.end_moment = event.at, event.seq, event.moment
    if event.trigger in ENDS_AUTHORIZATION or event.kind == "Ended":
        found.is_authorized = False
    if event.state in WITH_EV:
        found.is_connected = True


def _place(story: Transactions, found: Transaction, event: Event, evse: int, exchange: Exchange) -> None:
    """Remember on which EVSE a transaction is, and wait for the end of another one that is there."""
    found.is_evse_repeated |= found.evse == evse and found.connector == event.connector is not None
    found.connector = found.connector if event.connector is None else event.connector
    if found.evse == evse or not found.is_running:
        return
    found.evse = evse
    before = story.latest.get(evse)
    other = story.by_id.get(before) if before is not None and before != event.transaction_id else None
    if other is not None and other.is_running:
        about = (before, event.transaction_id)
        exchange.conversation.wake("tx20.two", event.at, MINUTE_NS, exchange=exchange, about=about, by=Side.STATION)
    story.latest[evse] = event.transaction_id


@note(on_result(EVENT), versions=VERSIONS)
def remember_answer(exchange: Exchange, known: Known) -> None:
    """Remember that an event was answered, and whether the transaction is authorized by it."""
    event: Event | None = exchange.reading
    found = transaction_of(event, known) if event is not None else None
    if event is None or found is None:
        return
    seen = found.events.get(event.seq) if event.seq is not None else None
    if seen is not None and seen.key == event.key:
        seen.is_answered = True
    if not exchange.response:
        return
    status = text(exchange.response, "idTokenInfo", "status")
    if status is not None and found.is_running and event.trigger not in ENDS_AUTHORIZATION:
        found.is_authorized = status == "Accepted"


@note(on_result("RequestStopTransaction"), versions=VERSIONS)
def remember_stop(exchange: Exchange, known: Known) -> None:
    """Remember that the station agreed to stop a transaction: it may not be authorized any more."""
    found = known.story(Transactions).by_id.get(text(exchange.request, "transactionId") or "")
    if found is not None and text(exchange.response, "status") == "Accepted":
        found.is_authorized = False
