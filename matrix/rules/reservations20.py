"""RV20: reservations of 2.x."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.alarms import Alarm
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import integer, moment_at, text
from matrix.finding import Remark, violation
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_alarm, on_called, on_result, rule
from matrix.rules.clock import may_be_off
from matrix.rules.silence import MINUTE_NS, is_station_silent_about_it
from matrix.rules.transactions20 import EVENT, VERSIONS
from matrix.trace import Side

RESERVATIONS_REMEMBERED: Final = 64
EXPIRED_NS: Final = 2 * MINUTE_NS
LONGEST_NS: Final = 31 * 24 * 60 * MINUTE_NS


@dataclass(slots=True)
class Reservation:
    """An accepted ReserveNow. `is_sure` turns False with anything that may have used or ended it.

    `over` says what has certainly ended it, `over_at` when.
    """

    evse: int | None
    expires_at: int
    at: int
    session: int
    is_sure: bool = True
    over: str | None = None
    over_at: int = 0


@dataclass(slots=True)
class Reservations:
    """Reservations by their ids."""

    by_id: Recent[int, Reservation] = field(default_factory=lambda: Recent(RESERVATIONS_REMEMBERED))

    def doubt(self, evse: int | None) -> None:
        """Remember that the reservations of an EVSE (None: of all) may have ended."""
        for each in self.by_id.values():
            each.is_sure &= evse is not None and each.evse not in (None, evse)


def _meant(exchange: Exchange, known: Known) -> Reservation | None:
    reservation_id = integer(exchange.request, "reservationId")
    found = known.story(Reservations).by_id.get(reservation_id) if reservation_id is not None else None
    return None if exchange.is_misdirected else found


@note(on_result("ReserveNow"), versions=VERSIONS)
def remember_reservation(exchange: Exchange, known: Known) -> None:
    """Remember an accepted reservation in place of one with the same id, and wait until it expires."""
    reservation_id, expires_at = integer(exchange.request, "id"), moment_at(exchange.request, "expiryDateTime")
    if exchange.is_misdirected or reservation_id is None:
        return
    story, at = known.story(Reservations), exchange.answered_at or exchange.at
    story.by_id.pop(reservation_id, None)
    if text(exchange.response, "status") != "Accepted" or expires_at is None:
        return
    evse = integer(exchange.request, "evseId")
    story.by_id[reservation_id] = Reservation(evse, expires_at, at, exchange.session)
    if at < expires_at < at + LONGEST_NS:
        exchange.conversation.wake(
            "rv20.expired", expires_at, EXPIRED_NS, exchange=exchange, about=reservation_id, by=Side.STATION
        )


@note(on_result("CancelReservation"), versions=VERSIONS)
def remember_cancelled(exchange: Exchange, known: Known) -> None:
    """Remember that a reservation was cancelled, or that the station does not know it."""
    found = _meant(exchange, known)
    if found is not None:
        found.is_sure = False
        if text(exchange.response, "status") == "Accepted":
            found.over, found.over_at = "was cancelled", exchange.answered_at or exchange.at


@note(on_called("ReservationStatusUpdate"), versions=VERSIONS)
def remember_ended(exchange: Exchange, known: Known) -> None:
    """Remember that the station has ended a reservation."""
    found = _meant(exchange, known)
    if found is not None:
        found.is_sure, found.over, found.over_at = False, "was ended by the station", exchange.at


@note(on_called(EVENT), versions=VERSIONS)
def doubt_after_event(exchange: Exchange, known: Known) -> None:
    """Remember that a transaction may have used a reservation."""
    story = known.story(Reservations)
    if not story.by_id:
        return
    found = _meant(exchange, known)
    if found is not None:
        found.is_sure = False
    if "idToken" in exchange.request or exchange.request.get("eventType") == "Started":
        story.doubt(integer(exchange.request, "evse", "id"))


@note(on_called("StatusNotification"), versions=VERSIONS)
def doubt_after_status(exchange: Exchange, known: Known) -> None:
    """Remember that a connector with another status may not be reserved any more."""
    if text(exchange.request, "connectorStatus") != "Reserved":
        known.story(Reservations).doubt(integer(exchange.request, "evseId"))


@note(on_called("BootNotification", "NotifyEvent"), versions=VERSIONS)
def doubt_after_boot(_exchange: Exchange, known: Known) -> None:
    """Remember that anything may have happened."""
    known.story(Reservations).doubt(None)


@rule(
    "RV20-01",
    "A station cancels a reservation that it has, and no other, and tells when one has expired",
    clause="Part 2 H02.FR.01, H02.FR.02, H04.FR.01",
    versions=VERSIONS,
    on=(on_result("CancelReservation"), on_alarm("rv20.expired")),
)
def reservation_forgotten(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report answers that contradict the reservations that were made in this recording, and an expiry without notice.

    That is `Accepted` for a reservation that was cancelled or ended before, and `Rejected` for one that holds. An id
    that was never seen may be from before the recording, and one may have expired by a clock that is a minute off, the
    CSMS's or the station's. The ReservationStatusUpdate has 2 min (the hub's time); it is
    missed only where nothing has happened on the EVSE that may have used the reservation.

    Breach: CancelReservation of 5 answered `Accepted`, and once more `Accepted`.
    Correct: the second time `Rejected`.
    """
    if isinstance(subject, Alarm):
        found = known.story(Reservations).by_id.get(subject.about) if isinstance(subject.about, int) else None
        if found is None or not found.is_sure or found.over is not None or not known.has_all_since(found.at):
            return
        is_due = found.expires_at == subject.since and not may_be_off(known)
        if is_due and is_station_silent_about_it(subject, known):
            text_of = f"reservation {subject.about} has expired, and no ReservationStatusUpdate told so within 2 min"
            yield violation(Side.STATION, text_of)
        return
    found, status = _meant(subject, known), text(subject.response, "status")
    if found is None or not known.has_all_since(found.at) or subject.is_ambiguous:
        return
    reservation_id, at = subject.request["reservationId"], subject.answered_at or subject.at
    if found.over is not None and found.over_at < subject.at and status == "Accepted":
        yield violation(Side.STATION, f"cancels reservation {reservation_id}, which {found.over}")
    elif found.is_sure and status == "Rejected" and found.session == subject.session:
        holds = at < found.expires_at - CROSSING_NS and not may_be_off(known)
        yield from [violation(Side.STATION, f"does not cancel reservation {reservation_id}, which it has")] * holds
