"""TX20-06 to TX20-09, TX20-14 and TX20-15: what a transaction's events and their answers carry."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from matrix.exchange import Exchange
from matrix.fields import Payload, integer, said
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_called, on_result, reading, rule, undecidable
from matrix.rules.registers20 import Read, Reading, Register, registers_in
from matrix.rules.transactions20 import (
    EVENT,
    TRANSACTIONS_REMEMBERED,
    VERSIONS,
    WITH_EV,
    Event,
    Transaction,
    tells_news,
    transaction_of,
)
from matrix.trace import Side

NOT_BY_DRIVER: Final = frozenset(
    "AbnormalCondition CostLimitReached Deauthorized EnergyLimitReached EVConnectTimeout RemoteStop ResetCommand "
    "SoCLimitReached TimeLimitReached UnlockCommand".split()
)
"""Triggers of an Ended that tell that it was not the driver, at the station, who ended the transaction."""
WITH_TOKEN: Final = frozenset("Authorized Deauthorized RemoteStart RemoteStop StopAuthorized Trigger TxResumed".split())
"""Triggers with which an idToken may come during a transaction."""
METERED: Final = ("MeterValueClock", "MeterValuePeriodic")
REGISTERS_REMEMBERED: Final = 32
MAIN_METER: Final = 0


Registers = Recent[Register, Reading]


@dataclass(slots=True)
class Meters:
    """The latest reading of each register: of the main meter, and as each transaction told it."""

    main: Registers = field(default_factory=lambda: Recent(REGISTERS_REMEMBERED))
    of: Recent[str, Registers] = field(default_factory=lambda: Recent(TRANSACTIONS_REMEMBERED))

    def meant_by(self, exchange: Exchange) -> Registers | None:
        """Return the registers that a message reads; None where it is neither a transaction nor the main meter."""
        if exchange.action == EVENT:
            told: Event | None = exchange.reading
            return self.of.get(told.transaction_id) if told is not None else None
        is_main = integer(exchange.request, "evseId") == MAIN_METER and not exchange.is_misdirected
        return self.main if is_main else None


@reading(on_called("MeterValues"), versions=VERSIONS)
def read_meter(exchange: Exchange) -> Read:
    """Return what the registers of MeterValues stood at: the `reading` of their exchange."""
    return registers_in(exchange.request)


def _registers(exchange: Exchange) -> Read:
    """Return what a message's registers stood at."""
    read: Event | Read | None = exchange.reading
    if isinstance(read, Event):
        return read.registers
    return read or ()


@note(on_called(EVENT, "MeterValues"), versions=VERSIONS)
def remember_readings(exchange: Exchange, known: Known) -> None:
    """Remember what the registers stood at last."""
    if "meterValue" not in exchange.request:
        return
    story = known.story(Meters)
    event: Event | None = exchange.reading if exchange.action == EVENT else None
    registers = story.meant_by(exchange)
    if event is not None and (registers is None or event.kind == "Started"):
        registers = story.of[event.transaction_id] = Recent(REGISTERS_REMEMBERED)
    if registers is None:
        return
    for key, read in _registers(exchange):
        before = registers.get(key)
        if before is None or read.moment > before.moment:
            registers[key] = read


@note(on_called("BootNotification"), versions=VERSIONS)
def forget_readings(_exchange: Exchange, known: Known) -> None:
    """Forget the registers: a meter may have been replaced or reset while the station was off."""
    story = known.story(Meters)
    story.main.clear()
    story.of.clear()


