"""RS20, AV20 and UL20: what a Reset, a ChangeAvailability and an UnlockConnector are answered, and what follows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from matrix.alarms import Alarm
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import integer, objects, said, text
from matrix.finding import Remark, violation, warning
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_alarm, on_called, on_result, rule
from matrix.rules.boot_story import BOOT, story_of
from matrix.rules.silence import MINUTE_NS, is_held_up, is_station_free, is_station_silent_about_it
from matrix.rules.transactions20 import EVSES_REMEMBERED, VERSIONS, Transactions
from matrix.trace import Side

REBOOT_NS: Final = 5 * MINUTE_NS
OPERATIVE: Final = frozenset({"Available", "Occupied", "Reserved"})
REFUSED: Final = frozenset({"Rejected", "Scheduled"})
BROKEN: Final = frozenset({"Unlocked", "UnlockFailed"})


class Status(NamedTuple):
    """A connector's latest status, when and in which session it was told."""

    status: str | None
    at: int
    session: int


@dataclass(slots=True)
class Boots:
    """When the station last sent a BootNotification, and accepted to reset at once; a story of its life."""

    called_at: int | None = None
    reset_at: int | None = None

    def is_due(self, at: int) -> bool:
        """Tell whether the station is about to boot anyway, and its transactions to end."""
        return self.reset_at is not None and self.reset_at > max(self.called_at or 0, at - REBOOT_NS)


@dataclass(slots=True)
class Availability:
    """`connectors` are the statuses by EVSE and connector; `event_at` is when an AvailabilityState was told otherwise.

    `change` is the content of the latest ChangeAvailability, `changed_in` the session in which it was accepted.
    `closing` are the places that were made Inoperative, at once or later, and not Operative again.
    """

    connectors: Recent[tuple[int, int], Status] = field(default_factory=lambda: Recent(EVSES_REMEMBERED))
    event_at: int = 0
    change: int | None = None
    changed_in: int | None = None
    changed_at: int | None = None
    closing: Recent[tuple[int | None, int | None], int] = field(default_factory=lambda: Recent(EVSES_REMEMBERED))

    def unreported(self, evse: int | None, connector: int | None, asked: Exchange) -> tuple[int, int] | None:
        """Return a connector that was operative when a CALL came, and has told nothing since."""
        for (its_evse, its_connector), told in self.connectors.items():
            is_meant = evse in (None, its_evse) and connector in (None, its_connector)
            if is_meant and told.status in OPERATIVE and told.session == asked.session and told.at < asked.at:
                return its_evse, its_connector
        return None


def _status(exchange: Exchange) -> str | None:
    return None if exchange.is_misdirected else text(exchange.response, "status")


def _target(exchange: Exchange) -> tuple[int | None, int | None]:
    return integer(exchange.request, "evse", "id"), integer(exchange.request, "evse", "connectorId")


@note(on_called(BOOT), versions=VERSIONS)
def remember_boot(exchange: Exchange, known: Known) -> None:
    """Remember that the station has booted."""
    known.life(Boots).called_at = exchange.at


@note(on_called("StatusNotification"), versions=VERSIONS)
def remember_status(exchange: Exchange, known: Known) -> None:
    """Remember a connector's status."""
    evse, connector = integer(exchange.request, "evseId"), integer(exchange.request, "connectorId")
    if evse is not None and connector is not None and not exchange.is_misdirected:
        told = Status(text(exchange.request, "connectorStatus"), exchange.at, exchange.session)
        known.story(Availability).connectors[evse, connector] = told


@note(on_called("NotifyEvent"), versions=VERSIONS)
def remember_state(exchange: Exchange, known: Known) -> None:
    """Remember that availability was told in the other way; which connector's, is not looked into."""
    if any(text(each, "variable", "name") == "AvailabilityState" for each in objects(exchange.request, "eventData")):
        story = known.story(Availability)
        story.event_at = exchange.at
        story.connectors.clear()


@note(on_result("Reset"), versions=VERSIONS)
def await_reset(exchange: Exchange, known: Known) -> None:
    """Wait for the boot, and for the end of a transaction that may have crossed the answer."""
    status, at = _status(exchange), exchange.answered_at or exchange.at
    evse = integer(exchange.request, "evseId")
    running = known.story(Transactions).certain(evse, exchange, known)
    is_meant = (evse is None) == ("evseId" not in exchange.request)
    boots = known.life(Boots)
    is_sure = not is_held_up(exchange.conversation, at) and not boots.is_due(at)  # else its Ended may be in the queue
    if status == "Accepted" and "evseId" not in exchange.request and text(exchange.request, "type") == "Immediate":
        boots.reset_at = at
    if running is not None and is_sure and is_meant and status in ("Accepted", "Scheduled"):
        exchange.conversation.wake(
            "rs20.running", at, CROSSING_NS, exchange=exchange, about=running[0], by=Side.STATION
        )
    if status == "Accepted" and "evseId" not in exchange.request:
        exchange.conversation.wake("rs20.boot", at, REBOOT_NS, exchange=exchange, by=Side.STATION)


