"""TX16-13 to TX16-16: transactions that the CSMS starts and stops from afar."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.alarms import Alarm
from matrix.dialect import V16
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import integer, said, text
from matrix.finding import Remark, info, violation, warning
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.recent import Recent
from matrix.rule import note, on_alarm, on_called, on_result, rule
from matrix.rules.configuration16 import Configuration
from matrix.rules.remote_profile import wrong_with_profile
from matrix.rules.silence import MINUTE_NS, is_station_silent_about_it
from matrix.rules.transactions16 import Transactions
from matrix.soundness import is_sound
from matrix.trace import Side

REQUESTS_REMEMBERED: Final = 32
CONNECTION_TIME_S: Final = 120
"""How long a driver may take to plug in, where the station has not told its ConnectionTimeOut."""
ALIKE: Final = 4
"""Characters that two idTags have to begin with to be taken for the same one, altered."""
SHORTEST_CARD: Final = 8
"""Digits of the shortest card number (4 bytes); longer ones do not begin like another card's by chance."""


@dataclass(frozen=True, slots=True)
class RemoteStart:
    """An accepted RemoteStartTransaction that waits for its StartTransaction."""

    id_tag: str
    connector: int | None
    at: int


@dataclass(slots=True)
class Remote:
    """`starts` are the accepted RemoteStartTransactions whose transaction has not begun, by the frame of their CALL."""

    starts: Recent[int, RemoteStart] = field(default_factory=lambda: Recent(REQUESTS_REMEMBERED))

    def meant_by(self, start: Exchange) -> tuple[int, RemoteStart] | None:
        """Return the request that a StartTransaction follows: by its idTag, else by the likeness of its idTag."""
        connector, id_tag = integer(start.request, "connectorId"), text(start.request, "idTag") or ""
        fitting = [(at, each) for at, each in self.starts.items() if each.connector in (None, 0, connector)]
        exact = [pair for pair in fitting if pair[1].id_tag == id_tag]
        alike = [pair for pair in fitting if _is_altered(pair[1].id_tag, id_tag)]
        return next(iter(exact or alike), None)


def _is_altered(asked: str, used: str) -> bool:
    """Tell whether one idTag is the other in another case, cut off, or with something appended."""
    one, other = asked.strip().casefold(), used.strip().casefold()
    return min(len(one), len(other)) >= ALIKE and (one.startswith(other) or other.startswith(one))


@note(on_result("RemoteStartTransaction"), versions={V16})
def remember_remote_start(exchange: Exchange, known: Known) -> None:
    """Wait for the transaction that the station has agreed to start."""
    id_tag = text(exchange.request, "idTag")
    if text(exchange.response, "status") != "Accepted" or id_tag is None:
        return
    if exchange.is_misdirected or not is_sound(exchange):
        return
    at = exchange.answered_at or exchange.at
    asked = RemoteStart(id_tag, integer(exchange.request, "connectorId"), at)
    known.story(Remote).starts[exchange.call_frame] = asked
    seconds = known.story(Configuration).number("ConnectionTimeOut") or CONNECTION_TIME_S
    after_ns = (seconds + 30) * SECOND_NS
    exchange.conversation.wake(
        "tx16.start", at, after_ns, exchange=exchange, about=exchange.call_frame, by=Side.STATION
    )


@note(on_called("StartTransaction"), versions={V16})
def remember_answered_start(exchange: Exchange, known: Known) -> None:
    """Stop waiting for a transaction that has begun."""
    found = known.story(Remote).meant_by(exchange)
    if found is not None and not exchange.is_misdirected:
        del known.story(Remote).starts[found[0]]


@note(on_alarm("tx16.start"), versions={V16})
def give_up_start(alarm: Alarm, known: Known) -> None:
    """Stop waiting: a transaction that begins now was not asked for."""
    if isinstance(alarm.about, int):
        known.story(Remote).starts.pop(alarm.about, None)


@note(on_result("RemoteStopTransaction"), versions={V16})
def await_stop(exchange: Exchange, known: Known) -> None:
    """Wait for the end of the transaction that the station has agreed to stop."""
    transaction_id = integer(exchange.request, "transactionId")
    if exchange.is_misdirected or text(exchange.response, "status") != "Accepted":
        return
    if transaction_id in known.story(Transactions).given:
        at = exchange.answered_at or exchange.at
        exchange.conversation.wake("tx16.stop", at, MINUTE_NS, exchange=exchange, about=transaction_id, by=Side.STATION)


