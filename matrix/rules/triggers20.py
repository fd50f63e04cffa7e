"""TR20: what a TriggerMessage asks for, and what follows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.alarms import Alarm
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import integer, objects, text
from matrix.finding import Remark, violation
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.recent import Recent
from matrix.rule import note, on_alarm, on_called, on_result, rule
from matrix.rules.boot_story import BOOT, story_of
from matrix.rules.silence import MINUTE_NS, is_station_silent_about_it
from matrix.rules.transactions20 import EVENT, EVSES_REMEMBERED, VERSIONS, Event, Transactions
from matrix.soundness import is_sound
from matrix.trace import Side

STATUS: Final = "StatusNotification"
FOLLOWS_NS: Final = 30 * SECOND_NS
SIGNED_NS: Final = 5 * MINUTE_NS
"""What a station may take to make a key pair."""
TRIGGERED: Final = {
    "BootNotification": BOOT,
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "Heartbeat": "Heartbeat",
    "LogStatusNotification": "LogStatusNotification",
    "MeterValues": "MeterValues",
    "PublishFirmwareStatusNotification": "PublishFirmwareStatusNotification",
    "SignChargingStationCertificate": "SignCertificate",
    "SignCombinedCertificate": "SignCertificate",
    "SignV2G20Certificate": "SignCertificate",
    "SignV2GCertificate": "SignCertificate",
    "StatusNotification": STATUS,
    "TransactionEvent": EVENT,
}
"""What may be requested, and the action that follows; a CustomTrigger may lead to anything."""
ACTIONS: Final = frozenset(TRIGGERED.values()) | {"NotifyEvent"}

DATED: Final = frozenset({EVENT, "MeterValues"})


@dataclass(slots=True)
class Triggers:
    """When each action was last sent, and each connector's status; when an action was last accepted to be sent.

    `proven` are actions whose latest message shows by itself that it was triggered, and when. `shown` is what the
    latest of those that hold a time said: the same once more is a retry.
    """

    sent: dict[str, int] = field(default_factory=dict)
    proven: dict[str, int] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    reported: Recent[tuple[int | None, int | None], int] = field(default_factory=lambda: Recent(EVSES_REMEMBERED))


def _asked(exchange: Exchange) -> str | None:
    """Return the action that a TriggerMessage asks for."""
    return None if exchange.is_misdirected else TRIGGERED.get(text(exchange.request, "requestedMessage") or "")


def _shows_trigger(exchange: Exchange) -> bool:
    """Tell whether a message says itself that it was triggered: Idle is said for nothing else, and so is Trigger."""
    if exchange.action == EVENT:
        event: Event | None = exchange.reading
        return event is not None and event.trigger == "Trigger"
    if exchange.action == "MeterValues":
        samples = [each for value in objects(exchange.request, "meterValue") for each in objects(value, "sampledValue")]
        return any(text(each, "context") == "Trigger" for each in samples)
    return text(exchange.request, "status") == "Idle"


@note(on_called(*ACTIONS, by=Side.STATION), versions=VERSIONS)
def remember_sent(exchange: Exchange, known: Known) -> None:
    """Remember when an action was sent that may have been triggered."""
    story = known.story(Triggers)
    story.sent[exchange.action] = exchange.at
    if exchange.action == STATUS:
        place = integer(exchange.request, "evseId"), integer(exchange.request, "connectorId")
        story.reported[place] = exchange.at
    is_again = exchange.is_repeat or exchange.content == story.shown.get(exchange.action)
    if exchange.conversation.voices[Side.CSMS].open_calls and _shows_trigger(exchange) and not is_again:
        story.proven[exchange.action] = exchange.at
    if exchange.action in DATED:
        story.shown[exchange.action] = exchange.content


@note(on_result("TriggerMessage"), versions=VERSIONS)
def await_triggered(exchange: Exchange, known: Known) -> None:
    """Wait for the message that the station has agreed to send."""
    action, at = _asked(exchange), exchange.answered_at or exchange.at
    if action is None or text(exchange.response, "status") != "Accepted":
        return
    known.story(Triggers).accepted[action] = at
    if not is_sound(exchange):
        return
    is_idle = action == EVENT and known.story(Transactions).certain(_evse(exchange), exchange, known) is None
    if is_idle or (action == BOOT and story_of(known).status == "Accepted"):  # TR20-03 tells of the latter
        return
    after_ns = SIGNED_NS if action == "SignCertificate" else FOLLOWS_NS
    exchange.conversation.wake(
        "tr20.follows", at, after_ns, exchange=exchange, about=exchange.call_frame, by=Side.STATION
    )


def _evse(exchange: Exchange) -> int | None:
    return integer(exchange.request, "evse", "id")


@rule(
    "TR20-01",
    "A TriggerMessage is answered first, and the message that was accepted is sent after that",
    clause="Part 2 F06.FR.04, F06.FR.10",
    versions=VERSIONS,
    on=(on_result("TriggerMessage"), on_alarm("tr20.follows")),
)
def not_as_triggered(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report a message that did not come within 30 s of `Accepted`, and one that came before it.

    The standard names no time; 30 s are the hub's, and 5 min for certificates. The same message counts where it was due
    anyway, as soon as the TriggerMessage was seen. A TransactionEvent is waited for only where a transaction ran and
    still runs. That a message came too early is certain where it says itself that it was triggered: the
    triggerReason or the context `Trigger`, or the status `Idle`.

    Breach: TriggerMessage for Heartbeat, `Accepted`, and no Heartbeat in 30 s.
    Correct: `Accepted`, then Heartbeat.
    """
    story, exchange = known.story(Triggers), subject if isinstance(subject, Exchange) else subject.exchange
    action = _asked(exchange) if exchange is not None else None
    if exchange is None or action is None or text(exchange.response, "status") != "Accepted":
        return
    if isinstance(subject, Exchange):
        is_pending = story.accepted.get(action, 0) > exchange.at - SIGNED_NS
        if story.proven.get(action, 0) > exchange.at and not is_pending:
            text_of = f"a {action} that says it was triggered came before the answer to the TriggerMessage"
            yield violation(Side.STATION, text_of)
    elif not _has_come(action, exchange, known) and is_station_silent_about_it(subject, known):
        yield violation(
            Side.STATION, f"accepted, and no {action} came within {(subject.at - subject.since) // SECOND_NS} s"
        )


