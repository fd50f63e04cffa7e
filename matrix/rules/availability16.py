"""AV16-02: what becomes of a connector that is to be taken out of operation after its transaction."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from matrix.dialect import V16
from matrix.exchange import Exchange
from matrix.fields import integer, text
from matrix.finding import Remark, Severity, warning
from matrix.known import Known
from matrix.recent import Recent
from matrix.rule import note, on_called, on_result, rule
from matrix.rules.silence import is_held_up
from matrix.rules.status16 import Statuses
from matrix.rules.transactions16 import CONNECTORS_REMEMBERED, Transactions
from matrix.trace import Side


@dataclass(slots=True)
class Scheduled:
    """By connector, when the station agreed to take it out of operation after its transaction."""

    at: Recent[int, int] = field(default_factory=lambda: Recent(CONNECTORS_REMEMBERED))


@note(on_result("ChangeAvailability", by=Side.CSMS), versions={V16})
def remember_scheduled(exchange: Exchange, known: Known) -> None:
    """Remember a change that waits for the end of a transaction; any other answer takes its place."""
    connector, story = integer(exchange.request, "connectorId"), known.story(Scheduled)
    if connector is None:
        return
    if connector == 0:
        story.at.clear()
    story.at.pop(connector, None)
    is_inoperative = text(exchange.request, "type") == "Inoperative"
    at = exchange.answered_at or exchange.at
    is_sure = not is_held_up(exchange.conversation, at)  # else another transaction may be meant, which is in the queue
    if connector > 0 and is_inoperative and text(exchange.response, "status") == "Scheduled" and is_sure:
        story.at[connector] = at


@note(on_called("BootNotification", by=Side.STATION), versions={V16})
def forget_scheduled(_exchange: Exchange, known: Known) -> None:
    """Forget what was scheduled: what a station keeps over a boot is not told."""
    known.story(Scheduled).at.clear()


@rule(
    "AV16-02",
    "A connector that is scheduled to be Inoperative is not Available after its transaction",
    clause="OCPP 1.6 §5.2",
    severity=Severity.WARNING,
    versions={V16},
    on=on_called("StatusNotification", by=Side.STATION),
    when=lambda exchange, _known: exchange.request.get("status") == "Available",
)
def available_before_unavailable(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report Available after the transaction to whose end an Inoperative was scheduled, in the same session.

    The standard does not say how fast the change is, so it is a warning: for a moment, a driver may begin to charge.

    Breach: ChangeAvailability to Inoperative answered `Scheduled`, StopTransaction, Available, then Unavailable.
    Correct: StopTransaction, Finishing, then Unavailable.
    """
    connector = integer(exchange.request, "connectorId")
    scheduled_at = known.story(Scheduled).at.get(connector) if connector is not None else None
    if connector is None or scheduled_at is None:
        return
    before, latest = known.story(Statuses).newest.get(connector), known.story(Transactions).latest.get(connector)
    is_told = before is not None and before.status in ("Available", "Unavailable")
    if is_told or latest is None or latest.session != exchange.session or latest.stopped_at is None:
        return
    if latest.started_at < scheduled_at <= latest.stopped_at and known.has_all_since(scheduled_at):
        text_of = f"connector {connector} is Available, though it was scheduled to be Inoperative after its transaction"
        yield warning(Side.STATION, text_of, pointer="/status")
