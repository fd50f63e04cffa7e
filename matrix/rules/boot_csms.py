"""BT-05, BT-06, BT-09, BT-10, BT-12: what a CSMS does while a station is not accepted, and the connection meanwhile."""

from collections.abc import Iterator
from typing import Final

from matrix.dialect import V16, V21, V201
from matrix.exchange import PAUSE_NS, Conversation, Exchange
from matrix.finding import Remark, Severity, violation, warning
from matrix.known import Known
from matrix.rule import on_answered, on_called, on_closed, on_result, rule
from matrix.rules.boot_story import BOOT, TRIGGERS, BootStory, is_restrained, story_of
from matrix.rules.connections import Connections
from matrix.secrets import told
from matrix.trace import Ending, Side
from matrix.wire import CallError

REMOTE: Final = ("RemoteStartTransaction", "RemoteStopTransaction")
ORDERLY: Final = frozenset({1000, 1005})
"""Close codes that blame nobody and announce nothing; 1005 is a close frame without one."""
PLANNED: Final = frozenset({1001, 1012, 1013})


def _is_uninvited(exchange: Exchange, known: Known, story: BootStory) -> bool:
    """Tell whether a CALL came from a station that was certainly not accepted, and that nobody had asked for it."""
    if story.is_quiet or exchange.action == BOOT or story.answered_at is None:
        return False
    if exchange.session < story.answer_session:  # what an older connection still delivers was sent before the boot
        return False
    return story.is_barred(known) and exchange.at > story.answered_at and exchange.action not in story.instructed


