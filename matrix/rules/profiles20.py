"""SC20: charging profiles of 2.x."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from matrix.dialect import V21, V201
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import Payload, integer, objects, said, text
from matrix.finding import Remark, violation, warning
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_called, on_result, rule
from matrix.rules.transactions20 import Event
from matrix.trace import Side

VERSIONS: Final = (V201, V21)
PROFILE: Final = "chargingProfile"
TRANSACTIONS_REMEMBERED: Final = 256
EVSES_REMEMBERED: Final = 64


@dataclass(slots=True)
class Running:
    """One transaction, as its TransactionEvents tell; `ended_at` is None while no Ended was seen."""

    evse_id: int | None
    seen_at: int
    ended_at: int | None = None


@dataclass(slots=True)
class RunningOnes:
    """Transactions by their id, and the id of the latest one of each EVSE."""

    by_id: Recent[str, Running] = field(default_factory=lambda: Recent(TRANSACTIONS_REMEMBERED))
    newest: str | None = None  # the last that an event told of
    at_evse: Recent[int, str] = field(default_factory=lambda: Recent(EVSES_REMEMBERED))

    def had_ended(self, transaction_id: str, at: int, known: Known) -> bool:
        """Tell whether a transaction had certainly ended by `at`."""
        found = self.by_id.get(transaction_id)
        ended_at = found.ended_at if found is not None else None
        return ended_at is not None and ended_at < at - CROSSING_NS and known.has_all_since(ended_at)

    def other_one(self, transaction_id: str, evse_id: int, at: int, known: Known) -> str | None:
        """Return the transaction that certainly runs on an EVSE at `at` in the place of one that was never seen."""
        running_id = self.at_evse.get(evse_id)
        running = self.by_id.get(running_id) if running_id is not None else None
        if running is None or running.ended_at is not None or transaction_id in self.by_id:
            return None
        is_certain = running.seen_at < at - CROSSING_NS and known.has_all_since(running.seen_at)
        return running_id if is_certain else None


@note(on_called("TransactionEvent", by=Side.STATION), versions=VERSIONS)
def remember_transaction(exchange: Exchange, known: Known) -> None:
    """Remember which transactions run, and where."""
    event: Event | None = exchange.reading
    request, story = exchange.request, known.story(RunningOnes)
    if event is not None and event.transaction_id == story.newest and event.kind == "Updated" and event.evse is None:
        return
    kind, transaction_id = request.get("eventType"), text(request.get("transactionInfo"), "transactionId")
    if transaction_id is None:
        return
    story.newest, evse_id = transaction_id, integer(request, "evse", "id")
    before = story.by_id.pop(transaction_id, None)
    running = before or Running(evse_id, exchange.at)
    running.evse_id = running.evse_id if evse_id is None else evse_id
    running.ended_at = exchange.at if kind == "Ended" else running.ended_at
    if kind == "Started" and request.get("offline") is not True and not exchange.is_repeat:
        running.ended_at = None
    story.by_id[transaction_id] = running
    if running.evse_id is not None and running.ended_at is None:
        story.at_evse.pop(running.evse_id, None)
        story.at_evse[running.evse_id] = transaction_id


@rule(
    "SC20-01",
    "A CSMS sends charging profiles that fit their purpose and kind, with schedules in order from 0 on",
    clause="Part 2 K01.FR.03, K01.FR.16, K01.FR.22, K01.FR.31, K01.FR.35, K01.FR.40, K01.FR.41",
    versions=VERSIONS,
    on=on_called("SetChargingProfile", "RequestStartTransaction"),
    stands_alone=True,
)
def profile_out_of_form(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a TxProfile without transactionId or for EVSE 0, a purpose that is the station's own, and bad schedules.

    Schedules are those of RequestStartTransaction, too (where a TxProfile has no transactionId yet): the first period
    starts at 0, the others later and later; startSchedule is there for Absolute and Recurring, and is not for Relative.
    Two periods that start at once are a warning.

    Breach: `{"evseId":0,"chargingProfile":{"chargingProfilePurpose":"TxProfile",...}}`.
    Correct: `{"evseId":1,"chargingProfile":{"chargingProfilePurpose":"TxProfile","transactionId":"t1",...}}`.
    """
    profile = exchange.request.get(PROFILE)
    if exchange.side is not Side.CSMS or not isinstance(profile, dict):
        return
    if exchange.action == "SetChargingProfile":
        yield from _wrong_purpose(profile, exchange.request)
    for number, schedule in enumerate(objects(profile, "chargingSchedule")):
        place = f"/{PROFILE}/chargingSchedule/{number}"
        yield from _wrong_periods(schedule, place)
        yield from _wrong_start(schedule, text(profile, "chargingProfileKind"), place)


