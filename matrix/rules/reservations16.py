"""TX16-07, RV16-01 and LL16-01: reservations, and the version of the local list."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.dialect import V16
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import integer, text
from matrix.finding import Remark, info, violation
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_called, on_result, rule
from matrix.rules.clock import may_be_off
from matrix.rules.transactions16 import at_of
from matrix.trace import Side

RESERVATIONS_REMEMBERED: Final = 64
UNTOUCHED: Final = ("Reserved", "Preparing")
"""Statuses of a connector that leave its reservation as it is."""


@dataclass(slots=True)
class Reservation:
    """An accepted ReserveNow. `is_sure` turns False with anything that may have ended it.

    `is_touched` says that somebody has plugged in since.
    """

    connector: int | None
    id_tag: str
    expires_at: int
    at: int
    session: int
    is_sure: bool = True
    is_touched: bool = False
    was_cancelled: bool = False

    def holds_at(self, at: int) -> bool:
        """Tell whether it certainly holds at a time of the recording."""
        return self.is_sure and not self.was_cancelled and at < self.expires_at - CROSSING_NS


@dataclass(slots=True)
class Reservations:
    """Reservations by their ids."""

    by_id: Recent[int, Reservation] = field(default_factory=lambda: Recent(RESERVATIONS_REMEMBERED))

    def doubt(self, connector: int | None) -> None:
        """Remember that the reservations of a connector (0 or None: of all) may have ended."""
        for each in self.by_id.values():
            if connector in (None, 0, each.connector) or each.connector in (None, 0):
                each.is_sure = False

    def touch(self, connector: int | None) -> None:
        """Remember that somebody has plugged in at a connector."""
        for each in self.by_id.values():
            each.is_touched |= each.connector in (None, 0, connector)


@note(on_result("ReserveNow"), versions={V16})
def remember_reservation(exchange: Exchange, known: Known) -> None:
    """Remember an accepted reservation; it takes the place of one with the same id."""
    request, story = exchange.request, known.story(Reservations)
    reservation_id, id_tag, expires_at = integer(request, "reservationId"), text(request, "idTag"), _expiry(exchange)
    if exchange.is_misdirected or reservation_id is None:
        return
    story.by_id.pop(reservation_id, None)
    if text(exchange.response, "status") == "Accepted" and id_tag is not None and expires_at is not None:
        at = exchange.answered_at or exchange.at
        connector = integer(request, "connectorId")
        story.by_id[reservation_id] = Reservation(connector, id_tag, expires_at, at, exchange.session)


def _expiry(exchange: Exchange) -> int | None:
    return at_of(exchange.request, "expiryDate")


@note(on_result("CancelReservation"), versions={V16})
def remember_cancelled(exchange: Exchange, known: Known) -> None:
    """Remember that a reservation was cancelled, or that the station does not know it."""
    found = _meant(exchange, known)
    if found is None or exchange.is_misdirected:
        return
    found.is_sure = False
    found.was_cancelled |= text(exchange.response, "status") == "Accepted"


@note(on_called("StartTransaction", "BootNotification"), versions={V16})
def doubt_after_start(exchange: Exchange, known: Known) -> None:
    """Remember that a transaction may have ended a reservation, or a boot all of them."""
    known.story(Reservations).doubt(integer(exchange.request, "connectorId"))


@note(on_called("StatusNotification"), versions={V16})
def doubt_after_status(exchange: Exchange, known: Known) -> None:
    """Remember that a connector with another status is not reserved any more, and who has plugged in."""
    connector = integer(exchange.request, "connectorId")
    status, story = text(exchange.request, "status"), known.story(Reservations)
    if status == "Preparing":
        story.touch(connector)
    elif status not in UNTOUCHED and (connector or status != "Available"):
        story.doubt(connector)


def _meant(exchange: Exchange, known: Known) -> Reservation | None:
    reservation_id = integer(exchange.request, "reservationId")
    return known.story(Reservations).by_id.get(reservation_id) if reservation_id is not None else None


@rule(
    "TX16-07",
    "A StartTransaction that ends a reservation carries its reservationId",
    clause="OCPP 1.6 §4.8, §5.13",
    versions={V16},
    on=on_called("StartTransaction"),
)
def reservation_not_named(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a StartTransaction by the idTag and on the connector of a reservation that does not name it.

    Nothing is reported where the connector has had another status than Reserved or Preparing since. A reservationId of
    0 that was never reserved, which some stations send for "none", is an info.

    Breach: ReserveNow of connector 1 for `A1` with id 5 accepted, then StartTransaction of `A1` on connector 1 without
    reservationId.
    Correct: `"reservationId":5`.
    """
    if exchange.is_misdirected or exchange.is_repeat:
        return
    reservation_id, story = integer(exchange.request, "reservationId"), known.story(Reservations)
    if reservation_id in story.by_id:
        return
    for expected, each in story.by_id.items():
        if _is_used_by(each, exchange) and known.has_all_since(each.at) and not may_be_off(known):
            given = "has no reservationId" if reservation_id is None else f"has the reservationId {reservation_id}"
            yield violation(Side.STATION, f"{given}, and ends the reservation {expected}", pointer="/reservationId")
            return
    if reservation_id == 0:
        yield info(Side.STATION, "names the reservation 0, which was not made", pointer="/reservationId")