@rule(
    "TX20-06",
    "The answer to a TransactionEvent with an idToken has an idTokenInfo",
    clause="Part 2 E01.FR.12, E02.FR.02, E03.FR.02",
    versions=VERSIONS,
    on=on_result(EVENT),
    when=lambda exchange, _known: "idToken" in exchange.request,
)
def no_token_info(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report an answer that does not say whether the idToken is valid.

    Breach: a `Started` with `idToken`, answered `{}`.
    Correct: answered `{"idTokenInfo":{"status":"Accepted"}}`.
    """
    if exchange.is_misdirected or exchange.is_ambiguous or not isinstance(exchange.request["idToken"], dict):
        return
    if "idTokenInfo" not in exchange.response:
        text_of = f"the event in frame {exchange.call_frame} has an idToken, and its answer no idTokenInfo"
        yield violation(Side.CSMS, text_of)


@rule(
    "TX20-07",
    "An Ended has a stoppedReason, unless the driver ended the transaction at the station",
    clause="Part 2 E06.FR.08, E06.FR.09, F03.FR.03",
    versions=VERSIONS,
    on=on_called(EVENT),
    when=tells_news,
)
def no_stopped_reason(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report an Ended without stoppedReason, whose triggerReason tells that it was not the driver.

    A driver who unplugs the cable or drives off has ended it at the station, too.

    Breach: `Ended` with the triggerReason `RemoteStop` and no stoppedReason.
    Correct: `Ended` with `RemoteStop` and the stoppedReason `Remote`; `Ended` with `StopAuthorized` and none.
    """
    event: Event | None = exchange.reading
    if event is None or event.kind != "Ended" or event.trigger not in NOT_BY_DRIVER:
        return
    info_of = exchange.request["transactionInfo"]
    if "stoppedReason" not in info_of:
        text_of = f"no stoppedReason, and {event.trigger} tells that the driver did not end the transaction"
        yield violation(Side.STATION, text_of, pointer="/transactionInfo")


@rule(
    "TX20-08",
    "The next event after the vehicle has connected names the EVSE and the connector, and later ones need not",
    clause="Part 2 E01.FR.16",
    versions=VERSIONS,
    on=on_called(EVENT),
    when=tells_news,
)
def no_evse(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a chargingState with a connected vehicle, where no event so far has had evse.id and evse.connectorId.

    Only where all events of the transaction were seen, so that none can have named it. An evse in an event after that
    is an info, once: by §1.5 it is not repeated.

    Breach: `Started` without evse, `Updated` with the chargingState `Charging` without evse.
    Correct: `Updated` with `Charging` and `"evse":{"id":1,"connectorId":1}`.
    """
    event: Event | None = exchange.reading
    if event is None or exchange.is_repeat:
        return
    found = transaction_of(event, known)
    if found is None:
        if event.kind == "Started" and event.state in WITH_EV:
            yield from _unplaced(event, None)
    elif event.state in WITH_EV and not found.is_connected and found.is_next(event):
        yield from _unplaced(event, found)
    elif event.evse is not None and _is_told_again(event, found):
        yield info(Side.STATION, "the evse was told before, after the vehicle had connected", pointer="/evse")


def _unplaced(event: Event, found: Transaction | None) -> Iterator[Remark]:
    evse = event.evse if found is None or event.evse is not None else found.evse
    connector = event.connector if found is None or event.connector is not None else found.connector
    if evse is None or connector is None:
        lacking = "evse.id" if evse is None else "evse.connectorId"
        yield violation(Side.STATION, f"the vehicle is connected ({event.state}), and no event had {lacking} yet")


def _is_told_again(event: Event, found: Transaction) -> bool:
    is_same = found.evse == event.evse and found.connector == event.connector is not None
    return is_same and found.is_connected and not found.is_evse_repeated


def _may_be_odd(exchange: Exchange, _known: Known) -> bool:
    """Ask whether an event is more than meter values, which nearly all are."""
    request = exchange.request
    return request.get("triggerReason") not in METERED or "meterValue" not in request or "idToken" in request


@rule(
    "TX20-09",
    "The triggerReason of an event fits what the event says",
    clause="Part 2 E01.FR.15, E02.FR.01, E02.FR.20, F06.FR.07, J02.FR.11",
    versions=VERSIONS,
    severity=Severity.WARNING,
    on=on_called(EVENT),
    when=_may_be_odd,
)
def odd_trigger(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a triggerReason without what it stands for, and a first idToken that comes with another triggerReason.

    That is `Authorized` without an idToken so far, `ChargingStateChanged` and `Trigger` without chargingState,
    `MeterValuePeriodic` and `MeterValueClock` without meterValue. RemoteStart and RemoteStop: see TX20-10, TX20-11.

    Breach: `Updated` with `Authorized` and no idToken.
    Correct: `Updated` with `Authorized` and the idToken.
    """
    event: Event | None = exchange.reading
    if event is None or exchange.is_repeat:
        return
    found = transaction_of(event, known)
    lacking = _lacking(event, exchange.request, found)
    if lacking is not None:
        text_of = f"the triggerReason is {event.trigger}, and there is no {lacking}"
        yield warning(Side.STATION, text_of, pointer="/triggerReason")
    elif event.kind == "Updated" and "idToken" in exchange.request and event.trigger not in WITH_TOKEN:
        is_first = found is not None and found.is_next(event) and not found.has_token
        text_of = f"the first idToken comes with the triggerReason {said(event.trigger)}, not Authorized"
        yield from [warning(Side.STATION, text_of, pointer="/triggerReason")] * is_first


def _lacking(event: Event, request: Payload, found: Transaction | None) -> str | None:
    """Return the field that a triggerReason stands for, where it is missing."""
    if event.trigger == "Authorized":
        is_first = event.kind == "Started" or (found is not None and found.is_next(event) and not found.has_token)
        return "idToken" if is_first and "idToken" not in request else None
    if event.trigger in ("ChargingStateChanged", "Trigger"):
        return "chargingState" if "chargingState" not in request["transactionInfo"] else None
    return "meterValue" if event.trigger in METERED and "meterValue" not in request else None


def _may_have_fallen(exchange: Exchange, known: Known) -> bool:
    """Ask whether a register stands lower than what was read last, or is read more than once."""
    read = _registers(exchange)
    registers = known.story(Meters).meant_by(exchange) if read else None
    if registers:
        for key, reading in read:
            before = registers.get(key)
            if before is not None and reading.value < before.value:
                return True
    return len(read) > 1 and len({key for key, _ in read}) < len(read)


@rule(
    "TX20-14",
    "The values of a Register never decrease in a transaction, nor those of the main meter",
    clause="Part 2 J02.FR.16",
    versions=VERSIONS,
    on=on_called(EVENT, "MeterValues"),
    when=_may_have_fallen,
)
def register_decreases(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a register that stands lower than at an earlier time, by the timestamps of the samples.

    Registers are those of a transaction (one for each phase, location and unit), and those of EVSE 0 in MeterValues. A
    BootNotification may be about a replaced meter, so nothing is held against what came before it. A register that
    begins at 0 and rises (an offline start) is legal, and so is the same value with fewer digits.

    Breach: `Energy.Active.Import.Register` of 1200 Wh, and of 900 Wh a minute later.
    Correct: 1200 Wh, then 1200 Wh or more.
    """
    latest: dict[Register, Reading] = {}
    meant = known.story(Meters).meant_by(exchange)
    if meant is None and not isinstance(exchange.reading, Event):  # of no transaction, nor of the main meter
        return
    registers: dict[Register, Reading] = meant or {}
    for key, read in _registers(exchange):
        before = latest.get(key) or registers.get(key)
        if before is not None and before.moment < read.moment and _is_lower(read.value, before.value):
            text_of = f"{said(key[0])} fell from {before.value} to {read.value} in the order of the samples' times"
            yield violation(Side.STATION, text_of, pointer="/meterValue")
            return
        if before is None or before.moment < read.moment:
            latest[key] = read


def _is_lower(value: float, before: float) -> bool:
    """Tell whether a value is lower than one before it, also where that is cut to its digits (1234.56, then 1234)."""
    if value >= before:
        return False
    written, one = Decimal(repr(value)), Decimal(1)
    exponent = written.as_tuple().exponent
    unit = one if value == int(value) or not isinstance(exponent, int) else one.scaleb(exponent)
    return Decimal(repr(before)) - written >= unit


@undecidable(
    "TX20-15",
    "The meter values of a TransactionEvent are those of its EVSE; those of EVSE 0 are the main meter's",
    clause="Part 2 J02.FR.22, J01.FR.02, J01.FR.03",
    why="A sampled value does not say which meter it was read from.",
    versions=VERSIONS,
    severity=Severity.VIOLATION,
)
def values_of_another_evse() -> None:
    """Meter values in a TransactionEvent have no EVSE of their own, and those of EVSE 0 look like any other.

    Breach: the register of EVSE 2 in a TransactionEvent of EVSE 1.
    Correct: the register of EVSE 1.
    """
