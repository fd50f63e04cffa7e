"""RP20: the results that follow a request as messages of their own: that they come, in order, under its requestId."""

from collections.abc import Iterator

from matrix.alarms import Alarm
from matrix.exchange import Exchange
from matrix.fields import integer, said
from matrix.finding import Remark, violation, warning
from matrix.known import Known
from matrix.rule import on_alarm, on_called, rule
from matrix.rules.asked20 import (
    BROKEN_OFF,
    CUSTOMER,
    FIRMWARE,
    LOG,
    MONITORING,
    NOTHING_CAME,
    PROFILES,
    PROGRESS,
    REPORT,
    RESULT_OF,
    VERSIONS,
    Asked,
    Results,
)
from matrix.rules.silence import MINUTE_NS, is_station_silent_about_it
from matrix.secrets import told
from matrix.trace import Side


def _asked_of(alarm: Alarm, known: Known) -> tuple[str, Asked] | None:
    """Return the message that an alarm waited for and the request that asked for it."""
    key = alarm.about
    asked = known.story(Results).asked.get(key) if isinstance(key, tuple) else None
    return (str(key[0]), asked) if isinstance(key, tuple) and asked is not None else None


def _missing(alarm: Alarm, known: Known, *actions: str) -> Iterator[Remark]:
    """Yield what a promised result lacks, where the station could have sent it."""
    found = _asked_of(alarm, known)
    if found is None or found[0] not in actions or not is_station_silent_about_it(alarm, known):
        return
    (action, asked), minutes = found, (alarm.at - alarm.since) // MINUTE_NS
    if alarm.name == NOTHING_CAME and not asked.parts and asked.answered_at == alarm.since:
        report = warning if action in PROGRESS else violation
        yield report(Side.STATION, f"no {action} within {minutes} minutes of accepting this {asked.action}")
    elif alarm.name == BROKEN_OFF and not asked.is_complete and asked.last_at == alarm.since:
        text = f"nothing followed this {action} within {minutes} minutes, though it says that more will (tbc)"
        yield warning(Side.STATION, text, pointer="/tbc")


def _is_sent_again(exchange: Exchange, asked: Asked) -> bool:
    return exchange.is_repeat or exchange.content == asked.last_content


def _is_after_the_last(exchange: Exchange, asked: Asked, known: Known) -> bool:
    """Tell whether a part comes after one that said that none would, of which nothing is missing."""
    return asked.is_complete and asked.last_session == exchange.session and known.has_all_since(asked.at)


def _is_unanswered(exchange: Exchange, asked: Asked, known: Known) -> bool:
    """Tell whether a request has no answer yet, and none was lost to the recording."""
    return asked.is_open(exchange) and known.has_all_since(asked.at)


def _unpromised(exchange: Exchange, asked: Asked) -> Iterator[Remark]:
    """Yield a result that the answer to its request did not promise."""
    if asked.status and asked.status != "Accepted" and not asked.is_reused:
        is_forbidden = asked.action == "GetBaseReport" and asked.status == "NotSupported"
        report = violation if is_forbidden else warning
        answer = f"{asked.action} (frame {asked.frame}), which was answered {told(asked.status, 60)}"
        yield report(Side.STATION, f"a {exchange.action} for a {answer}", pointer="/requestId")


