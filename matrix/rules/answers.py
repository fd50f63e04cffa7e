"""RPC-08, RPC-11 to RPC-13, RPC-20, RPC-22, RPC-23: how a CALL is answered."""

from collections.abc import Iterator
from typing import Final

from matrix.blaming.blame import (
    CONSTRAINT_CODES,
    FORM_CODES,
    LET_THROUGH,
    MAYBE_WRONG,
    NO_ANSWER,
    NOT_WRONG,
    OVERLOOKED,
    TOLERABLE,
)
from matrix.dialect import OTHER_SPELLINGS, V16, V20, V21, V201
from matrix.exchange import Exchange, Spoken
from matrix.fields import is_disputable
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known, UsedId
from matrix.moments import SECOND_NS
from matrix.rule import on_error, on_overdue, on_result, on_result_error, on_unmatched, rule
from matrix.schemas import Part
from matrix.secrets import told
from matrix.soundness import fits_as_newer, is_heard, is_sound
from matrix.wire import CallError, CallResult, CallResultError

BEFORE_NS: Final = 120 * SECOND_NS
"""How late an answer may come to a CALL from before a log began."""


@rule(
    "RPC-08",
    "An answer bears the id of an open CALL of the other side",
    clause="OCPP-J 1.6 §4.1.4; Part 4 §4.1.4",
    on=on_unmatched(),
)
def answer_to_nothing(spoken: Spoken, known: Known) -> Iterator[Remark]:
    """Report answers to no CALL, and second answers to one.

    Not reported: a CALLERROR after a message that nobody could read, a CALLERROR with the id "-1" (2.x), a second
    answer to a CALL that was sent twice, anything after a gap in what the other side said, and what an imported log
    has in its first two minutes: the CALL may have come before it began. A late answer to a CALL of a session that is
    over is a warning: no clause says that it has to be dropped.

    Breach: `[2,"a","Heartbeat",{}]` answered by `[3,"b",{...}]`.
    Correct: answered by `[3,"a",{...}]`.
    """
    message = spoken.message
    assert isinstance(message, CallResult | CallError)
    asker = spoken.conversation.voices[spoken.side.other]
    message_id = told(message.id, 40)
    if message.id in asker.sends:
        return
    answered = asker.answered_under(message.id)
    if answered is not None:
        text = f'the CALL with id "{message_id}" was answered already, in frame {answered.frame}'
        yield violation(spoken.side, text)
    elif not _may_be_of_before(spoken):
        use = known.ids[spoken.side.other].used(message.id)
        yield _answers_nothing(spoken, message_id, use)


def _answers_nothing(spoken: Spoken, message_id: str, use: UsedId | None) -> Remark:
    if use is None or use.session == spoken.conversation.session.id:
        return violation(spoken.side, f'no CALL with id "{message_id}" is open')
    where = f"frame {use.frame} of session {use.session}, which is another"
    return warning(spoken.side, f'the CALL with id "{message_id}" that is answered here is in {where}')


def _may_be_of_before(spoken: Spoken) -> bool:
    """Tell whether an answer may belong to a CALL from before the log that its session was imported from."""
    session = spoken.conversation.session
    return session.origin is not None and spoken.at - session.opened_at < BEFORE_NS