@rule(
    "TX16-13",
    "The idTag of a RemoteStartTransaction is that of the StartTransaction which follows",
    clause="OCPP 1.6 §5.11",
    versions={V16},
    on=(on_called("StartTransaction", "StopTransaction"), on_alarm("tx16.start")),
)
def another_tag_than_asked(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report a StartTransaction whose idTag is the one that was asked for, cut off or with something appended.

    Another case of letters is a warning, for idTags are case-insensitive, and so are idTags of fewer than eight
    characters, which may be two. Where no transaction begins, there is an
    info: the driver may not have plugged in. Whether an Authorize has to come first (AuthorizeRemoteTxRequests) is not
    judged: the station may have the idTag in its list or cache. A StopTransaction with the idTag of its transaction,
    cut off or with something appended, is a warning: it may be another card.

    Breach: RemoteStartTransaction with `BA86I250X5G6MOD5DLKD`, StartTransaction with two bytes appended to it.
    Correct: StartTransaction with `BA86I250X5G6MOD5DLKD`.
    """
    story = known.story(Remote)
    if isinstance(subject, Alarm):
        if subject.about in story.starts and is_station_silent_about_it(subject, known):
            yield info(Side.STATION, "no StartTransaction followed; the driver may not have plugged in")
        return
    if subject.action == "StopTransaction":
        yield from _stopped_by_altered_tag(subject, known)
        return
    found = None if subject.is_misdirected else story.meant_by(subject)
    used = text(subject.request, "idTag")
    if found is None or found[1].id_tag == used:
        return
    asked = found[1].id_tag
    is_whole = min(len(asked), len(used or "")) >= SHORTEST_CARD
    report = violation if is_whole and asked.casefold() != (used or "").casefold() else warning
    lengths = f"({len(asked)} characters were asked for, {len(used or '')} came)"
    yield report(Side.STATION, f"the idTag of the RemoteStartTransaction was altered {lengths}", pointer="/idTag")


def _stopped_by_altered_tag(stop: Exchange, known: Known) -> Iterator[Remark]:
    transaction_id, used = integer(stop.request, "transactionId"), text(stop.request, "idTag")
    found = known.story(Transactions).given.get(transaction_id) if transaction_id is not None else None
    if stop.is_misdirected or found is None or found.is_shared or found.id_tag is None or used is None:
        return
    is_whole = min(len(found.id_tag), len(used)) >= SHORTEST_CARD
    if is_whole and found.id_tag.casefold() != used.casefold() and _is_altered(found.id_tag, used):
        lengths = f"({len(found.id_tag)} characters began it, {len(used)} end it)"
        yield warning(Side.STATION, f"the idTag of the transaction was altered {lengths}", pointer="/idTag")


@rule(
    "TX16-14",
    "An accepted RemoteStopTransaction is followed by the StopTransaction",
    clause="OCPP 1.6 §5.12",
    versions={V16},
    on=on_alarm("tx16.stop"),
)
def no_stop_after_remote_stop(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report that no StopTransaction came within 60 s, though the station was connected and said other things.

    The standard fixes no time; 60 s is the hub's.

    Breach: RemoteStopTransaction of 7, `Accepted`, and MeterValues of 7 a minute later.
    Correct: StopTransaction of 7, with `"reason":"Remote"`.
    """
    found = known.story(Transactions).given.get(alarm.about) if isinstance(alarm.about, int) else None
    if found is None or not found.is_running or found.is_shared or found.remote_stop_at is None:
        return
    if is_station_silent_about_it(alarm, known):
        yield violation(Side.STATION, f"accepted to stop transaction {alarm.about}, and did not within 60 s")


@rule(
    "TX16-15",
    "A RemoteStopTransaction is accepted only for a transaction that is ongoing",
    clause="OCPP 1.6 §5.12; errata 2025-04 §3.33",
    versions={V16},
    on=on_result("RemoteStopTransaction"),
)
def accepted_to_stop_nothing(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report `Accepted` for a transaction that had been stopped, or for an id that the CSMS has never given.

    The latter only where the transaction cannot have begun before the recording: every connector that the station has
    named since its BootNotification has begun a later one.

    Breach: StopTransaction of 7, later a RemoteStopTransaction of 7 answered `Accepted`.
    Correct: answered `Rejected`.
    """
    transaction_id, story = integer(exchange.request, "transactionId"), known.story(Transactions)
    if exchange.is_misdirected or transaction_id is None or text(exchange.response, "status") != "Accepted":
        return
    found = story.given.get(transaction_id)
    if found is not None and not found.is_shared and found.stopped_at is not None:
        if found.stopped_at < exchange.at - CROSSING_NS and known.has_all_since(found.started_at):
            yield violation(Side.STATION, f"accepted to stop transaction {transaction_id}, which it had stopped before")
    elif found is None and story.leaves_no_room(known, _newest_start(story)):
        text_of = f"accepted to stop transaction {said(transaction_id)}, an id that no transaction has"
        yield violation(Side.STATION, text_of)


def _newest_start(story: Transactions) -> int | None:
    """Return the latest moment at which a transaction began; none that is not known has run since."""
    return max((found.start_moment or 0 for found in story.latest.values()), default=None)


@rule(
    "TX16-16",
    "The charging profile of a RemoteStartTransaction is a TxProfile without transactionId",
    clause="OCPP 1.6 §5.11, §5.16.2; errata 2025-04 §3.41",
    versions={V16},
    on=on_called("RemoteStartTransaction"),
    stands_alone=True,
)
def remote_start_with_another_profile(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a chargingProfile with another purpose, or with a transactionId, which cannot be known yet.

    Breach: `"chargingProfile":{"chargingProfilePurpose":"TxDefaultProfile",...}`.
    Correct: `"chargingProfile":{"chargingProfilePurpose":"TxProfile",...}`.
    """
    yield from wrong_with_profile(exchange)
