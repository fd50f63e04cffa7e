"""TX16-06 and TX16-08 to TX16-12: how transaction-related messages are answered, ordered, repeated and filled."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from matrix.dialect import V16
from matrix.exchange import Exchange
from matrix.fields import integer, is_disputable, number, text
from matrix.finding import Remark, Severity, violation, warning
from matrix.known import Known
from matrix.moments import SECOND_NS
from matrix.recent import Recent
from matrix.rule import note, on_called, on_error, on_overdue, on_result, rule
from matrix.rules.boot_story import is_right_to_refuse
from matrix.rules.configuration16 import Configuration
from matrix.rules.silence import MINUTE_NS
from matrix.rules.transactions16 import Transaction, Transactions, at_of
from matrix.secrets import told
from matrix.soundness import is_sound
from matrix.trace import Side
from matrix.wire import CallError

MESSAGES_REMEMBERED: Final = 64
RELATED: Final = ("StartTransaction", "StopTransaction", "MeterValues")
"""What 1.6 §3.7 calls transaction-related messages; MeterValues where they have a transactionId."""
TOLERANCE_NS: Final = 5 * SECOND_NS
SOON_NS: Final = 10 * SECOND_NS


@dataclass(slots=True)
class Attempts:
    """How often the CSMS has failed to process a message, and when it last did, in which session."""

    failures: int
    failed_at: int
    session: int


@dataclass(slots=True)
class Delivery:
    """`newest` is the latest moment that a transaction-related message told; `sent` are the digests of the latest.

    `ahead_in` is the frame of that message, where the moment was yet to come; 0 where it was not.
    """

    newest: int | None = None
    ahead_in: int = 0
    sent: deque[int] = field(default_factory=lambda: deque(maxlen=MESSAGES_REMEMBERED))
    failed: Recent[int, Attempts] = field(default_factory=lambda: Recent(MESSAGES_REMEMBERED))
    authorized: Recent[str, int] = field(default_factory=lambda: Recent(MESSAGES_REMEMBERED))
    reset_at: int | None = None


@note(on_called(*RELATED, by=Side.STATION), versions={V16})
def remember_sent(exchange: Exchange, known: Known) -> None:
    """Remember what was sent, and the latest moment that it told."""
    story, at = known.story(Delivery), _told_at(exchange)
    story.sent.append(exchange.content)
    if at is not None and (story.newest is None or at > story.newest):
        story.newest = at
        story.ahead_in = exchange.call_frame if at > exchange.at + TOLERANCE_NS else 0


@note(on_result("Heartbeat", by=Side.STATION), versions={V16})
def forget_future(exchange: Exchange, known: Known) -> None:
    """Forget a moment that was yet to come: the station is told the time."""
    story = known.story(Delivery)
    if 0 < story.ahead_in < (exchange.answer_frame or 0):
        story.newest, story.ahead_in = None, 0


@note(on_called("BootNotification"), versions={V16})
def forget_clock(exchange: Exchange, known: Known) -> None:
    """Forget the moments: the station's clock may be set now."""
    if not exchange.is_misdirected:
        known.story(Delivery).newest = None


@note(on_error(*RELATED), versions={V16})
def remember_failed(exchange: Exchange, known: Known) -> None:
    """Remember that the CSMS failed to process a message."""
    if exchange.is_misdirected or exchange.answered_at is None:
        return
    failed = known.story(Delivery).failed
    before = failed.pop(exchange.content, None)
    count = before.failures + 1 if before else 1
    failed[exchange.content] = Attempts(count, exchange.answered_at, exchange.session)


@note(on_called("Authorize"), versions={V16})
def remember_authorize(exchange: Exchange, known: Known) -> None:
    """Remember when an idTag was presented."""
    id_tag = text(exchange.request, "idTag")
    if id_tag is not None and not exchange.is_misdirected:
        known.story(Delivery).authorized[id_tag] = exchange.at


@note(on_result("Reset"), versions={V16})
def remember_reset(exchange: Exchange, known: Known) -> None:
    """Remember when the station agreed to be reset."""
    if text(exchange.response, "status") == "Accepted":
        known.story(Delivery).reset_at = exchange.answered_at