def _wrong_purpose(profile: Payload, request: Payload) -> Iterator[Remark]:
    purpose, evse_id = text(profile, "chargingProfilePurpose"), integer(request, "evseId")
    if purpose == "ChargingStationExternalConstraints":
        place = f"/{PROFILE}/chargingProfilePurpose"
        yield violation(Side.CSMS, f"the purpose {purpose} is for what others than the CSMS set", pointer=place)
    if purpose != "TxProfile":
        return
    if "transactionId" not in profile:
        yield violation(Side.CSMS, "a TxProfile without a transactionId", pointer=f"/{PROFILE}")
    if evse_id is not None and evse_id <= 0:
        yield violation(Side.CSMS, f"a TxProfile for EVSE {said(evse_id)}", pointer="/evseId")


def _wrong_periods(schedule: Payload, place: str) -> Iterator[Remark]:
    periods = objects(schedule, "chargingSchedulePeriod")
    starts = [integer(period, "startPeriod") for period in periods]
    if starts and starts[0]:
        yield violation(Side.CSMS, f"the first period starts at {said(starts[0])}, not at 0", pointer=place)
    for one, next_one in pairwise(starts):
        if one is not None and next_one is not None and next_one <= one:
            report = violation if next_one < one else warning
            yield report(Side.CSMS, f"a period that starts at {said(next_one)} after one at {said(one)}", pointer=place)
            return


def _wrong_start(schedule: Payload, kind: str | None, place: str) -> Iterator[Remark]:
    if kind in ("Absolute", "Recurring") and "startSchedule" not in schedule:
        yield violation(Side.CSMS, f"a profile of the kind {kind} without a startSchedule", pointer=place)
    elif kind == "Relative" and "startSchedule" in schedule:
        yield violation(Side.CSMS, "a profile of the kind Relative with a startSchedule", pointer=place)


@rule(
    "SC20-02",
    "A TxProfile for a transaction that does not run is rejected",
    clause="Part 2 K01.FR.09, K01.FR.33",
    versions=VERSIONS,
    on=on_result("SetChargingProfile"),
)
def profile_without_transaction(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a TxProfile that is accepted for a transaction that has ended, or that another one on its EVSE cannot be.

    A transaction that the recording does not know may be of before it: that alone is not reported.

    Breach: a TransactionEvent Ended of t1, then SetChargingProfile with a TxProfile for t1, answered `Accepted`.
    Correct: answered `Rejected`.
    """
    transaction_id = text(exchange.request, PROFILE, "transactionId")
    is_tx_profile = text(exchange.request, PROFILE, "chargingProfilePurpose") == "TxProfile"
    is_accepted = text(exchange.response, "status") == "Accepted"
    if exchange.side is not Side.CSMS or not is_tx_profile or not is_accepted or transaction_id is None:
        return
    story, evse_id = known.story(RunningOnes), integer(exchange.request, "evseId")
    name = said(transaction_id)
    if story.had_ended(transaction_id, exchange.at, known):
        yield violation(Side.STATION, f"accepted a TxProfile for the transaction {name}, which has ended")
    elif evse_id is not None and (other := story.other_one(transaction_id, evse_id, exchange.at, known)):
        text_of = f"accepted a TxProfile for the transaction {name} on EVSE {said(evse_id)}, where {said(other)} runs"
        yield violation(Side.STATION, text_of)
