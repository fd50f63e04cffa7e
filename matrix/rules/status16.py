"""ST16: what a 1.6 station says of its connectors."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.alarms import Alarm
from matrix.dialect import V16
from matrix.exchange import Exchange
from matrix.fields import integer, said, text
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.recent import Recent
from matrix.rule import note, on_alarm, on_called, on_result, rule
from matrix.rules.configuration16 import Configuration
from matrix.rules.silence import MINUTE_NS, is_station_silent_about_it
from matrix.rules.transactions16 import CONNECTORS_REMEMBERED, Transactions, at_of
from matrix.trace import Side

OF_THE_STATION: Final = frozenset({"Available", "Unavailable", "Faulted"})
"""The statuses of connector 0."""
_LETTERS: Final = (
    "Available Preparing Charging SuspendedEV SuspendedEVSE Finishing Reserved Unavailable Faulted".split()
)
_TO: Final = {
    "Available": "2345789",
    "Preparing": "134569",
    "Charging": "145689",
    "SuspendedEV": "135689",
    "SuspendedEVSE": "134689",
    "Finishing": "1289",
    "Reserved": "1289",
    "Unavailable": "123459",
    "Faulted": "12345678",
}
"""The table of §4.9, with B6 of errata 2025-04 §3.20: the numbers of the statuses that may follow, from 1."""
MAY_FOLLOW: Final = {status: frozenset(_LETTERS[int(digit) - 1] for digit in row) for status, row in _TO.items()}
WITH_EV: Final = frozenset({"Preparing", "SuspendedEV", "SuspendedEVSE", "Finishing"})
TOLERANCE_NS: Final = SECOND_NS


@dataclass(frozen=True, slots=True)
class Reported:
    """The newest status of a connector: when it came (`at`), in which session, and what the station calls its time."""

    status: str
    at: int
    frame: int
    session: int
    moment: int | None


@dataclass(slots=True)
class Statuses:
    """By connector: the newest status, and since when it has been known to be free of transactions.

    `clock_at` is when the station was last told the time.
    """

    newest: Recent[int, Reported] = field(default_factory=lambda: Recent(CONNECTORS_REMEMBERED))
    free_at: Recent[int, int] = field(default_factory=lambda: Recent(CONNECTORS_REMEMBERED))
    clock_at: int = 0


@note(on_called("StatusNotification"), versions={V16})
def remember_status(exchange: Exchange, known: Known) -> None:
    """Remember the status; where charging begins on a free connector, wait for the transaction."""
    connector, status = integer(exchange.request, "connectorId"), text(exchange.request, "status")
    if exchange.is_misdirected or connector is None or status is None:
        return
    story = known.story(Statuses)
    story.newest.pop(connector, None)
    story.newest[connector] = Reported(
        status, exchange.at, exchange.call_frame, exchange.session, at_of(exchange.request)
    )
    if status == "Available":
        story.free_at[connector] = exchange.at
    elif status == "Charging" and connector > 0:
        exchange.conversation.wake(
            "st16.charging", exchange.at, MINUTE_NS, exchange=exchange, about=connector, by=Side.STATION
        )


@note(on_called("StartTransaction"), versions={V16})
def remember_busy(exchange: Exchange, known: Known) -> None:
    """Remember that a connector has a transaction."""
    connector = integer(exchange.request, "connectorId")
    if connector is not None and not exchange.is_misdirected:
        known.story(Statuses).free_at.pop(connector, None)


@note(on_result("BootNotification", "Heartbeat"), versions={V16})
def remember_clock(exchange: Exchange, known: Known) -> None:
    """Remember that the station may have set its clock; after a boot, forget the statuses and wait for them all."""
    story, at = known.story(Statuses), exchange.answered_at or exchange.at
    if exchange.is_misdirected:
        return
    story.clock_at = at
    if exchange.action == "BootNotification":
        story.newest.clear()
        if text(exchange.response, "status") == "Accepted":
            exchange.conversation.wake("st16.connectors", at, MINUTE_NS, by=Side.STATION)


@rule(
    "ST16-01",
    "Connector 0 is Available, Unavailable or Faulted",
    clause="OCPP 1.6 §4.9",
    versions={V16},
    on=on_called("StatusNotification"),
    stands_alone=True,
    when=lambda exchange, _known: exchange.request.get("connectorId") == 0,
)
def status_of_a_connector_on_0(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report another status of connector 0, which is the station itself.

    Breach: `{"connectorId":0,"errorCode":"NoError","status":"Charging"}`.
    Correct: `{"connectorId":0,"errorCode":"NoError","status":"Available"}`.
    """
    status = text(exchange.request, "status")
    if integer(exchange.request, "connectorId") != 0 or exchange.is_misdirected:
        return
    if status in MAY_FOLLOW and status not in OF_THE_STATION:
        yield violation(Side.STATION, f"connector 0 cannot be {status}", pointer="/status")