def _is_used_by(each: Reservation, start: Exchange) -> bool:
    began = at_of(start.request)
    same_tag = (text(start.request, "idTag") or "").casefold() == each.id_tag.casefold()
    same_connector = each.connector in (None, 0, integer(start.request, "connectorId"))
    was_later = start.at > each.at + CROSSING_NS and began is not None and each.at <= began < each.expires_at
    return same_tag and same_connector and was_later and each.holds_at(start.at)


@rule(
    "RV16-01",
    "A station accepts to cancel a reservation that it has, and no other; the same id reserves anew",
    clause="OCPP 1.6 §5.1, §5.13",
    versions={V16},
    on=on_result("CancelReservation", "ReserveNow"),
)
def reservation_forgotten(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report answers that contradict the reservations that were made in this recording.

    That is `Accepted` for a reservation that was cancelled before, `Rejected` for one that holds, and `Occupied` for a
    ReserveNow that replaces one that holds on the same connector, where nobody has plugged in since. An id that was
    never seen may be from before the recording, and one may have expired by a clock that is off.

    Breach: CancelReservation of 5 answered `Accepted`, and once more `Accepted`.
    Correct: the second time `Rejected`.
    """
    found, status = _meant(exchange, known), text(exchange.response, "status")
    if exchange.is_misdirected or found is None or not known.has_all_since(found.at):
        return
    reservation_id = integer(exchange.request, "reservationId")
    holds = found.holds_at(exchange.answered_at or exchange.at) and found.session == exchange.session
    holds = holds and not may_be_off(known)
    if exchange.action == "ReserveNow":
        is_same = integer(exchange.request, "connectorId") == found.connector
        if holds and is_same and not found.is_touched and status == "Occupied":
            yield violation(Side.STATION, f"does not replace the reservation {reservation_id} that it has")
    elif found.was_cancelled and status == "Accepted":
        yield violation(Side.STATION, f"cancels the reservation {reservation_id} a second time")
    elif holds and status == "Rejected":
        yield violation(Side.STATION, f"does not cancel the reservation {reservation_id} that it has")


@rule(
    "LL16-01",
    "The version of a local list is not 0 or -1",
    clause="OCPP 1.6 errata 2025-04 §3.52",
    versions={V16},
    on=on_called("SendLocalList"),
    stands_alone=True,
)
def special_list_version(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a SendLocalList with a version that means "empty" (0) or "not supported" (-1) in GetLocalListVersion.

    Breach: `{"listVersion":0,"updateType":"Full",...}`.
    Correct: `{"listVersion":1,"updateType":"Full",...}`.
    """
    version = integer(exchange.request, "listVersion")
    if not exchange.is_misdirected and version in (0, -1):
        meaning = "there is no list" if version == 0 else "lists are not supported"
        text_of = f"listVersion {version}, which in GetLocalListVersion means that {meaning}"
        yield violation(Side.CSMS, text_of, pointer="/listVersion")
