"""BT-01 to BT-04, BT-08, BT-11: what a station may send before it is accepted."""

from collections.abc import Iterable, Iterator
from typing import Final

from matrix.dialect import V16, V21, V201
from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import text as text_at
from matrix.finding import Remark, Severity, violation, warning
from matrix.known import Known
from matrix.rule import on_called, on_result, on_sent, rule
from matrix.rules.boot_story import BARRED, BOOT, SECOND_NS, TRIGGERS, BootStory, is_restrained, story_of
from matrix.secrets import told
from matrix.trace import Side
from matrix.waiting import ANSWER_TIME_NS

REBOOTS: Final = frozenset("FirmwareUpdate LocalReset PowerUp RemoteReset ScheduledReset Watchdog".split())
"""Boot reasons that say that the station has certainly started anew."""
SOON_NS: Final = 120 * SECOND_NS
"""A BootNotification this soon after its session began is taken to be about the start before that session."""
PATIENCE_NS: Final = 5 * SECOND_NS
SLACK_NS: Final = SECOND_NS
"""What a station's timer may be early."""


def _comes_first_ever(exchange: Exchange, story: BootStory) -> bool:
    """Tell whether the first that was ever heard of a station is the state of a connector, as after a boot."""
    session, known = exchange.conversation.session, exchange.conversation.known
    is_whole = session.origin is None and known.has_all_since(session.opened_at)  # a log may begin anywhere
    if not is_whole or exchange.action != "StatusNotification" or story.sessions != 1 or story.boots:
        return False
    return story.early_frame == exchange.call_frame


def _other_request(exchange: Exchange, story: BootStory) -> bool:
    return exchange.action != BOOT and exchange.action not in story.instructed


def _too_soon(exchange: Exchange, known: Known, story: BootStory, *, is_certain: bool) -> Iterator[Remark]:
    """Yield what is wrong with a request before the BootNotification was answered."""
    if exchange.conversation.session.origin is not None:
        return  # a log may note a CALL when it is queued, before it is sent
    if story.is_asking_in(exchange.session):
        if not known.has_all_since(story.asked_at):  # it may have been answered by what the hub could not read
            return
        text = f"{told(exchange.action, 50)} was sent {story.before_its_answer}"
        if is_certain:
            yield violation(Side.STATION, text)
        elif story.status != "Accepted":
            yield warning(Side.STATION, text)
    elif _comes_first_ever(exchange, story):
        text = f"{told(exchange.action, 50)} comes first, and no BootNotification of this station was seen before"
        yield warning(Side.STATION, f"{text}; it may have been accepted before this recording began")


def _sent_before_boot(exchange: Exchange, story: BootStory, *, is_certain: bool) -> Iterator[Remark]:
    """Yield what is wrong with a BootNotification that others came before in its session."""
    is_soon = exchange.at - exchange.conversation.session.opened_at < SOON_NS
    is_first = story.asked_session != exchange.session and story.answer_session != exchange.session
    if is_certain and is_soon and is_first and story.early_session == exchange.session:
        text = "other requests came before this BootNotification of a station that has started anew"
        yield violation(Side.STATION, f"{text}, the first in frame {story.early_frame}")


@rule(
    "BT-01",
    "After it has started, a station sends no request before its BootNotification was answered Accepted or Pending",
    clause="OCPP 1.6 §4.2",
    versions={V16},
    on=(on_called(by=Side.STATION, odd=True), on_called(BOOT, by=Side.STATION)),
    when=is_restrained,
)
def request_before_boot(exchange: Exchange, known: Known) -> Iterable[Remark]:
    """Report requests before a BootNotification was answered, where the station is known to have started anew.

    That is so after an accepted Reset. A station that merely connects again need not send a BootNotification. One that
    was never seen to send one, and begins with a StatusNotification, is a warning, once: it may have been accepted
    before the recording began.

    Breach: `Reset` accepted, a new connection, `StatusNotification`, then `BootNotification`.
    Correct: `BootNotification`, its answer, then `StatusNotification`.
    """
    story = story_of(known)
    if exchange.action == BOOT:
        is_reset = story.reset_before(exchange, known) is not None and BOOT not in story.instructed
        return _sent_before_boot(exchange, story, is_certain=is_reset)
    if story.is_quiet or not _other_request(exchange, story):
        return ()
    return _too_soon(exchange, known, story, is_certain=story.asked_after_reset)