@rule(
    "ST16-02",
    "A connector's status changes as the table of §4.9 has it",
    clause="OCPP 1.6 §4.9; errata 2025-04 §3.20",
    severity=Severity.WARNING,
    versions={V16},
    on=on_called("StatusNotification"),
)
def impossible_change(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a change that the table does not have, within one session and since the last boot.

    Never more than a warning: short statuses may be left out (MinimumStatusDuration), and statuses change offline.

    Breach: Available, then Finishing.
    Correct: Available, Preparing, then Finishing.
    """
    connector, status = integer(exchange.request, "connectorId"), text(exchange.request, "status")
    if exchange.is_misdirected or connector is None or connector <= 0 or status not in MAY_FOLLOW:
        return
    before = known.story(Statuses).newest.get(connector)
    if before is None or before.session != exchange.session or not known.has_all_since(before.at):
        return
    if before.status in MAY_FOLLOW and status not in (before.status, *MAY_FOLLOW[before.status]):
        step = f"went from {before.status} (frame {before.frame}) to {status}"
        text_of = f"connector {connector} {step}, which the table does not have"
        yield warning(Side.STATION, text_of, pointer="/status")


@rule(
    "ST16-03",
    "EVCommunicationError comes with Preparing, SuspendedEV, SuspendedEVSE or Finishing",
    clause="OCPP 1.6 §4.9",
    versions={V16},
    on=on_called("StatusNotification"),
    stands_alone=True,
    when=lambda exchange, _known: exchange.request.get("errorCode") == "EVCommunicationError",
)
def communication_error_without_ev(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report the error code EVCommunicationError with another status.

    Breach: `{"connectorId":1,"errorCode":"EVCommunicationError","status":"Faulted"}`.
    Correct: `{"connectorId":1,"errorCode":"EVCommunicationError","status":"Preparing"}`.
    """
    status = text(exchange.request, "status")
    if exchange.is_misdirected or text(exchange.request, "errorCode") != "EVCommunicationError":
        return
    if status in MAY_FOLLOW and status not in WITH_EV:
        yield violation(Side.STATION, f"EVCommunicationError with the status {status}", pointer="/errorCode")


@rule(
    "ST16-04",
    "Connectors are numbered from 1, without gaps, up to NumberOfConnectors",
    clause="OCPP 1.6 §3.8",
    severity=Severity.WARNING,
    versions={V16},
    on=(on_called("StatusNotification"), on_alarm("st16.connectors")),
)
def connectors_with_gaps(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report a connector beyond NumberOfConnectors, where that was told, and numbers left out a minute after a boot.

    Breach: StatusNotifications of the connectors 0, 1 and 3.
    Correct: of 0, 1 and 2.
    """
    if isinstance(subject, Alarm):
        named = known.story(Transactions).connectors
        missing = [
            str(each) for each in range(1, min(max(named, default=0), CONNECTORS_REMEMBERED)) if each not in named
        ]
        if missing and is_station_silent_about_it(subject, known):
            yield warning(Side.STATION, f"connector {max(named)} exists, and nothing came of {', '.join(missing)}")
        return
    connector = integer(subject.request, "connectorId")
    number = known.story(Configuration).number("NumberOfConnectors")
    if connector is not None and number is not None and connector > number and not subject.is_misdirected:
        text_of = f"connector {said(connector)} of a station with {number} (NumberOfConnectors)"
        yield warning(Side.STATION, text_of, pointer="/connectorId")


@rule(
    "ST16-05",
    "The StatusNotifications of a connector come in the order of the events",
    clause="OCPP 1.6 §4.9, rule 4",
    versions={V16},
    on=on_called("StatusNotification"),
)
def status_from_the_past(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a new status whose time stamp is before that of the connector's last one in the session.

    Not reported: the same status again (it tells when it began), less than a second, and less than a minute where the
    station was told the time in between. A clock that is put right goes back, too: what counts is the earlier of the
    last one's time stamp and of when it came.

    Breach: Charging with `"timestamp":"...T10:05:00Z"`, then Finishing with `"timestamp":"...T10:04:00Z"`.
    Correct: Finishing with `"timestamp":"...T10:06:00Z"`.
    """
    connector, at = integer(exchange.request, "connectorId"), at_of(exchange.request)
    if exchange.is_misdirected or exchange.is_repeat or connector is None or at is None:
        return
    story = known.story(Statuses)
    before = story.newest.get(connector)
    if before is None or before.session != exchange.session or before.moment is None:
        return
    tolerance = TOLERANCE_NS if story.clock_at < before.at else MINUTE_NS
    known_to_be_later = min(before.moment, before.at)
    if before.status != text(exchange.request, "status") and at < known_to_be_later - tolerance:
        seconds = (before.moment - at) // SECOND_NS
        text_of = (
            f"it is {seconds} s older than the {said(before.status)} that was sent before it (frame {before.frame})"
        )
        yield violation(Side.STATION, text_of, pointer="/timestamp")


@rule(
    "ST16-06",
    "A connector charges in a transaction",
    clause="OCPP 1.6 §4.9 (by its meaning)",
    severity=Severity.WARNING,
    versions={V16},
    on=on_alarm("st16.charging"),
)
def charging_without_transaction(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report a connector that was Available, is Charging, and has no StartTransaction a minute later.

    An info where the hub has seen no transaction of this station at all: it may charge for free.

    Breach: Available, Charging, and no StartTransaction.
    Correct: StartTransaction shortly before or after Charging.
    """
    connector = alarm.about if isinstance(alarm.about, int) else 0
    story, transactions = known.story(Statuses), known.story(Transactions)
    newest, free_at = story.newest.get(connector), story.free_at.get(connector)
    if newest is None or newest.status != "Charging" or not known.has_all_since(free_at):
        return
    if transactions.running(connector) is None and is_station_silent_about_it(alarm, known):
        report = warning if transactions.given else info
        yield report(Side.STATION, f"connector {connector} charges, and no StartTransaction came for it")