def _unknown(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Yield a requestId that no request had, where there is a request whose result is still to begin."""
    request_id, story = integer(exchange.request, "requestId"), known.story(Results)
    if request_id is None or exchange.is_repeat or story.of(exchange) is not None:
        return
    for asked in story.waiting(exchange.action, known):
        if asked.session == exchange.session and not asked.parts and asked.is_report_wanted:
            text = f"the requestId {said(request_id)} is that of no request; a {asked.action} (frame {asked.frame})"
            yield warning(Side.STATION, f"{text} waits for its result", pointer="/requestId")
            return


@rule(
    "RP20-01",
    "A report that was promised follows under its requestId, in parts from seqNo 0 on, with tbc in all but the last",
    clause="Part 2 B07.FR.03 to FR.05, FR.10; B08.FR.03, FR.04, FR.14; N02.FR.03, FR.04, FR.09",
    versions=VERSIONS,
    on=(on_called(REPORT, MONITORING), on_alarm(NOTHING_CAME, BROKEN_OFF)),
)
def report_out_of_order(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report parts that are left out or come after the last one, and a report that does not come in five minutes.

    A part that is sent again is let be, and what was lost with a connection is not missed. A report that breaks off,
    one under another requestId, and one for a request that was not accepted are a warning; after `NotSupported`, a base
    report is forbidden.

    Breach: GetBaseReport accepted, then NotifyReport with `"seqNo":1`.
    Correct: NotifyReport with `"seqNo":0,"tbc":true`, then with `"seqNo":1`.
    """
    if isinstance(subject, Alarm):
        yield from _missing(subject, known, REPORT, MONITORING)
        return
    if subject.side is not Side.STATION:
        return
    asked = known.story(Results).of(subject)
    if asked is None:
        yield from _unknown(subject, known)
        return
    yield from _unpromised(subject, asked)
    if asked.status == "Accepted" and not asked.is_reused and not _is_sent_again(subject, asked):
        yield from _out_of_sequence(subject, asked, known)


def _out_of_sequence(exchange: Exchange, asked: Asked, known: Known) -> Iterator[Remark]:
    seq_no, due = integer(exchange.request, "seqNo"), asked.next_seq
    is_whole = known.has_all_since(asked.at) and asked.session == exchange.session
    if seq_no is None or due is None or not is_whole or asked.last_session not in (0, exchange.session):
        return
    if seq_no == due - 1 and asked.parts:  # the same part again, put otherwise
        return
    if seq_no != due:
        yield violation(Side.STATION, f"seqNo {said(seq_no)} where {due} comes next", pointer="/seqNo")
    elif _is_after_the_last(exchange, asked, known):
        yield violation(Side.STATION, f"a part after the one that was the last: seqNo {due - 1} had no tbc")


@rule(
    "RP20-02",
    "Charging profiles that were promised follow under the requestId, with tbc in all messages but the last",
    clause="Part 2 K09.FR.01, K09.FR.02",
    versions=VERSIONS,
    on=(on_called(PROFILES), on_alarm(NOTHING_CAME, BROKEN_OFF)),
)
def profiles_out_of_order(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report ReportChargingProfiles after one without tbc, and none within five minutes of `Accepted`.

    The same message again is let be. Reports that break off, that have another requestId, or that follow `NoProfiles`
    are a warning.

    Breach: two ReportChargingProfiles for one request, the first without tbc.
    Correct: the first with `"tbc":true`.
    """
    if isinstance(subject, Alarm):
        yield from _missing(subject, known, PROFILES)
        return
    asked = known.story(Results).of(subject)
    if subject.side is not Side.STATION:
        return
    if asked is None:
        yield from _unknown(subject, known)
        return
    yield from _unpromised(subject, asked)
    is_new = not asked.is_reused and not _is_sent_again(subject, asked)
    if asked.status == "Accepted" and is_new and _is_after_the_last(subject, asked, known):
        yield violation(Side.STATION, "another message after the one that was the last: that had no tbc")


@rule(
    "RP20-03",
    "What a request asks for follows its answer, and carries its requestId",
    clause="Part 2 generic requirement FR.05; N09.FR.05, N09.FR.06, N01.FR.07, L01.FR.10, L02.FR.06",
    versions=VERSIONS,
    on=(on_called(*dict.fromkeys(RESULT_OF.values())), on_alarm(NOTHING_CAME, BROKEN_OFF)),
)
def result_before_answer(subject: Exchange | Alarm, known: Known) -> Iterator[Remark]:
    """Report a result that is sent before the answer to its request, and customer information that never comes.

    This is about NotifyReport, NotifyMonitoringReport, ReportChargingProfiles, NotifyCustomerInformation,
    LogStatusNotification and FirmwareStatusNotification. A log or an update of which nothing is heard within five
    minutes, and a requestId that no request had, are a warning: those may be from before the recording.

    Breach: `< GetBaseReport`, `> NotifyReport`, and only then the answer to GetBaseReport.
    Correct: the answer, then NotifyReport.
    """
    if isinstance(subject, Alarm):
        yield from _missing(subject, known, CUSTOMER, LOG, FIRMWARE)
        return
    asked = known.story(Results).of(subject)
    if subject.side is not Side.STATION:
        return
    if asked is None and subject.action in (CUSTOMER, LOG, FIRMWARE):
        yield from _unknown(subject, known)
    elif asked is not None and not asked.is_reused and not subject.is_repeat and _is_unanswered(subject, asked, known):
        text = f"sent before the answer to the {asked.action} (frame {asked.frame}) that asks for it"
        yield violation(Side.STATION, text)