@rule(
    "BT-05",
    "A request of a station that is not accepted is answered by a CALLERROR SecurityError",
    clause="OCPP-J 1.6 errata 2025-04 §3.10",
    versions={V16},
    severity=Severity.WARNING,
    on=(on_result(by=Side.STATION, odd=True), on_result(BOOT, by=Side.STATION)),
    when=is_restrained,
)
def served_before_acceptance(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report a CALLRESULT to a request of a station that the CSMS has answered Pending or Rejected: RECOMMENDED.

    Breach: a BootNotification answered `Pending`, then `Heartbeat` answered by a CALLRESULT.
    Correct: `[4,"h","SecurityError","not accepted yet",{}]`.
    """
    story = story_of(known)
    if _is_uninvited(exchange, known, story):
        text = f"answered {told(exchange.action, 50)} of a station that is {story.status} (frame {story.answer_frame})"
        yield warning(Side.CSMS, text)


@rule(
    "BT-06",
    "A CSMS asks nothing of a station that is Rejected, and no remote start or stop of one that is Pending",
    clause="OCPP 1.6 §4.2",
    versions={V16},
    severity=Severity.WARNING,
    on=on_called(by=Side.CSMS, odd=True),
    when=is_restrained,
)
def asks_before_acceptance(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report requests to a station that is Rejected, remote starts and stops while Pending.

    Requests before the first BootNotification was answered are told too: no clause forbids them, and some stations
    close the connection. A TriggerMessage may always be sent.

    Breach: a BootNotification answered `Rejected`, then `GetConfiguration`.
    Correct: nothing until the next BootNotification is `Accepted` or `Pending`.
    """
    story = story_of(known)
    if story.is_quiet or exchange.action in TRIGGERS:
        return
    if story.is_barred(known) and (story.status == "Rejected" or exchange.action in REMOTE):
        text = f"{told(exchange.action, 50)} was sent to a station that is {story.status} (frame {story.answer_frame})"
        yield warning(Side.CSMS, text)
    elif story.status is None and story.is_asking_in(exchange.session) and known.has_all_since(story.asked_at):
        text = f"{told(exchange.action, 50)} was sent {story.before_its_answer}"
        yield warning(Side.CSMS, text)


@rule(
    "BT-09",
    "A request of a station that is not accepted is answered by a CALLERROR SecurityError",
    clause="Part 2 B01.FR.10, B02.FR.09, B03.FR.07",
    versions={V201, V21},
    on=(on_answered(by=Side.STATION, odd=True), on_answered(BOOT, by=Side.STATION)),
    when=is_restrained,
)
def served_before_acceptance_in_2x(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report another answer to a request of a station that the CSMS has answered Pending or Rejected.

    Another error code is a warning. What TriggerMessage, GetBaseReport or GetReport asked for is answered normally.

    Breach: a BootNotification answered `Pending`, then `Heartbeat` answered by a CALLRESULT.
    Correct: `[4,"h","SecurityError","not accepted yet",{}]`.
    """
    story, answer = story_of(known), exchange.answer
    if not _is_uninvited(exchange, known, story):
        return
    who = f"{told(exchange.action, 50)} of a station that is {story.status} (frame {story.answer_frame})"
    if not isinstance(answer, CallError):
        yield violation(Side.CSMS, f"answered {who} by a CALLRESULT")
    elif answer.code != "SecurityError":
        yield warning(Side.CSMS, f"answered {who} by {told(answer.code, 60)}, not SecurityError")


@rule(
    "BT-10",
    "A CSMS asks nothing of a station that it has Rejected, and the station answers SecurityError if it does",
    clause="Part 2 B03.FR.03, B03.FR.08",
    versions={V201, V21},
    on=(on_called(by=Side.CSMS, odd=True), on_result(by=Side.CSMS, odd=True)),
    when=is_restrained,
)
def asks_while_rejected(exchange: Exchange, known: Known) -> Iterator[Remark]:
    """Report requests to a station whose BootNotification was answered Rejected, and CALLRESULTs to them.

    A TriggerMessage is let pass: B02.FR.04 allows it while the station is not accepted, B03.FR.03 does not.

    Breach: a BootNotification answered `Rejected`, then `GetVariables`.
    Correct: nothing until the next BootNotification is `Accepted` or `Pending`.
    """
    story = story_of(known)
    if story.status != "Rejected" or story.answered_at is None or not story.is_barred(known):
        return
    if exchange.at < story.answered_at or exchange.action in TRIGGERS:
        return
    what = f"{told(exchange.action, 50)} while Rejected (frame {story.answer_frame})"
    if exchange.answer is None:
        yield violation(Side.CSMS, f"asked for {what}")
    else:
        yield violation(Side.STATION, f"answered {what}, not by SecurityError")


def _has_given_up(conversation: Conversation, side: Side) -> bool:
    """Tell whether a side that closes has waited in vain for an answer."""
    ended_at = conversation.session.closed_at or 0
    return any(ended_at - each.at >= PAUSE_NS for each in conversation.voices[side].open_calls.values())


@rule(
    "BT-12",
    "While a station is Pending, neither side closes the connection",
    clause="Part 2 B02.FR.06",
    versions={V201, V21},
    on=on_closed(),
)
def closed_while_pending(conversation: Conversation, known: Known) -> Iterator[Remark]:
    """Report a close frame of the side that ended a session in which the station was answered Pending.

    A connection that breaks is nobody's doing. A Reset has to end it, and so has much else that a CSMS may order while
    a station is Pending (A00.FR.806): a new password (A01), certificate (A02.FR.08), network profile or firmware. After
    those a station is not reported. A server that announces that it goes away is a warning, and so is a station, which
    the answer may not have reached. A side whose CALL has had
    no answer for five seconds may take the connection for dead, and is let be.

    Breach: a BootNotification answered `Pending`, then a close frame with 1000.
    Correct: the connection stays open until the station is accepted.
    """
    story, session = story_of(known), conversation.session
    if story.status != "Pending" or story.answer_session != session.id or not story.is_barred(known):
        return
    if session.ending is not Ending.CLOSED or session.closed_by is None or story.reset is not None:
        return
    if session.closed_by is Side.STATION and known.story(Connections).was_reset:
        return
    if _has_given_up(conversation, session.closed_by):
        return
    code = session.station_close if session.closed_by is Side.STATION else session.csms_close
    text = f"closed the connection with {code} while the station was Pending (frame {story.answer_frame})"
    if code in ORDERLY:
        yield (violation if session.closed_by is Side.CSMS else warning)(session.closed_by, text)
    elif code in PLANNED:
        yield warning(session.closed_by, text)
