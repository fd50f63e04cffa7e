"""What is known of a 1.6 station's transactions at one CSMS: the story that TX16, ST16, RS16, AV16 and SC16 read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from matrix.dialect import V16
from matrix.exchange import Exchange
from matrix.fields import Payload, integer, objects, text
from matrix.known import Known
from matrix.moments import SECOND_NS, moment
from matrix.recent import Recent
from matrix.rule import note, on_called, on_result

TRANSACTIONS_REMEMBERED: Final = 1_024
CONNECTORS_REMEMBERED: Final = 64
PATIENCE_NS: Final = 10 * SECOND_NS
"""A station may have given up on a StartTransaction that is answered later; timeouts are its own affair."""
NO_ID: Final = -1
"""What a station that never got a transactionId sends instead (errata 2025-04 §3.18)."""


@dataclass(slots=True)
class Transaction:
    """A StartTransaction that was answered; `frame` is its own.

    `..._at` are the recording's times, `..._moment` the station's own (ns).

    `is_shared` says that its id was given to another transaction too, that it was told twice, or so late that the
    station may have given up on it: nothing that is said of this id can be held against the station. `remote_stop_at`
    is when it accepted a RemoteStopTransaction.
    """

    connector: int | None
    id_tag: str | None
    meter_start: int | None
    content: int
    frame: int
    session: int
    started_at: int
    start_moment: int | None
    answered_at: int
    is_accepted: bool
    is_shared: bool = False
    stopped_at: int | None = None
    stop_moment: int | None = None
    remote_stop_at: int | None = None

    @property
    def is_running(self) -> bool:
        return self.stopped_at is None


@dataclass(slots=True)
class Transactions:
    """`given` are the transactions by their ids, `latest` the newest one of each connector.

    `asked` is when the newest StartTransaction of each connector came, answered or not; `connectors` are those that
    """

    given: Recent[int, Transaction] = field(default_factory=lambda: Recent(TRANSACTIONS_REMEMBERED))
    latest: Recent[int, Transaction] = field(default_factory=lambda: Recent(CONNECTORS_REMEMBERED))
    asked: Recent[int, int] = field(default_factory=lambda: Recent(CONNECTORS_REMEMBERED))
    connectors: Recent[int, int] = field(default_factory=lambda: Recent(CONNECTORS_REMEMBERED))
    booted_at: int | None = None

    def running(self, connector: int) -> Transaction | None:
        """Return the transaction that runs on a connector, as far as is known."""
        found = self.latest.get(connector)
        return found if found is not None and found.is_running else None

    def all_running(self) -> Iterator[tuple[int, Transaction]]:
        """Yield the transactions that run, with their ids."""
        for transaction_id, found in self.given.items():
            if found.is_running and not found.is_shared:
                yield transaction_id, found

    def is_settled(self, connector: int, known: Known) -> bool:
        """Tell whether all that has happened on a connector since its newest transaction began is known."""
        found = self.latest.get(connector)
        return (
            found is not None
            and not found.is_shared
            and self.asked.get(connector, 0) <= found.started_at
            and known.has_all_since(found.started_at)
        )

    def began_by(self, connector: int, at: int | None) -> bool:
        """Tell whether the newest transaction of a connector had begun by `at`, by the station's clock."""
        found = self.latest.get(connector)
        return found is not None and at is not None and found.start_moment is not None and found.start_moment <= at

    def leaves_no_room(self, known: Known, at: int | None) -> bool:
        """Tell whether no transaction that began before the recording can have run at `at` (the station's clock).

        That is so where each connector has begun another one since: a connector has one transaction at a time.
        """
        return (
            bool(self.connectors)
            and known.has_all_since(self.booted_at)
            and all(self.is_settled(each, known) and self.began_by(each, at) for each in self.connectors)
        )


def at_of(payload: Any, name: str = "timestamp") -> int | None:
    """Return the moment in a field, in nanoseconds since the Unix epoch; None where there is none."""
    value = payload.get(name) if isinstance(payload, dict) else None
    found = moment(value) if isinstance(value, str) else None
    return found.ns if found is not None else None


