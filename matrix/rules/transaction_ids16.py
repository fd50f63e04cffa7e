"""TX16-01 to TX16-05: the ids that a CSMS gives to transactions, and what a station says under them."""

from collections.abc import Iterator
from typing import Final

from matrix.dialect import V16
from matrix.exchange import Exchange
from matrix.fields import LARGEST_INTEGER, integer, number, said
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.rule import on_called, on_result, rule
from matrix.rules.transactions16 import NO_ID, Transaction, Transactions, at_of, sampled_at, status_of
from matrix.trace import Side
from matrix.wire import CallResult

TOLERANCE_NS: Final = SECOND_NS


@rule(
    "TX16-01",
    "A StartTransaction.conf carries a transactionId and an authorization status",
    clause="OCPP 1.6 §4.8",
    versions={V16},
    on=on_result("StartTransaction"),
    stands_alone=True,
)
def start_without_id(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a StartTransaction.conf without transactionId or idTagInfo.status: no later message can be filed.

    Breach: `[3,"a",{"status":"Accepted"}]`.
    Correct: `[3,"a",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]`.
    """
    if exchange.is_misdirected or not isinstance(exchange.answer, CallResult) or exchange.answer.payload is None:
        return
    if "transactionId" not in exchange.response:
        yield violation(Side.CSMS, "the StartTransaction.conf has no transactionId")
    if status_of(exchange.response) is None:
        yield violation(Side.CSMS, "the StartTransaction.conf has no idTagInfo.status", pointer="/idTagInfo")


@rule(
    "TX16-02",
    "The ids of transactions are unique positive numbers",
    clause="OCPP 1.6 errata 2025-04 §3.54 (recommended)",
    severity=Severity.WARNING,
    versions={V16},
    on=on_result("StartTransaction"),
)
def reused_transaction_id(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report an id that another transaction of the same station had; zero and negative ids are an info.

    The same StartTransaction, sent again, may well get the same id again. So may one that was not authorized.

    Breach: two charging sessions, both with `"transactionId":1`.
    Correct: 1, then 2.
    """
    transaction_id = integer(exchange.response, "transactionId")
    if exchange.is_misdirected or transaction_id is None:
        return
    earlier = known.story(Transactions).given.get(transaction_id)
    is_accepted = status_of(exchange.response) == "Accepted"
    if earlier is not None and earlier.content != exchange.content and is_accepted and earlier.is_accepted:
        which = "still runs" if earlier.is_running else "has ended"
        yield warning(Side.CSMS, f"transactionId {transaction_id} was given before, to a transaction that {which}")
    elif transaction_id <= 0:
        yield info(Side.CSMS, f"transactionId {transaction_id} is not a positive number")


@rule(
    "TX16-03",
    "A StopTransaction names the transaction by the id that the CSMS gave it",
    clause="OCPP 1.6 §4.10; errata 2025-04 §3.18",
    versions={V16},
    on=on_called("StopTransaction"),
)
def stop_of_unknown_transaction(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a StopTransaction whose id the CSMS has not given to this station.

    A violation only where the transaction cannot have begun before the recording: each connector that the station has
    named since its BootNotification has begun a later one. Else an info. The id -1 is right where no
    StartTransaction.conf arrived; it is reported only where the station got one in this very session.

    Breach: StartTransaction answered with 7, then `"transactionId":0` in the StopTransaction.
    Correct: `"transactionId":7`.
    """
    transaction_id, story = integer(exchange.request, "transactionId"), known.story(Transactions)
    if exchange.is_misdirected or transaction_id is None or transaction_id in story.given:
        return
    is_proven = story.leaves_no_room(known, at_of(exchange.request))
    if transaction_id == NO_ID and not (is_proven and _were_all_told(story, exchange.session)):
        return
    shown = said(transaction_id)
    if is_proven:
        text = f"the CSMS has given no transaction the id {shown}"
        yield violation(Side.STATION, text, pointer="/transactionId")
    else:
        text = f"the CSMS has given no transaction the id {shown} since the recording began"
        yield info(Side.STATION, text, pointer="/transactionId")


def _were_all_told(story: Transactions, session: int) -> bool:
    return all(found.session == session for found in story.latest.values())


def _is_out_of_place(exchange: Exchange, known: Known) -> bool:
    """Ask whether a MeterValues has a transactionId that is not plainly that of the transaction on its connector."""
    transaction_id = integer(exchange.request, "transactionId")
    if transaction_id is None:
        return False
    found = known.story(Transactions).given.get(transaction_id)
    if found is None or not found.connector or found.stop_moment is not None:
        return True
    return found.connector != integer(exchange.request, "connectorId")


@rule(
    "TX16-04",
    "The transactionId of a MeterValues is that of the transaction on its connector",
    clause="OCPP 1.6 §4.7; errata 2025-04 §3.16",
    versions={V16},
    on=on_called("MeterValues"),
    when=_is_out_of_place,
)
def meter_values_of_another_transaction(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report MeterValues under the id of a transaction on another connector, of one that had ended, or of none.

    An id that was never given is a violation only where the connector has begun a transaction since the recording
    began, and the samples are later. 0 on an idle connector (or on 0, the main meter), which some stations send for
    "none", is a warning; so are samples later than the end of their transaction, and ids beyond 32 bits. Without
    transactionId all is well.

    Breach: transaction 7 runs on connector 1, and `{"connectorId":1,"transactionId":9223372036854775807,...}` comes.
    Correct: `{"connectorId":1,"transactionId":7,...}`.
    """
    transaction_id = integer(exchange.request, "transactionId")
    if exchange.is_misdirected or transaction_id is None:
        return
    found = known.story(Transactions).given.get(transaction_id)
    if found is None:
        yield from _given_to_none(exchange, known, transaction_id)
    elif not found.is_shared:
        yield from _given_to_another(exchange, found, transaction_id)


def _given_to_another(exchange: Exchange, found: Transaction, transaction_id: int) -> Iterator[Remark]:
    connector = integer(exchange.request, "connectorId")
    samples = [] if found.stop_moment is None else sampled_at(exchange.request)
    if connector == 0:
        yield info(Side.STATION, "values of the main meter (connector 0) should not have a transactionId")
    elif None not in (connector, found.connector) and connector != found.connector:
        began = f"began on connector {found.connector} (frame {found.frame})"
        text = f"transaction {transaction_id} {began}, and these values are of connector {said(connector)}"
        yield violation(Side.STATION, text, pointer="/transactionId")
    elif found.stop_moment is not None and samples and min(samples) > found.stop_moment + TOLERANCE_NS:
        text = f"the samples are later than the end of transaction {transaction_id}"
        yield warning(Side.STATION, text, pointer="/meterValue")


def _given_to_none(exchange: Exchange, known: Known, transaction_id: int) -> Iterator[Remark]:
    story, pointer, shown = known.story(Transactions), "/transactionId", str(transaction_id)
    connector = integer(exchange.request, "connectorId") or 0
    latest = story.latest.get(connector)
    if transaction_id == NO_ID and (latest is None or latest.session != exchange.session):
        return
    is_proven = _is_settled_since(connector, exchange, known)
    if is_proven and latest is not None and (latest.is_running or transaction_id):
        yield violation(Side.STATION, f"the CSMS has given no transaction the id {shown}", pointer=pointer)
    elif is_proven or transaction_id > LARGEST_INTEGER:
        yield warning(Side.STATION, f"no transaction has the id {shown}; it may be left out", pointer=pointer)
    elif transaction_id == 0:
        text = "the CSMS has given no transaction the id 0 since the recording began"
        yield info(Side.STATION, text, pointer=pointer)


def _is_settled_since(connector: int, exchange: Exchange, known: Known) -> bool:
    """Tell whether all transactions are known that a sample can be of; one of connector 0 can be of any."""
    story, sampled = known.story(Transactions), min(sampled_at(exchange.request), default=None)
    if connector == 0:
        return story.leaves_no_room(known, sampled)
    return story.is_settled(connector, known) and story.began_by(connector, sampled)


@rule(
    "TX16-05",
    "A connector has at most one transaction at a time",
    clause="OCPP 1.6 §4.8, §4.10",
    versions={V16},
    on=on_called("StartTransaction"),
)
def second_transaction_on_a_connector(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a StartTransaction on a connector whose transaction has not been stopped.

    The same StartTransaction again is a retry. Where the first one began in an earlier session, its StopTransaction
    may be lost (an info); where its idTag was not accepted, some stations hold that it never began (a warning).

    Breach: StartTransaction on connector 1, answered with 7, and another one on connector 1 without a StopTransaction.
    Correct: StopTransaction of 7 before it.
    """
    connector, story = integer(exchange.request, "connectorId"), known.story(Transactions)
    if exchange.is_misdirected or exchange.is_repeat or connector is None or connector <= 0:
        return
    running = story.running(connector)
    if running is None or running.is_shared or _is_same_start(running, exchange):
        return
    if not known.has_all_since(running.started_at):
        return
    text = f"connector {connector} has the transaction of frame {running.frame}, and no StopTransaction was sent for it"
    if running.session != exchange.session:
        yield info(Side.STATION, text)
    elif running.is_accepted:
        yield violation(Side.STATION, text)
    else:
        yield warning(Side.STATION, text)


def _is_same_start(running: Transaction, exchange: Exchange) -> bool:
    """Tell whether a StartTransaction tells again what has been told: same content, or same meter and time."""
    same_meter = running.meter_start == number(exchange.request, "meterStart")
    return running.content == exchange.content or (same_meter and running.start_moment == at_of(exchange.request))