@rule(
    "BT-02",
    "While it is Rejected, a station sends no request but the next BootNotification, and answers none",
    clause="OCPP 1.6 §4.2",
    versions={V16},
    on=(on_called(by=Side.STATION, odd=True), on_called(BOOT, by=Side.STATION), on_result(by=Side.CSMS, odd=True)),
    when=is_restrained,
)
def talks_while_rejected(exchange: Exchange, known: Known) -> Iterable[Remark]:
    """Report requests of a station that was Rejected, and its CALLRESULTs to what the CSMS asked since.

    What may have been on its way when the rejection came is let pass, and the answer to a TriggerMessage.

    Breach: a BootNotification answered `Rejected`, then `Heartbeat`.
    Correct: silence until the interval is over, then `BootNotification`.
    """
    story = story_of(known)
    if story.status != "Rejected" or not story.is_barred(known):
        return ()
    return _talk(exchange, story)


def _talk(exchange: Exchange, story: BootStory) -> Iterator[Remark]:
    assert story.answered_at is not None
    if exchange.side is Side.STATION:
        is_sent = exchange.answer is None and exchange.at - story.answered_at > CROSSING_NS
        if is_sent and _other_request(exchange, story):
            text = f"{told(exchange.action, 50)} was sent while Rejected (frame {story.answer_frame})"
            yield violation(Side.STATION, text)
    elif exchange.answer is not None and exchange.at > story.answered_at and exchange.action not in TRIGGERS:
        text = f"{told(exchange.action, 50)} was answered while Rejected (frame {story.answer_frame})"
        yield violation(Side.STATION, text)


@rule(
    "BT-03",
    "While it is Pending, a station sends only BootNotification and what a TriggerMessage asked for",
    clause="OCPP 1.6 §4.2",
    versions={V16},
    on=(on_called(by=Side.STATION, odd=True), on_called(BOOT, by=Side.STATION)),
    when=is_restrained,
)
def request_while_pending(exchange: Exchange, known: Known) -> Iterable[Remark]:
    """Report requests of a station that was answered Pending, which nobody asked it to send.

    The notifications that an UpdateFirmware, a GetDiagnostics or a GetLog leads to are let pass.

    Breach: a BootNotification answered `Pending`, then `StatusNotification`.
    Correct: `TriggerMessage` for `StatusNotification`, then `StatusNotification`.
    """
    story = story_of(known)
    return _unasked(exchange, known, story) if story.status == "Pending" else ()


def _unasked(exchange: Exchange, known: Known, story: BootStory) -> Iterator[Remark]:
    if story.answered_at is None or not story.is_barred(known) or exchange.at - story.answered_at <= CROSSING_NS:
        return
    if exchange.session < story.answer_session:  # what an older connection still delivers was sent before the boot
        return
    if _other_request(exchange, story):
        what = f"{told(exchange.action, 50)} was sent while {story.status} (frame {story.answer_frame})"
        yield violation(Side.STATION, f"{what}, and not asked for")


def _hurry(exchange: Exchange, known: Known, story: BootStory) -> str | None:
    """Say by how much a BootNotification comes too early; None where it does not, or where it was asked for."""
    if story.answered_at is None or BOOT in story.instructed:
        return None
    waited = exchange.at - story.answered_at
    if not story.is_barred(known) or waited >= story.interval_ns - SLACK_NS:
        return None
    late = story.answered_at - story.asked_at
    if late >= PATIENCE_NS and waited <= max(CROSSING_NS, late):
        return None  # it may have asked again before the answer came, and been as late to get through
    if story.asked_after_ns >= story.interval_ns + waited:
        return None  # what it asked before may have been held up on its way, for longer than it has waited now
    seconds = f"{waited / SECOND_NS:.0f} s after it was answered {story.status} (frame {story.answer_frame})"
    return f"sent again {seconds}, instead of {story.interval_ns // SECOND_NS} s"