def sampled_at(payload: Payload) -> list[int]:
    """Return the moments of a MeterValues.req's samples."""
    return [at for each in objects(payload, "meterValue") if (at := at_of(each)) is not None]


def status_of(payload: Payload) -> str | None:
    """Return the authorization status in an answer's idTagInfo."""
    return text(payload, "idTagInfo", "status")


@note(on_called("StartTransaction"), versions={V16})
def remember_asked(exchange: Exchange, known: Known) -> None:
    """Remember that a connector has begun a transaction, whose id is not known yet."""
    connector = integer(exchange.request, "connectorId")
    if exchange.is_misdirected or connector is None:
        return
    story = known.story(Transactions)
    _name(story, connector, exchange.at)
    repeated = story.latest.get(connector)
    if repeated is None or repeated.content != exchange.content:
        story.asked[connector] = exchange.at


@note(on_result("StartTransaction"), versions={V16})
def remember_start(exchange: Exchange, known: Known) -> None:
    """Remember a transaction with the id that it was given."""
    transaction_id = integer(exchange.response, "transactionId")
    if exchange.is_misdirected or transaction_id is None:
        return
    story = known.story(Transactions)
    begun = _transaction(exchange)
    begun.is_shared = begun.answered_at - begun.started_at > PATIENCE_NS
    earlier = story.given.get(transaction_id)
    if earlier is not None and earlier.content == begun.content and not earlier.is_running:
        return  # the answer to a retry that nobody waits for any more: it has ended since
    story.given.pop(transaction_id, None)
    if earlier is not None:
        begun.is_shared |= earlier.is_shared or earlier.content != begun.content
        earlier.is_shared = True
    if begun.connector is not None:
        before = story.latest.get(begun.connector)
        if before is not None and before.content == begun.content:
            before.is_shared = True
        story.latest[begun.connector] = begun
    story.given[transaction_id] = begun


def _transaction(exchange: Exchange) -> Transaction:
    request = exchange.request
    return Transaction(
        connector=integer(request, "connectorId"),
        id_tag=text(request, "idTag"),
        meter_start=integer(request, "meterStart"),
        content=exchange.content,
        frame=exchange.call_frame,
        session=exchange.session,
        started_at=exchange.at,
        start_moment=at_of(request),
        answered_at=exchange.answered_at or exchange.at,
        is_accepted=status_of(exchange.response) == "Accepted",
    )


@note(on_called("StopTransaction"), versions={V16})
def remember_stop(exchange: Exchange, known: Known) -> None:
    """Remember that a transaction has ended; a second StopTransaction changes nothing."""
    transaction_id = integer(exchange.request, "transactionId")
    if exchange.is_misdirected or transaction_id is None:
        return
    found = known.story(Transactions).given.get(transaction_id)
    if found is not None and found.is_running:
        found.stopped_at, found.stop_moment = exchange.at, at_of(exchange.request)


@note(on_result("RemoteStopTransaction"), versions={V16})
def remember_remote_stop(exchange: Exchange, known: Known) -> None:
    """Remember that the station agreed to stop a transaction."""
    transaction_id = integer(exchange.request, "transactionId")
    if exchange.is_misdirected or transaction_id is None or text(exchange.response, "status") != "Accepted":
        return
    found = known.story(Transactions).given.get(transaction_id)
    if found is not None and found.is_running:
        found.remote_stop_at = exchange.answered_at


@note(on_called("StatusNotification"), versions={V16})
def remember_connector(exchange: Exchange, known: Known) -> None:
    """Remember which connectors there are."""
    connector = integer(exchange.request, "connectorId")
    if connector is not None and not exchange.is_misdirected:
        _name(known.story(Transactions), connector, exchange.at)


@note(on_called("BootNotification"), versions={V16})
def remember_boot(exchange: Exchange, known: Known) -> None:
    """Remember that the station has booted: it will name all its connectors."""
    if not exchange.is_misdirected:
        known.story(Transactions).booted_at = exchange.at


def _name(story: Transactions, connector: int, at: int) -> None:
    if connector > 0 and connector not in story.connectors:
        story.connectors[connector] = at
