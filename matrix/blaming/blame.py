"""Whose doing it is: how sure, and why. Said of findings by their rules, and of outcomes by what was answered.

Who is blamed is judged on the leg of the side that is judged: the hub records a message before it passes it on, so that
what crossed on the way is never held against a side that cannot have seen it.
"""

from typing import Final

from matrix.exchange import CROSSING_NS, Exchange
from matrix.fields import is_disputable
from matrix.finding import NOT_BLAMED, Blame, Confidence, Finding, Ground, Remark, Severity
from matrix.rule import Rule
from matrix.schemas import WHOLE, Breach
from matrix.trace import Session, Side

FORM_CODES: Final = frozenset({"FormationViolation", "FormatViolation", "TypeConstraintViolation"})
"""Codes that say a payload does not fit its schema."""
CONSTRAINT_CODES: Final = frozenset(
    {"PropertyConstraintViolation", "OccurenceConstraintViolation", "OccurrenceConstraintViolation", "ProtocolError"}
)
"""Codes that may also mean a constraint which no schema holds."""
TOLERABLE: Final = frozenset({"additionalProperties", "format", WHOLE})
"""What a receiver may well overlook in a payload: unknown fields, the form of a string, a `1.0` for an integer."""
SERVER_ERRORS: Final = range(500, 600)


def _certain(why: str) -> Ground:
    return Ground(Confidence.CERTAIN, why)


def _likely(why: str) -> Ground:
    return Ground(Confidence.LIKELY, why)


def _open(why: str) -> Ground:
    return Ground(Confidence.OPEN, why)


PROVES_ITSELF: Final = _certain("what was sent proves it by itself")
SEVERAL: Final = _likely("it follows from several messages, in the order in which the hub recorded them")
LEAVES_ROOM: Final = _likely("a warning only: the texts leave room here, or traffic alone does not settle it")
AS_IN_201: Final = _likely("judged as in 2.0.1: the text of 2.0 was not at hand")
DISTURBED: Final = _open("nobody is blamed: the organizer had the session disturbed")

PLAYED: Final = _open("nobody is blamed: a replay played this side, which was not there to decide what to say")

LET_THROUGH: Final = _certain("the CALL does not fit its schema, which is its sender's, and was answered as if it did")
OVERLOOKED: Final = _likely("the CALL does not fit its schema in something that a receiver may well overlook")
NOT_WRONG: Final = _certain("the CALL fits its schema, and the code says that it does not")
MAYBE_WRONG: Final = _likely("the CALL fits its schema; the code may mean a constraint that no schema holds")
NO_ANSWER: Final = _likely("the hub passed the CALL on, and recorded nothing in answer")

_BOTH_SIDES: Final = _certain("one side sent what does not fit its schema, the other let it pass")
_EACH_ITS_OWN: Final = _likely("both sides broke a rule: each has a finding of its own")
_RIGHTLY_REFUSED: Final = _certain("the CALL does not fit its schema, and a CALLERROR is the right answer to it")
_REFUSED_SOMEHOW: Final = _likely("the CALL does not fit its schema; the code does not say that this is why")
_WRONG_IN_ITSELF: Final = _likely("the CALL breaks a rule by itself; the code does not say that this is why")
_RULE_BROKEN: Final = _open(
    "the CALL came against a rule, which is its sender's; whether that is why, the code does not say"
)
_BY_ITS_OWN_WORDS: Final = _likely("the CALL fits its schema, and by the code the fault is inside who answered")
_NO_SCHEMA: Final = _open("there is no schema that would say whether the CALL was right")
_DISPUTABLE: Final = _open("the CALL fits its schema, and holds what many receivers turn down all the same")
_CODE_IS_SILENT: Final = _open("the CALL fits its schema, and the code does not say what is wrong with it")
_LEFT: Final = _likely("the side that should have answered ended the session, long after it was asked")
_LEFT_AT_ONCE: Final = _open("the session was ended so soon that the CALL may not have been seen")
_ENDED_OTHERWISE: Final = _open("the session ended before an answer came, and not at the hand of who was to answer")
_CLOSED_ON_BREACH: Final = _likely("what it was sent does not fit its schema; a CALLERROR would have said so")
_CLOSED_ON_RULE: Final = _likely("what it was sent breaks a rule by itself, and the code says that this may be why")
_CLOSED_ON_NOTHING: Final = _likely("what it was sent fits its schema, and it closed the session")
_USELESS: Final = _certain("the answer does not fit its schema, and the CALLRESULTERROR says so")
_CALLED_USELESS: Final = _likely("the answer fits its schema, and the CALLRESULTERROR says that it cannot be used")
_UNREADABLE: Final = _certain("nobody can read what was sent")
_SERVER_ERROR: Final = _likely("by a status of 5xx a server says that the fault is its own (RFC 9110 §15.6)")
_WRONG_REQUEST: Final = _likely("the handshake breaks a rule; the status does not say that this is why")
_TURNED_AWAY: Final = _open("a refusal may be due to the path or credentials on either side")
_WITHOUT_A_WORD: Final = _open("the CSMS did not say why")


def ground_of(rule: Rule, remark: Remark, *, is_extrapolated: bool = False, is_excused: bool = False) -> Ground:
    """Return how sure a rule's remark is, and why; it is asked before an event's grading, which changes neither."""
    if is_excused:
        return DISTURBED
    if remark.severity is Severity.INFO:
        return NOT_BLAMED
    if is_extrapolated:
        return AS_IN_201
    if remark.ground is not None:
        return remark.ground
    if remark.severity is not rule.severity:
        return LEAVES_ROOM
    return PROVES_ITSELF if rule.stands_alone else SEVERAL


