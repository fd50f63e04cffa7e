"""TX20-01 to TX20-04 and TX21-01: in which order a transaction's events come, and that transactions stay apart."""

from collections.abc import Iterator
from typing import Final

from matrix.alarms import Alarm
from matrix.dialect import V21
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import said, text
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.rule import on_alarm, on_called, rule
from matrix.rules.boot_story import story_of
from matrix.rules.silence import is_station_silent_about_it
from matrix.rules.transactions20 import (
    EVENT,
    VERSIONS,
    Event,
    Transaction,
    Transactions,
    is_another,
    tells_news,
    transaction_of,
)
from matrix.trace import Side

RESTARTS: Final = frozenset(
    "ApplicationReset FirmwareUpdate LocalReset PowerUp RemoteReset ScheduledReset Watchdog".split()
)
"""Boot reasons that say that the station has started anew."""


@rule(
    "TX20-01",
    "The first event of a transaction is Started and its last is Ended",
    clause="Part 2 §1.3.2, E01, E06",
    versions=VERSIONS,
    on=on_called(EVENT),
    when=tells_news,
)
def out_of_order(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report events that come before Started or after Ended by their seqNo, and a transaction that starts twice.

    The order of arrival does not count, for events may be sent again later. Where the first event that was seen is not
    Started, it may have come before the recording; one with seqNo 0 is certainly the first.

    Breach: an `Updated` with seqNo 7 after an `Ended` with seqNo 6.
    Correct: an `Updated` with seqNo 5, sent again after the `Ended` with seqNo 6.
    """
    event: Event | None = exchange.reading
    if event is None or event.seq is None or exchange.is_repeat:
        return
    found = transaction_of(event, known)
    if found is not None and not is_another(event, found):
        yield from _misplaced(event, event.seq, found)
    elif event.seq == 0 and event.kind in ("Updated", "Ended"):
        yield violation(Side.STATION, f"the event with seqNo 0 is {event.kind}, not Started", pointer="/eventType")


def _where(found: Transaction, seq: int | None) -> str:
    """Say in which frame an event came, where that is still known."""
    seen = found.events.get(seq) if seq is not None else None
    return f" (frame {seen.frame})" if seen is not None else ""


def _misplaced(event: Event, seq: int, found: Transaction) -> Iterator[Remark]:
    if found.end_seq is not None and seq > found.end_seq:
        text_of = (
            f"{said(event.kind)} with seqNo {seq} after Ended with seqNo {found.end_seq}{_where(found, found.end_seq)}"
        )
        yield violation(Side.STATION, text_of, pointer="/seqNo")
    elif event.kind == "Started" and found.start_seq not in (None, seq):
        text_of = f"Started with seqNo {seq}, and before with seqNo {found.start_seq}{_where(found, found.start_seq)}"
        yield violation(Side.STATION, text_of, pointer="/eventType")
    elif event.kind == "Started" and found.start_seq is None and any(each < seq for each in found.events):
        lowest = min(found.events)
        text_of = f"Started with seqNo {seq}, and another event with seqNo {lowest}{_where(found, lowest)}"
        yield violation(Side.STATION, text_of, pointer="/seqNo")
    elif found.start_seq is not None and seq < found.start_seq:
        before = f"before Started with seqNo {found.start_seq}{_where(found, found.start_seq)}"
        text_of = f"{said(event.kind)} with seqNo {seq} {before}"
        yield violation(Side.STATION, text_of, pointer="/seqNo")


@rule(
    "TX20-02",
    "The seqNo of a transaction's events increases by one each time, from 0",
    clause="Part 2 §1.3.2.1, E01.FR.07",
    versions=VERSIONS,
    on=(on_called(EVENT), on_alarm("tx20.gap")),
    when=tells_news,
)
def wrong_sequence(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report a seqNo that was skipped and has not come 60 s later, and one that two different events have.

    A gap is a warning where events may have been dropped for lack of memory (the station was offline, or went on in
    another session), or where another transaction ran: its counter may be that of the whole station. A first seqNo
    other than 0 is an info, once, and allowed: the counter may be that of the EVSE. 60 s are the hub's.

    Breach: seqNo 0, 1, 3, and no event with seqNo 2.
    Correct: 0, 1, 3, and 2 sent again.
    """
    if isinstance(subject, Alarm):
        yield from _gap(subject, known)
        return
    event: Event | None = subject.reading
    if event is None or event.seq is None or subject.is_repeat:
        return
    found = transaction_of(event, known)
    is_new = event.kind == "Started" and (found is None or is_another(event, found))
    if is_new and event.seq and not known.story(Transactions).counts_on:
        yield info(Side.STATION, f"the transaction begins with seqNo {event.seq}; 0 is recommended", pointer="/seqNo")
    seen = found.events.get(event.seq) if found is not None and not is_another(event, found) else None
    if seen is not None and seen.is_answered and seen.key != event.key:
        text_of = f"seqNo {event.seq} is that of another event of this transaction, in frame {seen.frame}"
        yield violation(Side.STATION, text_of, pointer="/seqNo")


def _gap(alarm: Alarm, known: Known) -> Iterator[Remark]:
    story = known.story(Transactions)
    found = story.by_id.get(alarm.about) if isinstance(alarm.about, str) else None
    if found is None or not found.missing or found.is_gap_judged or not known.has_all_since(found.seen_at):
        return
    if not is_station_silent_about_it(alarm, known):
        return
    had_company = any(
        each is not found and (each.ended_at is None or each.ended_at > found.seen_at) for each in story.by_id.values()
    )
    report = warning if found.is_torn or had_company else violation
    yield report(Side.STATION, f"seqNo {min(found.missing)} was skipped, and has not come 60 s later", pointer="/seqNo")


@rule(
    "TX20-03",
    "A transactionId is used for one transaction only",
    clause="Part 2 E01.FR.08",
    versions=VERSIONS,
    on=on_called(EVENT),
    when=tells_news,
)
def id_used_again(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a Started under the id of a transaction that has ended, where it occurred later by the station's clock.

    Breach: `t1` has `Ended`, and later comes `Started` of `t1` with a later timestamp.
    Correct: a new id, such as a UUID, each time.
    """
    event: Event | None = exchange.reading
    found = transaction_of(event, known) if event is not None else None
    if event is None or found is None or exchange.is_repeat or not is_another(event, found):
        return
    where = "/transactionInfo/transactionId"
    yield violation(Side.STATION, f"{said(event.transaction_id)} is the id of a transaction that ended", pointer=where)


@rule(
    "TX20-04",
    "There is one transaction at a time on an EVSE",
    clause="Part 2 E01.FR.14, chapter E §1",
    versions=VERSIONS,
    on=on_alarm("tx20.two"),
)
def two_at_a_time(alarm: Alarm, known: Known) -> Iterator[Remark]:
    """Report a transaction on an EVSE while another one is there, which has not ended 60 s later.

    A warning where the two were told in different sessions. 60 s are the hub's: an Ended may be sent again.

    Breach: `Started` of `t1` on EVSE 1, `Started` of `t2` on EVSE 1, and no `Ended` of `t1`.
    Correct: `Ended` of `t1`, then `Started` of `t2`.
    """
    if not isinstance(alarm.about, tuple) or not is_station_silent_about_it(alarm, known):
        return
    story = known.story(Transactions)
    before, after = (story.by_id.get(each) for each in alarm.about)
    if before is None or after is None or not before.is_running or not known.has_all_since(before.seen_at):
        return
    report = violation if before.session == alarm.conversation.session.id and not before.is_torn else warning
    yield report(Side.STATION, f"transaction {said(alarm.about[0])} on the same EVSE has not ended", pointer="/evse/id")


def _is_first_after_restart(exchange: Exchange, known: Known) -> bool:
    """Ask whether an event is the first of a transaction after the station has started anew."""
    boot = story_of(known)
    event: Event | None = exchange.reading if boot.asked_reason in RESTARTS else None
    found = transaction_of(event, known) if event is not None else None
    return found is not None and boot.answered_at is not None and found.latest_at < boot.answered_at


@rule(
    "TX21-01",
    "A transaction that goes on after a reboot says so: Updated with the triggerReason TxResumed",
    clause="Part 2 (2.1) E17.FR.14",
    versions={V21},
    severity=Severity.INFO,
    on=on_called(EVENT),
    when=_is_first_after_restart,
)
def not_resumed(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report the first event of a transaction after the station has started anew, where it is another Updated.

    Never more than an info: what was queued before the reboot comes first.

    Breach: BootNotification with the reason `PowerUp` in a transaction, then `Updated` with `MeterValuePeriodic`.
    Correct: BootNotification, then `Updated` with `TxResumed`.
    """
    boot = story_of(known)
    event: Event | None = exchange.reading
    found = transaction_of(event, known) if event is not None else None
    if event is None or found is None or boot.answered_at is None:
        return
    is_first = found.latest_at < boot.answered_at and known.has_all_since(found.latest_at)
    if not is_first or event.is_offline or event.kind != "Updated" or not found.is_running:
        return
    if event.trigger != "TxResumed" and event.at > boot.answered_at + CROSSING_NS:
        text_of = (
            f"the first event after a reboot has the triggerReason {said(text(exchange.request, 'triggerReason'))}"
        )
        yield info(Side.STATION, text_of, pointer="/triggerReason")