def _has_heard(exchange: Exchange, story: BootStory) -> bool:
    """Tell whether the answer of this session has arrived: another one has since, or the station has not waited."""
    answered = exchange.conversation.voices[Side.STATION].answered
    has_gone_on = bool(answered) and answered[-1].call_frame > story.answered_call
    is_soon = exchange.at - (story.answered_at or 0) < ANSWER_TIME_NS
    return story.answer_session == exchange.session and (has_gone_on or is_soon)


@rule(
    "BT-04",
    "A station that was not accepted waits for the interval before it sends BootNotification again",
    clause="OCPP 1.6 §4.2",
    versions={V16},
    severity=Severity.WARNING,
    on=on_called(BOOT, by=Side.STATION),
)
def boots_again_early(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a BootNotification that comes before the interval is over, and one that repeats what was Accepted.

    A TriggerMessage may ask for it earlier. After Accepted, the same content in the same session says nothing new; but
    the answer may not have arrived, where nothing else was answered since, and 30 s have passed.

    Breach: answered `Pending` with interval 60, and sent again after 10 s.
    Correct: sent again after 60 s.
    """
    story = story_of(known)
    hurry = _hurry(exchange, known, story)
    if hurry is not None:
        yield warning(Side.STATION, hurry)
    elif story.status == "Accepted" and exchange.is_repeat and _has_heard(exchange, story):
        yield warning(Side.STATION, f"sent again, though it was Accepted (frame {story.answer_frame})")


@rule(
    "BT-08",
    "Before it is accepted, a station sends only BootNotification and what the CSMS asked for",
    clause="Part 2 B01.FR.08, B02.FR.02, B03.FR.02",
    versions={V201, V21},
    on=(on_called(by=Side.STATION, odd=True), on_called(BOOT, by=Side.STATION), on_sent(by=Side.STATION, odd=True)),
    when=is_restrained,
)
def request_before_acceptance(exchange: Exchange, known: Known) -> Iterable[Remark]:
    """Report requests of a station that was answered Pending or Rejected, or not at all, after it started anew.

    That it started anew is taken from the reason in its BootNotification. TriggerMessage, GetBaseReport and GetReport
    ask for messages; what other requests of the CSMS lead to is let pass, and what may have been on its way.

    Breach: a BootNotification answered `Pending`, then `StatusNotification`.
    Correct: `TriggerMessage` for `StatusNotification`, then `StatusNotification`.
    """
    story = story_of(known)
    if exchange.action == BOOT:
        is_certain = text_at(exchange.request, "reason") in REBOOTS and BOOT not in story.instructed
        return _sent_before_boot(exchange, story, is_certain=is_certain)
    if story.is_quiet or not _other_request(exchange, story):
        return ()
    if story.status in BARRED and not story.is_asking_in(exchange.session):
        return _unasked(exchange, known, story)
    is_new = story.asked_reason in REBOOTS and story.answer_session != exchange.session
    return _too_soon(exchange, known, story, is_certain=is_new)


@rule(
    "BT-11",
    "A station that was not accepted waits for the interval before it sends BootNotification again",
    clause="Part 2 B02.FR.04, B02.FR.08, B03.FR.06",
    versions={V201, V21},
    on=on_called(BOOT, by=Side.STATION),
)
def boots_again_early_in_2x(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a BootNotification that comes before the interval is over, unless a TriggerMessage asked for it.

    In a new session it is a warning: the station may have been switched off and on, and know of no interval. Where the
    answer took five seconds or more, the next one may have been sent before it came, and have taken as long.

    Breach: answered `Pending` with interval 60, and sent again after 10 s.
    Correct: sent again after 60 s.
    """
    story = story_of(known)
    hurry = _hurry(exchange, known, story)
    if hurry is not None:
        is_same = story.answer_session == exchange.session
        yield (violation if is_same else warning)(Side.STATION, hurry)