def for_finding(finding: Finding) -> Blame | None:
    """Return whom a finding blames; None where it is only worth knowing."""
    return None if finding.severity is Severity.INFO else Blame((finding.side,), finding.ground)


def for_deviation(exchange: Exchange, gravest: Finding) -> Blame | None:
    """Return whose doing it is that an exchange works and does not conform."""
    if len(exchange.violators) < 2:
        return for_finding(gravest)
    was_let_through = any(is_grave(breach) and breach.keyword not in TOLERABLE for breach in exchange.request_breaches)
    return Blame((exchange.side, exchange.answerer), _BOTH_SIDES if was_let_through else _EACH_ITS_OWN)


def for_error(exchange: Exchange, code: str) -> Blame:
    """Return whose doing it is that a CALL was answered by a CALLERROR (other than NotImplemented or NotSupported)."""
    speaks_of_form = code in FORM_CODES or code in CONSTRAINT_CODES
    if _has_breach(exchange):
        return Blame((exchange.side,), _RIGHTLY_REFUSED if speaks_of_form else _REFUSED_SOMEHOW)
    if code in FORM_CODES and exchange.answerer in exchange.violators:
        return Blame((exchange.answerer,), NOT_WRONG)
    if exchange.side in exchange.violators:
        return _for_error_to_a_breach(exchange)
    return _for_error_to_what_fits(exchange, code, speaks_of_form=speaks_of_form)


def _for_error_to_a_breach(exchange: Exchange) -> Blame:
    """Return the blame where the CALL broke a rule other than its schema: by itself, or only in the order of things."""
    worst = exchange.worst
    if worst is not None and worst.side is exchange.side and worst.ground.confidence is Confidence.CERTAIN:
        return Blame((exchange.side,), _WRONG_IN_ITSELF)
    return Blame((), _RULE_BROKEN)


def _for_error_to_what_fits(exchange: Exchange, code: str, *, speaks_of_form: bool) -> Blame:
    if not exchange.has_schema:
        return Blame((), _NO_SCHEMA)
    if speaks_of_form and is_disputable(exchange.request):
        return Blame((), _DISPUTABLE)
    if speaks_of_form:
        return Blame((exchange.answerer,), NOT_WRONG if code in FORM_CODES else MAYBE_WRONG)
    if code == "InternalError":
        return Blame((exchange.answerer,), _BY_ITS_OWN_WORDS)
    return Blame((), _CODE_IS_SILENT)


def for_silence(exchange: Exchange) -> Blame:
    """Return whose doing it is that a CALL was not answered in time, though its session goes on."""
    return Blame((exchange.answerer,), NO_ANSWER)


def for_end(exchange: Exchange, session: Session) -> Blame:
    """Return whose doing it is that a session ended with a CALL open."""
    if session.closed_by is not exchange.answerer or session.closed_at is None:
        return Blame((), _ENDED_OTHERWISE)
    if session.closed_at - exchange.at <= CROSSING_NS:
        return Blame((), _LEFT_AT_ONCE)
    return Blame((exchange.answerer,), _LEFT)


def for_close(exchange: Exchange, closer: Side, *, is_unfit: bool) -> Blame:
    """Return whose doing it is that `closer` broke off with an accusing code at what the other side had sent.

    `is_unfit` says that what was sent does not fit its schema.
    """
    sender, worst = closer.other, exchange.worst
    if is_unfit:
        return Blame((sender,), _CLOSED_ON_BREACH)
    if sender not in exchange.violators:
        return Blame((closer,), _CLOSED_ON_NOTHING)
    is_certain = worst is not None and worst.side is sender and worst.ground.confidence is Confidence.CERTAIN
    return Blame((sender,), _CLOSED_ON_RULE) if is_certain else Blame((), _RULE_BROKEN)


def for_result_error(exchange: Exchange) -> Blame:
    """Return whose doing it is that a CALLRESULT was answered by a CALLRESULTERROR."""
    if exchange.response_breaches:
        return Blame((exchange.answerer,), _USELESS)
    return Blame((exchange.side,), _CALLED_USELESS)


def for_garble(side: Side) -> Blame:
    """Return the blame for text that can be no message."""
    return Blame((side,), _UNREADABLE)


def for_refusal(status: int, gravest: Finding | None) -> Blame:
    """Return whose doing it is that the CSMS answered an upgrade with an HTTP status other than 101.

    `gravest` is the gravest finding about the handshake, if there is one.
    """
    if status in SERVER_ERRORS:
        return Blame((Side.CSMS,), _SERVER_ERROR)
    if gravest is not None and gravest.severity is Severity.VIOLATION:
        return Blame((gravest.side,), _WRONG_REQUEST)
    return Blame((), _TURNED_AWAY)


def for_sending_away() -> Blame:
    """Return the blame for a CSMS that ends a session before a word was said."""
    return Blame((Side.CSMS,), _WITHOUT_A_WORD)


def _has_breach(exchange: Exchange) -> bool:
    return any(map(is_grave, exchange.request_breaches))


def is_grave(breach: Breach) -> bool:
    """Tell whether a breach is a violation, rather than a warning."""
    return breach.severity is Severity.VIOLATION