@note(on_result("ChangeAvailability"), versions=VERSIONS)
def await_change(exchange: Exchange, known: Known) -> None:
    """Wait for the status that tells of the change, or for the end of a transaction that crossed the answer."""
    status, at, story = _status(exchange), exchange.answered_at or exchange.at, known.story(Availability)
    evse, connector = _target(exchange)
    is_inoperative = text(exchange.request, "operationalStatus") == "Inoperative"
    running = known.story(Transactions).certain(evse, exchange, known)
    if status == "Accepted" and is_inoperative and not story.closing:
        is_there = running is not None and connector in (None, running[1].connector)
        if running is not None and is_there and not is_held_up(exchange.conversation, at):
            exchange.conversation.wake(
                "av20.running", at, CROSSING_NS, exchange=exchange, about=running[0], by=Side.STATION
            )
        elif running is None and story.unreported(evse, connector, exchange) is not None:
            exchange.conversation.wake("av20.status", exchange.at, MINUTE_NS, exchange=exchange, by=Side.STATION)
    story.change = exchange.content if status == "Accepted" else None
    story.changed_in, story.changed_at = exchange.session, exchange.at
    if status in ("Accepted", "Scheduled"):
        story.closing.pop((evse, connector), None)
        if is_inoperative:
            story.closing[evse, connector] = exchange.at


@note(on_result("UnlockConnector"), versions=VERSIONS)
def await_unlocked(exchange: Exchange, known: Known) -> None:
    """Wait for the end of a transaction that may have crossed the answer."""
    evse = integer(exchange.request, "evseId")
    running = None if evse is None else known.story(Transactions).certain(evse, exchange, known)
    at = exchange.answered_at or exchange.at
    is_held = is_held_up(exchange.conversation, at)
    if running is not None and running[1].is_authorized and not is_held and _status(exchange) in BROKEN:
        exchange.conversation.wake(
            "ul20.running", at, CROSSING_NS, exchange=exchange, about=running[0], by=Side.STATION
        )