@rule(
    "RPC-11",
    "Every CALL is answered in time",
    clause="OCPP-J 1.6 §4.1.1; Part 2 §3.2",
    severity=Severity.WARNING,
    on=on_overdue(),
)
def no_answer_in_time(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a CALL without an answer after 30 s, the start value that Part 2 suggests; no version fixes one.

    A CALL whose form is wrong, or that came in a frame in which no message comes, need not have been understood.

    Breach: a CALL, and nothing for 30 s.
    Correct: a CALLRESULT or a CALLERROR within that time.
    """
    if is_heard(exchange):
        yield warning(exchange.answerer, f"{exchange.row} was not answered within 30 s", ground=NO_ANSWER)


def _wrong_code(subject: Exchange | Spoken) -> str | None:
    """Return the error code of a CALLERROR or CALLRESULTERROR that the session's version does not have."""
    message = subject.message if isinstance(subject, Spoken) else subject.answer
    codes = subject.conversation.dialect.error_codes
    if isinstance(message, CallError | CallResultError) and message.code not in codes:
        return message.code
    return None


@rule(
    "RPC-12",
    "A CALLERROR bears one of the error codes of 1.6, in their own spellings",
    clause="OCPP-J 1.6 table 7, errata 2025-04 §5.1-5.2",
    severity=Severity.WARNING,
    versions={V16},
    on=on_error(),
    stands_alone=True,
)
def unknown_error_code(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report error codes that 1.6 does not have. `FormationViolation` and `OccurenceConstraintViolation` are its own.

    Breach: `FormatViolation` or `OccurrenceConstraintViolation`, the spellings of 2.x.
    Correct: `FormationViolation`, `OccurenceConstraintViolation` (one r).
    """
    code = _wrong_code(exchange)
    if code is None:
        return
    if code in OTHER_SPELLINGS:
        yield warning(exchange.answerer, f"{code} is the spelling of 2.x")
    else:
        yield warning(exchange.answerer, f'there is no error code "{told(code, 60)}" in OCPP 1.6')


@rule(
    "RPC-13",
    "A CALLERROR bears one of the error codes of its version",
    clause="Part 4 (2.0.1) table 8; Part 4 (2.1) table 9",
    versions={V20, V201, V21},
    on=(on_error(), on_result_error()),
    stands_alone=True,
)
def unknown_error_code_in_2x(subject: Exchange | Spoken, _known: Known) -> Iterator[Remark]:
    """Report error codes that 2.x does not have; the spellings of 1.6 are a warning.

    Breach: `[4,"a","NotFound","",{}]`.
    Correct: `[4,"a","GenericError","not found",{}]`.
    """
    code = _wrong_code(subject)
    if code is None:
        return
    side = subject.side if isinstance(subject, Spoken) else subject.answerer
    if code in OTHER_SPELLINGS:
        yield warning(side, f"{code} is the spelling of 1.6")
    else:
        yield violation(side, f'there is no error code "{told(code, 60)}" in OCPP {subject.conversation.version}')


@rule(
    "RPC-20",
    "An invalid CALL is answered by a CALLERROR, and a valid one is not answered by a CALLERROR about its form",
    clause="Part 2 FR.02, FR.03; OCPP-J 1.6 errata 2025-04 §3.3; Part 4 §4.1.7",
    on=(on_result(odd=True), on_error()),
    stands_alone=True,
    when=lambda exchange, _known: exchange.request_breaches or type(exchange.answer) is CallError,
)
def wrong_kind_of_answer(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a CALLRESULT to a CALL that does not fit its schema, and a CALLERROR about the form of one that does.

    Both sides are told: RPC-19 is the sender's, this one is the answerer's. Unknown fields and the form of strings that
    were let through are a warning. So are ProtocolError and the constraint codes, which may mean what no schema holds.
    A CALL that fits its schema and breaks another rule may be turned down, and so may an integer beyond 32 bits and an
    empty array, which the JSON schemas of 1.6 allow and many receivers do not.

    Breach: a BootNotification without `chargePointModel`, answered `Accepted`.
    Correct: answered `[4,"a","OccurenceConstraintViolation","chargePointModel is missing",{}]`.
    """
    if isinstance(exchange.answer, CallResult):
        yield from _let_through(exchange)
    elif isinstance(exchange.answer, CallError):
        yield from _turned_down(exchange, exchange.answer.code)


def _let_through(exchange: Exchange) -> Iterator[Remark]:
    wrong = [breach for breach in exchange.request_breaches if breach.severity is Severity.VIOLATION]
    if not wrong or fits_as_newer(exchange, Part.REQUEST):
        return
    what = f"{'an' if exchange.action[:1] in 'AEIO' else 'a'} {exchange.action} that does not fit its schema"
    text = f"a CALLRESULT, not a CALLERROR, to {what} (frame {exchange.call_frame}): {wrong[0].text}"
    if all(breach.keyword in TOLERABLE for breach in wrong):
        yield warning(exchange.answerer, text, ground=OVERLOOKED)
    else:
        yield violation(exchange.answerer, text, ground=LET_THROUGH)


def _turned_down(exchange: Exchange, code: str) -> Iterator[Remark]:
    if not exchange.has_schema or not is_sound(exchange) or exchange.is_misdirected:
        return
    if is_disputable(exchange.request):
        return
    text = f"answered {told(code, 60)} to a {exchange.action} that fits its schema (frame {exchange.call_frame})"
    if code in FORM_CODES:
        yield violation(exchange.answerer, text, ground=NOT_WRONG)
    elif code in CONSTRAINT_CODES:
        yield warning(exchange.answerer, text, ground=MAYBE_WRONG)


@rule(
    "RPC-22",
    "A CALLRESULT that cannot be used is answered by a CALLRESULTERROR with its id",
    clause="Part 4 (2.1) §4.2.3; Part 2 (2.1) FR.06",
    severity=Severity.INFO,
    versions={V21},
    on=on_result_error(),
)
def result_error(spoken: Spoken, _known: Known) -> Iterator[Remark]:
    """Report each CALLRESULTERROR, and whether its CALLRESULT fits its schema.

    Breach: `[5,"b",...]` where no CALLRESULT had the id "b".
    Correct: `[3,"a",{"status":1}]`, then `[5,"a","TypeConstraintViolation","",{}]`.
    """
    exchange = spoken.exchange
    if exchange is None:
        yield info(spoken.side, "a CALLRESULTERROR to no CALLRESULT that was given lately")
    elif exchange.response_breaches:
        yield info(
            spoken.side,
            f"a CALLRESULTERROR to a CALLRESULT that is wrong: {exchange.response_breaches[0].text}",
        )
    else:
        yield info(spoken.side, "a CALLRESULTERROR to a CALLRESULT that fits its schema")


@rule(
    "RPC-23",
    "An action that is not supported is answered NotImplemented or NotSupported",
    clause="OCPP-J 1.6 table 7; Part 4 table 8; K01.FR.29",
    severity=Severity.WARNING,
    on=on_error(),
    stands_alone=True,
)
def unknown_action_answered_otherwise(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report another error code in answer to an action that does not exist. Which of the two codes, is not judged.

    Breach: `[2,"a","Foo",{}]` answered by `[4,"a","GenericError","",{}]`.
    Correct: `[4,"a","NotImplemented","",{}]`.
    """
    answer, own = exchange.answer, exchange.conversation.dialect
    if not isinstance(answer, CallError) or not own.is_judged or own.has(exchange.action):
        return
    if answer.code not in ("NotImplemented", "NotSupported"):
        yield warning(exchange.answerer, f"answered {told(answer.code, 60)} to an action that does not exist")
