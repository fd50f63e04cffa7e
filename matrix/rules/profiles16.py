"""SC16: charging profiles of 1.6."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from matrix.alarms import Alarm
from matrix.dialect import V16
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import Payload, dig, integer, number, objects, said, text
from matrix.finding import Remark, info, violation, warning
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.rule import note, on_alarm, on_called, on_result, rule
from matrix.rules.silence import is_held_up, is_station_free
from matrix.rules.transactions16 import Transactions
from matrix.trace import Side

TENTH: Final = Decimal("0.1")
SETTLING_NS: Final = 10 * SECOND_NS
SCHEDULES: Final = {
    "SetChargingProfile": ("csChargingProfiles", "chargingSchedule"),
    "RemoteStartTransaction": ("chargingProfile", "chargingSchedule"),
    "GetCompositeSchedule": ("chargingSchedule",),
}
"""Where schedules stand: in two requests and in one answer."""


@note(on_result("SetChargingProfile"), versions={V16})
def await_transaction(exchange: Exchange, known: Known) -> None:
    """Wait whether a transaction turns up for a TxProfile that was accepted on an idle connector."""
    connector = integer(exchange.request, "connectorId")
    is_accepted = text(exchange.response, "status") == "Accepted"
    if exchange.is_misdirected or not is_accepted or not _is_tx_profile(exchange) or connector is None:
        return
    if _idle_at(connector, exchange.at, known):
        at = exchange.answered_at or exchange.at
        exchange.conversation.wake("sc16.profile", at, SETTLING_NS, exchange=exchange, about=connector, by=Side.STATION)


def _is_tx_profile(exchange: Exchange) -> bool:
    return text(exchange.request, "csChargingProfiles", "chargingProfilePurpose") == "TxProfile"


def _idle_at(connector: int, at: int, known: Known) -> bool:
    """Tell whether a connector's transaction had certainly ended by `at`, and no other one had begun."""
    story = known.story(Transactions)
    latest = story.latest.get(connector)
    return (
        latest is not None
        and story.is_settled(connector, known)
        and latest.stopped_at is not None
        and latest.stopped_at < at - CROSSING_NS
    )


@rule(
    "SC16-01",
    "A TxProfile is for a connector with a transaction, a ChargePointMaxProfile for connector 0",
    clause="OCPP 1.6 §3.13.1, §5.16",
    versions={V16},
    on=on_called("SetChargingProfile"),
)
def profile_on_the_wrong_connector(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a TxProfile on connector 0 and a ChargePointMaxProfile on another one.

    A TxProfile for a connector whose transaction has ended is a warning: §5.16.4 says that it is not possible, and the
    station has to see to it (SC16-02). A CSMS that has not answered the station's last CALL may not know of the end.

    Breach: `{"connectorId":0,"csChargingProfiles":{"chargingProfilePurpose":"TxProfile",...}}`.
    Correct: `{"connectorId":1,...}` while a transaction runs there.
    """
    connector = integer(exchange.request, "connectorId")
    purpose = text(exchange.request, "csChargingProfiles", "chargingProfilePurpose")
    if exchange.is_misdirected or connector is None:
        return
    if purpose == "TxProfile" and connector == 0:
        yield violation(Side.CSMS, "a TxProfile on connector 0", pointer="/connectorId")
    elif purpose == "ChargePointMaxProfile" and connector > 0:
        yield violation(Side.CSMS, f"a ChargePointMaxProfile on connector {said(connector)}", pointer="/connectorId")
    elif purpose == "TxProfile" and _has_told_end(connector, exchange, known):
        yield warning(Side.CSMS, f"a TxProfile for connector {connector}, whose transaction has ended")


def _has_told_end(connector: int, exchange: Exchange, known: Known) -> bool:
    """Tell whether a connector's transaction has ended, and the CSMS has answered what tells of it."""
    return not is_held_up(exchange.conversation, exchange.at) and _idle_at(connector, exchange.at, known)


@rule(
    "SC16-02",
    "A TxProfile is not accepted for a connector without a transaction",
    clause="OCPP 1.6 §3.13.1",
    versions={V16},
    on=on_alarm("sc16.profile"),
)
def profile_without_transaction(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report a TxProfile that is accepted where the connector's transaction has ended, and none follows in 10 s.

    Breach: StopTransaction of connector 1, then a SetChargingProfile with a TxProfile for it, answered `Accepted`.
    Correct: answered `Rejected`.
    """
    connector = alarm.about if isinstance(alarm.about, int) else 0
    if alarm.exchange is not None and is_station_free(alarm) and _idle_at(connector, alarm.exchange.at, known):
        yield violation(Side.STATION, f"accepted a TxProfile for connector {connector}, which has no transaction")


@rule(
    "SC16-03",
    "A schedule has a period, the first starts at 0, and limits have at most one decimal",
    clause="OCPP 1.6 §7.14, §7.13; errata 2025-04 §3.45, §3.70",
    versions={V16},
    on=(
        on_called("SetChargingProfile", "RemoteStartTransaction"),
        on_result("GetCompositeSchedule"),
    ),
    stands_alone=True,
)
def schedule_out_of_form(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report `limit` and `minChargingRate` with more than one decimal, and a first `startPeriod` other than 0.

    Numbers are compared as decimals: 21.4 has one. A list without a period is remarked on: the specification's table
    says 1..*, the official schema does not.

    Breach: `{"startPeriod":60,"limit":16.25}` as the first period.
    Correct: `{"startPeriod":0,"limit":16.2}`.
    """
    if exchange.is_misdirected:
        return
    where = SCHEDULES[exchange.action]
    is_answer = exchange.action == "GetCompositeSchedule"
    schedule = dig(exchange.response if is_answer else exchange.request, *where)
    if isinstance(schedule, dict):
        yield from _flaws(schedule, exchange.answerer if is_answer else exchange.side, "/" + "/".join(where))


def _flaws(schedule: Payload, side: Side, pointer: str) -> Iterator[Remark]:
    periods = objects(schedule, "chargingSchedulePeriod")
    if schedule.get("chargingSchedulePeriod") == []:
        yield info(side, "the schedule has no period", pointer=f"{pointer}/chargingSchedulePeriod")
    if periods and (integer(periods[0], "startPeriod") or 0) != 0:
        start = said(periods[0]["startPeriod"])
        yield violation(
            side, f"the first period starts at {start}, not at 0", pointer=f"{pointer}/chargingSchedulePeriod"
        )
    numbers = [("minChargingRate", number(schedule, "minChargingRate"))]
    numbers += [("limit", number(period, "limit")) for period in periods]
    wrong = next(((name, value) for name, value in numbers if value is not None and _is_too_fine(value)), None)
    if wrong is not None:
        yield violation(side, f"{wrong[0]} {wrong[1]} has more than one decimal", pointer=pointer)


def _is_too_fine(value: Any) -> bool:
    """Tell whether a number has more than one decimal, as it was written."""
    if isinstance(value, int) or abs(value) > 2**52:
        return False
    return Decimal(repr(value)) % TENTH != 0