@rule(
    "RS20-01",
    "A Reset is accepted or scheduled as it has to be, ends the transactions, and a BootNotification follows",
    clause="Part 2 B11.FR.03, B11.FR.04, B12.FR.01 to B12.FR.05",
    versions=VERSIONS,
    on=on_alarm("rs20.running", "rs20.boot"),
)
def reset_otherwise(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report `Accepted` for a Reset OnIdle in a transaction, and a reset of the whole station without a boot.

    The transaction has to have begun in the same session, and not to end within 2 s, and the station neither to wait
    for an answer nor to be about to reset when it answers. `Scheduled` for an Immediate one is a warning: B11.FR.07
    lets a station that cannot do it now do so. A boot, to any CSMS, has 5 min (the hub's
    time); it is missed only where the station stays connected. Where it has booted and is accepted, its transactions
    have to be ended by then, after an Immediate one. A Reset of one EVSE makes no boot.

    Breach: a Reset OnIdle during a transaction, answered `Accepted`.
    Correct: answered `Scheduled`.
    """
    exchange = alarm.exchange
    if exchange is None:
        return
    kind, status = text(exchange.request, "type"), _status(exchange)
    if alarm.name == "rs20.running":
        found = known.story(Transactions).by_id.get(alarm.about) if isinstance(alarm.about, str) else None
        if found is not None and found.is_running and not found.is_torn and is_station_free(alarm):
            yield from _wrong_answer(exchange, kind, status)
        return
    booted_at = known.life(Boots).called_at
    if booted_at is None or booted_at < alarm.since:
        if is_station_silent_about_it(alarm, known):
            yield violation(Side.STATION, "accepted this Reset, and talked on for 5 min without a BootNotification")
    elif kind == "Immediate" and (left := _left_running(alarm, exchange, known)) is not None:
        yield violation(Side.STATION, f"transaction {said(left)} was not ended by the Reset that was accepted")


def _wrong_answer(exchange: Exchange, kind: str | None, status: str | None) -> Iterator[Remark]:
    if kind == "OnIdle" and status == "Accepted":
        text_of = "answered Accepted, not Scheduled, while a transaction was ongoing"
        yield violation(Side.STATION, text_of, frame=exchange.answer_frame)
    elif kind == "Immediate" and status == "Scheduled":
        text_of = "answered Scheduled, not Accepted, while a transaction was ongoing"
        yield warning(Side.STATION, text_of, frame=exchange.answer_frame)


def _left_running(alarm: Alarm, exchange: Exchange, known: Known) -> str | None:
    """Return a transaction from before a Reset that has not ended, a minute after the CSMS has accepted the station."""
    boot = story_of(known)
    is_back = boot.status == "Accepted" and boot.answered_at is not None
    if not is_back or not alarm.since < (boot.answered_at or 0) < alarm.at - MINUTE_NS:
        return None
    for transaction_id, found in known.story(Transactions).running_on(None):
        is_before = found.latest_at < alarm.since and found.session == exchange.session
        if is_before and known.has_all_since(found.started_at):
            return transaction_id
    return None


@rule(
    "AV20-01",
    "A ChangeAvailability waits for the transaction to end, is accepted where it changes nothing, and is told of",
    clause="Part 2 G03.FR.03 to G03.FR.05, G04.FR.04 to G04.FR.06",
    versions=VERSIONS,
    on=(on_result("ChangeAvailability"), on_alarm("av20.running", "av20.status")),
)
def availability_not_changed(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report `Accepted` for Inoperative during a transaction, and a change that nobody is told of.

    The transaction has to have begun in the same session, and not to end within 2 s, and the station not to wait for an
    answer then (its Ended may be in the queue). A status is waited for for 60 s
    (the hub's time), for connectors that were operative; a NotifyEvent about AvailabilityState will do. The same
    change once more, right after it was accepted, has to be accepted again. A change to Operative need not show: the
    EVSE or the station may be Inoperative by itself.

    Breach: a transaction on EVSE 1, and its ChangeAvailability to Inoperative is answered `Accepted`.
    Correct: answered `Scheduled`, and StatusNotification with `Unavailable` after the Ended.
    """
    story = known.story(Availability)
    if isinstance(subject, Exchange):
        is_same = story.change == subject.content and story.changed_in == subject.session
        is_free = not any(known.story(Transactions).running_on(None))
        if is_same and is_free and _status(subject) in REFUSED and known.has_all_since(story.changed_at):
            text_of = f"answered {_status(subject)} to the change that was accepted before, and changes nothing"
            yield violation(Side.STATION, text_of)
        return
    exchange = subject.exchange
    if exchange is None:
        return
    if subject.name == "av20.running":
        found = known.story(Transactions).by_id.get(subject.about) if isinstance(subject.about, str) else None
        if found is not None and found.is_running and is_station_free(subject):
            text_of = f"answered Accepted, not Scheduled, while transaction {said(subject.about)} was in progress"
            yield violation(Side.STATION, text_of, frame=exchange.answer_frame)
    elif story.event_at < subject.since and is_station_silent_about_it(subject, known):
        silent = story.unreported(*_target(exchange), exchange)
        if silent is not None:
            text_of = f"no StatusNotification told within 60 s that connector {silent[1]} of EVSE {silent[0]} is out"
            yield violation(Side.STATION, f"{text_of} of operation")


@rule(
    "UL20-01",
    "A connector is not unlocked during an authorized transaction: OngoingAuthorizedTransaction",
    clause="Part 2 F05.FR.02",
    versions=VERSIONS,
    on=on_alarm("ul20.running"),
)
def unlocked_in_transaction(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report `Unlocked` or `UnlockFailed` for the connector of a transaction that was authorized.

    It has to have begun in the same session, its idToken to have been accepted, and neither its end nor that of its
    authorization to come within 2 s, nor to be in the queue of a station that waits for an answer.

    Breach: `Started` with an idToken that was accepted, then UnlockConnector answered `Unlocked`.
    Correct: answered `OngoingAuthorizedTransaction`.
    """
    exchange = alarm.exchange
    found = known.story(Transactions).by_id.get(alarm.about) if isinstance(alarm.about, str) else None
    if (
        exchange is None
        or found is None
        or not found.is_running
        or not found.is_authorized
        or not is_station_free(alarm)
    ):
        return
    if found.connector == integer(exchange.request, "connectorId") is not None:
        text_of = f"answered {_status(exchange)} during transaction {said(alarm.about)}, which is authorized"
        yield violation(Side.STATION, text_of, frame=exchange.answer_frame)
