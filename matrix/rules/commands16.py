"""TR16, RS16 and AV16: what has to follow a TriggerMessage, a Reset and a ChangeAvailability."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.alarms import Alarm
from matrix.dialect import V16
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import integer, objects, text
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.recent import Recent
from matrix.rule import note, on_alarm, on_called, on_result, rule
from matrix.rules.silence import MINUTE_NS, is_held_up, is_station_free, is_station_silent_about_it
from matrix.rules.status16 import Statuses
from matrix.rules.transactions16 import CONNECTORS_REMEMBERED, Transactions
from matrix.soundness import is_sound
from matrix.trace import Side

TRIGGERED: Final = {
    "BootNotification": "BootNotification",
    "DiagnosticsStatusNotification": "DiagnosticsStatusNotification",
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "Heartbeat": "Heartbeat",
    "LogStatusNotification": "LogStatusNotification",
    "MeterValues": "MeterValues",
    "SignChargePointCertificate": "SignCertificate",
    "StatusNotification": "StatusNotification",
}
"""What may be requested, and the action that follows."""
ACTIONS: Final = frozenset(TRIGGERED.values()) | {"SignedFirmwareStatusNotification"}
TRIGGERS: Final = ("TriggerMessage", "ExtendedTriggerMessage")
FOLLOWS_NS: Final = 30 * SECOND_NS
NO_WAIT: Final = (0, 0)
REBOOT_NS: Final = 5 * MINUTE_NS


@dataclass(slots=True)
class Boots:
    """When the station last sent a BootNotification, to whichever CSMS; a story of its life."""

    called_at: int | None = None


@dataclass(slots=True)
class Commands:
    """`sent` is when each action that may be triggered was last sent, `reported` each connector's last status.

    `proven` are actions by which the station has answered a trigger, as they show, and when. `waits` are the waits for
    what was requested: in which session, and until when. `metered` is the content of the latest MeterValues.
    """

    sent: dict[str, int] = field(default_factory=dict)
    proven: dict[str, int] = field(default_factory=dict)
    reported: Recent[int, int] = field(default_factory=lambda: Recent(CONNECTORS_REMEMBERED))
    waits: dict[str, tuple[int, int]] = field(default_factory=dict)
    accepted_at: int | None = None
    accepted_in: int | None = None
    metered: int | None = None


@note(on_called(*ACTIONS, by=Side.STATION), versions={V16})
def remember_sent(exchange: Exchange, known: Known) -> None:
    """Remember when an action was sent that may have been triggered."""
    story = known.story(Commands)
    story.sent[exchange.action] = exchange.at
    if exchange.action == "StatusNotification":
        connector = integer(exchange.request, "connectorId")
        if connector is not None:
            story.reported[connector] = exchange.at
    elif exchange.action == "BootNotification":
        known.life(Boots).called_at = exchange.at
        story.accepted_at = None
    is_again = exchange.is_repeat or exchange.content == story.metered
    if exchange.conversation.voices[Side.CSMS].open_calls and _shows_trigger(exchange) and not is_again:
        story.proven[exchange.action] = exchange.at
    story.metered = exchange.content if exchange.action == "MeterValues" else story.metered


def _shows_trigger(exchange: Exchange) -> bool:
    """Tell whether a message says itself that it was triggered: Idle is said for nothing else, and so is "Trigger"."""
    if exchange.action == "MeterValues":
        samples = [each for value in objects(exchange.request, "meterValue") for each in objects(value, "sampledValue")]
        return any(text(each, "context") == "Trigger" for each in samples)
    return text(exchange.request, "status") == "Idle"


@note(on_result("BootNotification"), versions={V16})
def remember_accepted(exchange: Exchange, known: Known) -> None:
    """Remember that the CSMS has accepted the station, and in which session."""
    if text(exchange.response, "status") == "Accepted" and not exchange.is_misdirected:
        story = known.story(Commands)
        story.accepted_at, story.accepted_in = exchange.answered_at, exchange.session


@note(on_result(*TRIGGERS), versions={V16})
def await_triggered(exchange: Exchange, known: Known) -> None:
    """Wait for the message that the station has agreed to send; one wait for each kind of message at a time."""
    asked = text(exchange.request, "requestedMessage")
    if asked not in TRIGGERED or not _is_accepted(exchange) or not is_sound(exchange):
        return
    at, waits = exchange.answered_at or exchange.at, known.story(Commands).waits
    if waits.get(asked, NO_WAIT) < (exchange.session, at):
        waits[asked] = (exchange.session, at + FOLLOWS_NS)
        exchange.conversation.wake("tr16.follows", at, FOLLOWS_NS, exchange=exchange, about=asked, by=Side.STATION)


@note(on_result("Reset"), versions={V16})
def await_boot(exchange: Exchange, known: Known) -> None:
    """Wait for the station to boot; what else it sent before counts no more."""
    if _is_accepted(exchange):
        at = exchange.answered_at or exchange.at
        exchange.conversation.wake("rs16.boot", at, REBOOT_NS, exchange=exchange, by=Side.STATION)
        known.story(Commands).accepted_at = None


@note(on_result("ChangeAvailability"), versions={V16})
def await_availability(exchange: Exchange, known: Known) -> None:
    """Wait for the status that shows a change, where the station's last status was another one."""
    connector, wish = integer(exchange.request, "connectorId"), text(exchange.request, "type")
    if connector is None or not _is_accepted(exchange):
        return
    at = exchange.answered_at or exchange.at
    if not is_held_up(exchange.conversation, at):  # else its StopTransaction may be in the queue
        exchange.conversation.wake("av16.running", at, CROSSING_NS, exchange=exchange, about=connector, by=Side.STATION)
    before = known.story(Statuses).newest.get(connector)
    is_other = before is not None and (before.status == "Unavailable") == (wish == "Operative")
    is_told = before is not None and before.session == exchange.session and before.status != "Faulted"
    if is_other and is_told and _running_on(connector, exchange, known) is None:
        exchange.conversation.wake(
            "av16.status", exchange.at, MINUTE_NS, exchange=exchange, about=connector, by=Side.STATION
        )