@rule(
    "TX16-06",
    "The CSMS answers StartTransaction, StopTransaction and MeterValues, whatever it thinks of their content",
    clause="OCPP 1.6 §4.7, §4.8, §4.10; errata 2025-04 §3.18",
    versions={V16},
    on=(on_error(*RELATED), on_overdue(*RELATED)),
)
def transaction_message_turned_down(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a CALLERROR in answer to a transaction-related message that fits its schema: the station will repeat it.

    A StartTransaction SHOULD be answered (a warning), the other two SHALL. InternalError is a warning: §3.7.1 knows of
    a CSMS that fails to process a message, and of stations that send it again. So is no answer within 30 s. One with an
    integer beyond 32 bits or an empty array is let be, and a SecurityError to a station that was not accepted is right.

    Breach: a StopTransaction of an unknown transaction, answered `[4,"a","NotSupported","",{}]`.
    Correct: answered `[3,"a",{}]`.
    """
    is_fit = exchange.has_schema and is_sound(exchange) and not is_disputable(exchange.request)
    if exchange.is_misdirected or not is_fit or is_right_to_refuse(exchange, known):
        return
    if not isinstance(exchange.answer, CallError):
        yield warning(Side.CSMS, f"{exchange.action} was not answered within 30 s; the station has to repeat it")
        return
    has_failed = exchange.answer.code == "InternalError"
    report = warning if exchange.action == "StartTransaction" or has_failed else violation
    code = told(exchange.answer.code, 60)
    yield report(
        Side.CSMS, f"answered {code} to a {exchange.action} that fits its schema; the station has to repeat it"
    )


def _is_from_before(exchange: Exchange, known: Known) -> bool:
    """Ask whether a message tells a moment before that of an earlier one."""
    newest = known.story(Delivery).newest
    at = _told_at(exchange) if newest is not None else None
    return newest is not None and at is not None and at < newest - TOLERANCE_NS


@rule(
    "TX16-08",
    "Transaction-related messages come in the order of their time",
    clause="OCPP 1.6 §3.7",
    severity=Severity.WARNING,
    versions={V16},
    on=on_called(*RELATED),
    when=_is_from_before,
)
def earlier_than_the_one_before(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a message whose time stamp is more than 5 s before that of an earlier message, since the last boot.

    MeterValues count where they have a transactionId, by their first sample; what is sent again does not. A
    moment that was yet to come by the hub's clock is forgotten once a Heartbeat has told the station the time.

    Breach: StopTransaction of 10:05, then MeterValues of the same transaction of 10:04.
    Correct: the MeterValues first.
    """
    story = known.story(Delivery)
    newest, at = story.newest, _told_at(exchange)
    if newest is None or at is None:
        return
    if not exchange.is_misdirected and not exchange.is_repeat and exchange.content not in story.sent:
        seconds = (newest - at) // SECOND_NS
        yield warning(Side.STATION, f"its time stamp is {seconds} s before that of a transaction message sent earlier")


@rule(
    "TX16-09",
    "A message that the CSMS failed to process is sent again after TransactionMessageRetryInterval, times its number",
    clause="OCPP 1.6 §3.7.1",
    severity=Severity.WARNING,
    versions={V16},
    on=on_called(*RELATED),
    when=lambda _exchange, known: known.story(Delivery).failed,
)
def repeated_too_soon(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a message that comes again too soon, or too often, after CALLERRORs in this session.

    Judged only where the station has told TransactionMessageRetryInterval or TransactionMessageAttempts.

    Breach: an interval of 60 s; a StopTransaction is answered InternalError, and comes again at once.
    Correct: again after 60 s, then after 120 s.
    """
    attempts = known.story(Delivery).failed.get(exchange.content)
    if attempts is None or attempts.session != exchange.session or exchange.is_misdirected:
        return
    told = known.story(Configuration)
    interval, most = told.number("TransactionMessageRetryInterval"), told.number("TransactionMessageAttempts")
    waited = exchange.at - attempts.failed_at
    if interval is not None and waited < (interval * attempts.failures - 1) * SECOND_NS:
        due = interval * attempts.failures
        yield warning(Side.STATION, f"sent again after {waited // SECOND_NS} s; {due} s are due ({interval} s each)")
    if most and attempts.failures >= most:
        yield warning(Side.STATION, f"sent {attempts.failures + 1} times; TransactionMessageAttempts is {most}")


@rule(
    "TX16-10",
    "The meter does not run backwards: meterStop is at least meterStart",
    clause="OCPP 1.6 §6.45, §6.49 (by the nature of a register; J02.FR.16 of 2.0.1 says so)",
    severity=Severity.WARNING,
    versions={V16},
    on=on_called("StopTransaction"),
)
def meter_runs_backwards(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a StopTransaction whose meter shows less than at the start of its transaction.

    Breach: `"meterStart":1000`, then `"meterStop":40`: the energy of the session instead of the register.
    Correct: `"meterStop":1040`.
    """
    found, stop = _transaction_of(exchange, known), number(exchange.request, "meterStop")
    if found is not None and None not in (found.meter_start, stop) and stop < found.meter_start:  # type: ignore[operator]  # neither is None
        yield warning(
            Side.STATION,
            f"meterStop {stop} is less than meterStart {found.meter_start} (frame {found.frame})",
            pointer="/meterStop",
        )


def _was_over(exchange: Exchange, at: int) -> bool:
    """Tell whether a transaction was stopped before that time (ns), by the station's clock: its stop was queued."""
    stopped_at = at_of(exchange.request)
    return stopped_at is not None and stopped_at < at


def _follows_soon(exchange: Exchange, reset_at: int) -> bool:
    return exchange.at - reset_at <= MINUTE_NS and not _was_over(exchange, reset_at)


@rule(
    "TX16-11",
    "A StopTransaction that nobody at the station asked for says its reason",
    clause="OCPP 1.6 §4.10; errata 2025-04 §3.17",
    severity=Severity.WARNING,
    versions={V16},
    on=on_called("StopTransaction"),
)
def reason_left_out(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report no reason, or `Local`, after an accepted RemoteStopTransaction or Reset, or a refused idTag.

    The last two count where the StopTransaction comes soon: within a minute of the Reset, within 10 s of the answer to
    its StartTransaction. Other reasons are let be: a cable may be pulled at any time. So is a StopTransaction whose
    timestamp is before the answer to either: it was in the queue.

    Breach: RemoteStopTransaction accepted, then a StopTransaction without reason.
    Correct: `"reason":"Remote"`.
    """
    found, reason = _transaction_of(exchange, known), text(exchange.request, "reason")
    if found is None or not found.is_running or reason not in (None, "Local"):
        return
    reset_at = known.story(Delivery).reset_at
    if found.remote_stop_at is not None and not _was_over(exchange, found.remote_stop_at):
        due = "Remote"
    elif reset_at is not None and found.started_at < reset_at and _follows_soon(exchange, reset_at):
        due = "SoftReset or HardReset"
    elif not found.is_accepted and exchange.at - found.answered_at <= SOON_NS:
        due = "DeAuthorized"
    else:
        return
    yield warning(Side.STATION, f"its reason is {reason or 'missing, which means Local'}; {due} was to be expected")


@rule(
    "TX16-12",
    "The idTag that started a transaction stops it without another Authorize",
    clause="OCPP 1.6 §3.4 note, §4.1",
    severity=Severity.WARNING,
    versions={V16},
    on=on_called("StopTransaction"),
)
def authorized_before_stop(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report an Authorize of the transaction's own idTag in the minute before it was stopped with it.

    Judged only where the station has one connector: on another one, the same driver may have wished to start.

    Breach: StartTransaction with `A1`, later Authorize of `A1`, then StopTransaction with `A1`.
    Correct: StopTransaction with `A1` at once.
    """
    found, id_tag = _transaction_of(exchange, known), text(exchange.request, "idTag")
    if found is None or not found.is_running or id_tag is None or id_tag != found.id_tag:
        return
    at = known.story(Delivery).authorized.get(id_tag)
    is_single = set(known.story(Transactions).connectors) <= {1} and known.has_all_since(found.started_at)
    was_live = found.start_moment is None or found.started_at - found.start_moment < MINUTE_NS
    is_local = text(exchange.request, "reason") in (None, "Local")
    if at is not None and is_single and was_live and is_local and found.answered_at < at >= exchange.at - MINUTE_NS:
        yield warning(Side.STATION, "asked whether the idTag may stop the transaction, which it had started itself")


def _transaction_of(exchange: Exchange, known: Known) -> Transaction | None:
    transaction_id = integer(exchange.request, "transactionId")
    found = known.story(Transactions).given.get(transaction_id) if transaction_id is not None else None
    return found if found is not None and not found.is_shared and not exchange.is_misdirected else None


def _told_at(exchange: Exchange) -> int | None:
    """Return the moment that a transaction-related message tells first; None where it tells none."""
    request = exchange.request
    if exchange.action != "MeterValues":
        return at_of(request)
    values = request.get("meterValue") if "transactionId" in request else None
    return at_of(values[0]) if isinstance(values, list) and values else None
