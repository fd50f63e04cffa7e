"""RPC-01 to RPC-06, RPC-14, RPC-15: the form of a message, whatever its action."""

from collections.abc import Iterator

from matrix.dialect import V16, V20, V21, V201
from matrix.exchange import Exchange, Spoken
from matrix.finding import Remark, Severity, violation, warning
from matrix.known import Known
from matrix.recognise import is_guessed
from matrix.rule import on_error, on_misformed, rule, undecidable
from matrix.wire import CallError, CallResult, Flaw


def _flaws(spoken: Spoken, *flaws: Flaw) -> Iterator[Remark]:
    for defect in spoken.message.defects:
        if defect.flaw in flaws:
            yield violation(spoken.side, defect.text)


@rule(
    "RPC-01",
    "A message is a JSON array that starts with an integer",
    clause="OCPP-J 1.6 §4.1.2-4.1.3; Part 4 §4.1.2-4.1.3",
    on=on_misformed(),
    stands_alone=True,
)
def not_a_json_array(spoken: Spoken, _known: Known) -> Iterator[Remark]:
    """Report text that is not JSON, not an array, or does not start with a message type.

    Breach: `[3,"64b4a0fc",{"configurationKey":[]` (cut off).
    Correct: `[3,"64b4a0fc",{"configurationKey":[]}]`.
    """
    yield from _flaws(spoken, Flaw.JSON)


@rule(
    "RPC-02",
    "The message type is 2, 3 or 4",
    clause="OCPP-J 1.6 table 2; Part 4 (2.0.1) table 3",
    versions={V16, V20, V201},
    on=on_misformed(),
    stands_alone=True,
)
def unknown_message_type(spoken: Spoken, _known: Known) -> Iterator[Remark]:
    """Report message types other than CALL, CALLRESULT and CALLERROR, where the version was agreed upon.

    Breach: `[1,"6OUouva","StartTransaction",{}]`.
    Correct: `[2,"6OUouva","StartTransaction",{}]`.
    """
    if not is_guessed(spoken.conversation.session):
        yield from _flaws(spoken, Flaw.TYPE)


@rule(
    "RPC-03",
    "The message type is 2, 3, 4, 5 or 6",
    clause="Part 4 (2.1) §4.1.3",
    versions={V21},
    on=on_misformed(),
    stands_alone=True,
)
def unknown_message_type_in_21(spoken: Spoken, _known: Known) -> Iterator[Remark]:
    """Report message types other than CALL, CALLRESULT, CALLERROR, CALLRESULTERROR and SEND.

    Breach: `[7,"a","Heartbeat",{}]`.
    Correct: `[6,"a","NotifyPeriodicEventStream",{}]`.
    """
    yield from _flaws(spoken, Flaw.TYPE)


@undecidable(
    "RPC-04",
    "Who receives an unknown message type ignores it, or answers CALLERROR MessageTypeNotSupported",
    clause="OCPP-J 1.6 §4.1.3; Part 4 (2.0.1) §4.1.3 against §4.4; Part 4 (2.1) §4.4",
    severity=Severity.INFO,
    why="2.0.1 contradicts itself, and both behaviours are accepted: there is nothing to break",
)
def unknown_message_type_received() -> None:
    """Accept both answers to an unknown message type.

    Breach: none.
    Correct: silence, or `[4,"a","MessageTypeNotSupported","",{}]`.
    """


@rule(
    "RPC-05",
    "CALL and SEND have 4 elements, CALLRESULT 3, CALLERROR and CALLRESULTERROR 5, and the payload is an object",
    clause="OCPP-J 1.6 §4.2; Part 4 §4.2",
    on=on_misformed(),
    stands_alone=True,
)
def wrong_elements(spoken: Spoken, _known: Known) -> Iterator[Remark]:
    """Report messages with too many or too few elements, or with an action or payload of the wrong type.

    Breach: `[4,"13236754","FormationViolation",""]` (errorDetails are missing).
    Correct: `[4,"13236754","FormationViolation","",{}]`.
    """
    yield from _flaws(spoken, Flaw.LENGTH, Flaw.ACTION, Flaw.PAYLOAD)


@rule(
    "RPC-06",
    "The message id is a string of at most 36 characters",
    clause="OCPP-J 1.6 table 3; Part 4 table 4",
    on=on_misformed(),
    stands_alone=True,
)
def wrong_message_id(spoken: Spoken, _known: Known) -> Iterator[Remark]:
    """Report message ids that are not strings, are empty, or longer than 36 characters.

    An answer that bears the id of its CALL, wrong as it is, is not its sender's fault.

    Breach: `[4,0,"InternalError","",{}]`.
    Correct: `[4,"0","InternalError","",{}]`.
    """
    if not _is_echo(spoken):
        yield from _flaws(spoken, Flaw.ID)


def _is_echo(spoken: Spoken) -> bool:
    """Tell whether a message answers a CALL under the id that it bore, wrong as it is."""
    message, exchange = spoken.message, spoken.exchange
    if exchange is None or not isinstance(message, CallResult | CallError):
        return False
    of_id = [defect for defect in message.defects if defect.flaw is Flaw.ID]
    return all(defect in exchange.defects for defect in of_id)


@rule(
    "RPC-14",
    "In a CALLERROR, errorDescription is a string (2.x: of at most 255 characters) and errorDetails an object",
    clause="OCPP-J 1.6 table 6; Part 4 table 7",
    on=(on_misformed(), on_error()),
    stands_alone=True,
)
def wrong_error_fields(subject: Spoken | Exchange, _known: Known) -> Iterator[Remark]:
    """Report error fields of the wrong type or length.

    Breach: `[4,"a","InternalError","",null]`.
    Correct: `[4,"a","InternalError","",{}]`.
    """
    if isinstance(subject, Spoken):
        yield from _flaws(subject, Flaw.ERROR)
        return
    limit = subject.conversation.dialect.error_description_length
    if isinstance(subject.answer, CallError) and limit is not None and len(subject.answer.description) > limit:
        length = len(subject.answer.description)
        yield violation(subject.answerer, f"errorDescription has {length} characters, {limit} are allowed")


@rule(
    "RPC-15",
    "An empty payload is {}",
    clause="OCPP-J 1.6 tables 4 and 5; Part 4 §4.1.5",
    severity=Severity.WARNING,
    on=on_misformed(),
    stands_alone=True,
)
def null_payload(spoken: Spoken, _known: Known) -> Iterator[Remark]:
    """Report null as a payload: legal, and discouraged.

    Breach: `[2,"a","Heartbeat",null]`.
    Correct: `[2,"a","Heartbeat",{}]`.
    """
    if any(defect.flaw is Flaw.NULL for defect in spoken.message.defects):
        yield warning(spoken.side, "the payload is null; an empty payload is {}")