def _is_accepted(exchange: Exchange) -> bool:
    return text(exchange.response, "status") == "Accepted" and not exchange.is_misdirected


@rule(
    "TR16-01",
    "The answer to a TriggerMessage comes before the message that it asks for",
    clause="OCPP 1.6 §5.17",
    versions={V16},
    on=(on_result(*TRIGGERS), on_alarm("tr16.follows")),
    when=lambda subject, known: known.story(Commands).proven or isinstance(subject, Alarm),
)
def triggered_before_the_answer(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report a triggered message that came between the TriggerMessage and its answer.

    A violation where the message shows that it was triggered: MeterValues with the context `Trigger`, or the status
    `Idle`. Any other may have been due anyway; where none follows within 30 s, it is a warning.

    Breach: TriggerMessage for FirmwareStatusNotification, its `Idle`, and only then `Accepted`.
    Correct: `Accepted`, then `Idle`.
    """
    exchange, story = subject if isinstance(subject, Exchange) else subject.exchange, known.story(Commands)
    if exchange is None or not _is_accepted(exchange):
        return
    action = TRIGGERED.get(text(exchange.request, "requestedMessage") or "", "")
    proven, sent = story.proven.get(action), story.sent.get(action)
    is_proven = proven is not None and proven > exchange.at
    if isinstance(subject, Exchange) and _is_still_due(subject, story):
        return
    text_of = f"a {action} came before the answer to the TriggerMessage that asked for it"
    if isinstance(subject, Exchange):
        if is_proven:
            yield violation(Side.STATION, text_of)
    elif not is_proven and sent is not None and exchange.at < sent < subject.since and is_station_free(subject):
        yield warning(Side.STATION, f"{text_of}, and none after it")


def _is_still_due(exchange: Exchange, story: Commands) -> bool:
    """Tell whether the same message was promised shortly before a TriggerMessage, and may be what came after that."""
    asked = text(exchange.request, "requestedMessage") or ""
    return story.waits.get(asked, NO_WAIT)[1] > exchange.at


@rule(
    "TR16-02",
    "A TriggerMessage that was accepted is followed by the message",
    clause="OCPP 1.6 §5.17",
    severity=Severity.WARNING,
    versions={V16},
    on=on_alarm("tr16.follows"),
)
def nothing_triggered(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report that the message did not come within 30 s, though the station was connected and said other things.

    A StatusNotification without connectorId is asked for connector 0 and each connector that the station has named.

    Breach: TriggerMessage for StatusNotification without connectorId, `Accepted`, and one for connector 0 alone.
    Correct: one for connector 0, one for connector 1, and so on.
    """
    exchange = alarm.exchange
    if exchange is None or not is_station_silent_about_it(alarm, known):
        return
    asked, story = text(exchange.request, "requestedMessage") or "", known.story(Commands)
    if asked == "StatusNotification":
        missing = [each for each in _asked_of(exchange, known) if story.reported.get(each, 0) < exchange.at]
        if missing:
            shown = ", ".join(str(each) for each in missing[:10])
            yield warning(Side.STATION, f"accepted, and no StatusNotification came within 30 s for connector {shown}")
        return
    actions = {TRIGGERED[asked], "Signed" + TRIGGERED[asked]}
    if all(story.sent.get(action, 0) < exchange.at for action in actions):
        yield warning(Side.STATION, f"accepted, and no {TRIGGERED[asked]} came within 30 s")


def _asked_of(exchange: Exchange, known: Known) -> list[int]:
    connector = integer(exchange.request, "connectorId")
    if connector is not None:
        return [connector]
    return [0, *sorted(known.story(Transactions).connectors)]


@rule(
    "TR16-03",
    "No BootNotification is triggered after one was accepted",
    clause="OCPP 1.6 errata 2025-04 §3.35, §3.40",
    severity=Severity.INFO,
    versions={V16},
    on=on_called("TriggerMessage"),
    when=lambda exchange, _known: exchange.request.get("requestedMessage") == "BootNotification",
)
def boot_triggered_after_accepted(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a TriggerMessage for a BootNotification that the CSMS has accepted in the same session.

    The errata of 2025 say SHALL NOT. Never more than an info, for CSMSes in the field do so all the time.

    Breach: BootNotification answered `Accepted`, then TriggerMessage for BootNotification.
    Correct: a TriggerMessage for BootNotification while it is `Pending`.
    """
    if exchange.is_misdirected:
        return
    story = known.story(Commands)
    if story.accepted_in == exchange.session and known.has_all_since(story.accepted_at):
        yield info(Side.CSMS, "asks for a BootNotification, which it has accepted before in this session")


@rule(
    "RS16-01",
    "A Reset that was accepted ends the transactions, and a BootNotification follows",
    clause="OCPP 1.6 §5.14, §4.2.1; errata 2025-04 §3.36",
    versions={V16},
    on=on_alarm("rs16.boot"),
)
def no_boot_after_reset(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report a station that stays connected for 5 min after an accepted Reset, without a BootNotification to any CSMS.

    Where it has booted and was accepted, its transactions have to be stopped by then: a violation for a soft reset, an
    info for a hard one, which may lose what was queued. A station that is gone is let be. The times are the hub's.

    Breach: Reset, `Accepted`, and Heartbeats as before.
    Correct: Reset, `Accepted`, StopTransaction with `SoftReset`, a new connection, BootNotification.
    """
    booted_at = known.life(Boots).called_at
    if booted_at is None or booted_at < alarm.since:
        if is_station_silent_about_it(alarm, known):
            yield violation(Side.STATION, "accepted this Reset, and talked on for 5 min without a BootNotification")
        return
    running = _still_running(alarm, known)
    if running and alarm.exchange is not None:
        is_soft = text(alarm.exchange.request, "type") == "Soft"
        report = violation if is_soft else info
        yield report(Side.STATION, f"transaction {running[0]} was not stopped by the Reset that was accepted")


def _still_running(alarm: Alarm, known: Known) -> list[int]:
    """Return the transactions from before a Reset that are not stopped, though the CSMS has accepted the station."""
    accepted_at = known.story(Commands).accepted_at
    if accepted_at is None or accepted_at > alarm.at - MINUTE_NS or accepted_at < alarm.since:
        return []
    transactions = known.story(Transactions)
    return [
        transaction_id
        for transaction_id, found in transactions.all_running()
        if found.session == alarm.conversation.session.id
        and found.answered_at < alarm.since - CROSSING_NS
        and known.has_all_since(found.started_at)
    ]


@rule(
    "AV16-01",
    "A ChangeAvailability waits for the transaction to end, and a StatusNotification tells of the change",
    clause="OCPP 1.6 §5.2",
    versions={V16},
    on=on_alarm("av16.running", "av16.status"),
)
def availability_not_changed(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report `Accepted` instead of `Scheduled` while a transaction runs, and a change of which no status tells.

    The transaction has to have begun in the same session, and not to end within 2 s, and the station not to be waiting
    for an answer then. The status is waited for for 60 s, where the connector was in the other state before, and the
    station stays connected. The times are the hub's. Whether it was in the state already is not judged: a station may
    be Unavailable for reasons of its own, and stay so when it is made Operative (a warning); one that is Faulted may
    stay that.

    Breach: transaction 7 runs on connector 1, and its ChangeAvailability to Inoperative is answered `Accepted`.
    Correct: answered `Scheduled`; StatusNotification with `Unavailable` after the StopTransaction.
    """
    exchange = alarm.exchange
    connector = alarm.about if isinstance(alarm.about, int) else 0
    if exchange is None:
        return
    if alarm.name == "av16.running":
        running = _running_on(connector, exchange, known)
        if running is not None and is_station_free(alarm) and text(exchange.request, "type") == "Inoperative":
            text_of = f"answered Accepted, not Scheduled, while transaction {running} was in progress"
            yield violation(Side.STATION, text_of, frame=exchange.answer_frame)
    elif is_station_silent_about_it(alarm, known):
        reported = known.story(Commands).reported
        latest = max(reported.values(), default=0) if connector == 0 else reported.get(connector, 0)
        if latest < exchange.at:
            report = warning if text(exchange.request, "type") == "Operative" else violation
            yield report(Side.STATION, f"no StatusNotification told of the change of connector {connector} in 60 s")


def _running_on(connector: int, exchange: Exchange, known: Known) -> int | None:
    """Return the transaction that ran on a connector (0: on any) when a CALL came, and still runs."""
    for transaction_id, found in known.story(Transactions).all_running():
        is_there = connector in (0, found.connector) and found.session == exchange.session and found.is_accepted
        if is_there and found.answered_at < exchange.at - CROSSING_NS and known.has_all_since(found.started_at):
            return transaction_id
    return None