def _has_come(action: str, exchange: Exchange, known: Known) -> bool:
    """Tell whether a message came that was asked for, or need not come any more."""
    story, evse, connector = known.story(Triggers), _evse(exchange), integer(exchange.request, "evse", "connectorId")
    if action == EVENT and known.story(Transactions).certain(evse, exchange, known) is None:
        return True
    if action == STATUS and evse is not None and connector is not None:
        return max(story.reported.get((evse, connector), 0), story.sent.get("NotifyEvent", 0)) > exchange.at
    return max(story.sent.get(action, 0), action == STATUS and story.sent.get("NotifyEvent", 0)) > exchange.at


@rule(
    "TR20-02",
    "A TriggerMessage for StatusNotification names the connector",
    clause="Part 2 F06.FR.13",
    versions=VERSIONS,
    on=on_called("TriggerMessage"),
    stands_alone=True,
)
def status_of_no_connector(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a TriggerMessage for StatusNotification without evse.connectorId.

    Breach: `{"requestedMessage":"StatusNotification","evse":{"id":1}}`.
    Correct: `{"requestedMessage":"StatusNotification","evse":{"id":1,"connectorId":1}}`.
    """
    if _asked(exchange) == STATUS and integer(exchange.request, "evse", "connectorId") is None:
        where = "/evse" * ("evse" in exchange.request)
        yield violation(Side.CSMS, "a StatusNotification is asked for, and evse.connectorId is missing", pointer=where)


@rule(
    "TR20-03",
    "A TriggerMessage for BootNotification is rejected once the CSMS has accepted the station",
    clause="Part 2 F06.FR.17",
    versions=VERSIONS,
    on=on_result("TriggerMessage"),
)
def boot_triggered(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report `Accepted`, where the last BootNotification of this session was answered `Accepted`.

    Breach: BootNotification answered `Accepted`, later TriggerMessage for BootNotification answered `Accepted`.
    Correct: the TriggerMessage answered `Rejected`.
    """
    story = story_of(known)
    if _asked(exchange) != BOOT or text(exchange.response, "status") != "Accepted":
        return
    was_accepted = story.status == "Accepted" and story.answer_session == exchange.session
    at = story.answered_at
    is_sure = was_accepted and not story.asked_frame and known.has_all_since(at)
    if is_sure and (at or 0) < exchange.at - CROSSING_NS:
        text_of = f"accepted to send a BootNotification, which was accepted in frame {story.answer_frame}"
        yield violation(Side.STATION, text_of)
