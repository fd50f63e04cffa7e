"""RPC-07, RPC-09, RPC-10, RPC-17, RPC-18, RPC-21: who may call what, when, and under which id."""

from collections.abc import Iterator
from typing import Final

from matrix.dialect import JUDGED, V16, V20, V21, V201, dialect
from matrix.exchange import CROSSING_NS, PAUSE_NS, Exchange, Spoken, digest
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.recognise import is_guessed
from matrix.rule import on_called, on_sent, on_unmatched, rule
from matrix.secrets import told
from matrix.trace import Side
from matrix.wire import Call, CallError, CallResult

PATIENCE_NS: Final = 10_000_000_000
"""A caller may have given up on a CALL that has been open this long: timeouts are its own affair."""


def _stands_out(exchange: Exchange, _known: Known) -> object:
    """Ask whether a CALL has an id that was used before, or comes while another one is open."""
    return exchange.used_before or exchange.conversation.voices[exchange.side].open_calls


@rule(
    "RPC-07",
    "A message id is used for one CALL only; a retry may use it again",
    clause="OCPP-J 1.6 §4.1.4, errata 2025-04 §3.1; Part 4 §4.1.4, 2.0.1 errata 2024-09",
    on=(on_called(odd=True), on_sent(odd=True)),
    when=_stands_out,
)
def message_id_used_before(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report an id that the same side has used before with another action or payload.

    The same id with the same content is a retry: worth knowing, and legal. So is a TransactionEvent that waited while
    the station was offline, and says so when it is sent again (Part 2 E11.FR.07). In 1.6 an id of an earlier connection
    is a warning only, because counters that start again after a reboot are common there.

    Breach: `[2,"7","Heartbeat",{}]`, then `[2,"7","StatusNotification",{...}]`.
    Correct: `[2,"7","Heartbeat",{}]`, then `[2,"8","StatusNotification",{...}]`.
    """
    use = exchange.used_before
    if use is None:
        return
    if use.content == exchange.content or use.content in _before_it_was_offline(exchange):
        yield info(exchange.side, f"the same message was sent before under this id, in frame {use.frame}: a retry")
        return
    text = f'message id "{told(exchange.id, 40)}" was used before for another message, in frame {use.frame}'
    if use.session != exchange.session and not exchange.conversation.dialect.is_2x:
        yield warning(exchange.side, f"{text} of session {use.session}")
    else:
        yield violation(exchange.side, text)


def _before_it_was_offline(exchange: Exchange) -> set[int]:
    """Return digests of what a TransactionEvent was before its station went offline with it in the queue."""
    if exchange.action != "TransactionEvent" or exchange.request.get("offline") is not True:
        return set()
    online = {name: value for name, value in exchange.request.items() if name != "offline"}
    return {digest(Call("", exchange.action, each)) for each in (online, {**online, "offline": False})}


def _hurried(exchange: Exchange) -> Exchange | None:
    """Return the CALL of the same side that is still open, and so recent that its sender cannot have given up on it."""
    conversation = exchange.conversation
    answerer, calls = conversation.voices[exchange.answerer], conversation.voices[exchange.side].open_calls
    if answerer.holed or answerer.garbled or not calls or conversation.session.origin is not None:
        return None  # a log may note a CALL when it is queued, before it is sent
    latest = next(reversed(calls.values()))
    return latest if exchange.at - latest.at < PATIENCE_NS else None


def _is_held_up(exchange: Exchange, earlier: Exchange) -> bool:
    """Tell whether all that is open may have been sent in the pause before, each when the one before was given up."""
    voice = exchange.conversation.voices[exchange.side]
    given_up = sum(each.at >= voice.resumed_at for each in voice.open_calls.values())
    return earlier.at - voice.resumed_at <= CROSSING_NS and given_up * PAUSE_NS <= voice.paused_ns


def _haste(exchange: Exchange, earlier: Exchange) -> str:
    milliseconds = (exchange.at - earlier.at) // 1_000_000
    return f"sent {milliseconds} ms after {earlier.row} (frame {earlier.call_frame}), which was not answered yet"


@rule(
    "RPC-09",
    "A side does not send a CALL while one of its own is open",
    clause="OCPP-J 1.6 §4.1.1",
    severity=Severity.WARNING,
    versions={V16},
    on=on_called(odd=True),
    when=_stands_out,
)
def call_while_open(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a CALL that did not wait for the answer to the one before it: SHOULD NOT, in 1.6.

    Calls of the two sides that cross are legal. A CALL that has been open for ten seconds or more is taken to be given
    up by its sender.

    Breach: two CALLs of the station, then two answers.
    Correct: CALL, answer, CALL, answer.
    """
    if earlier := _hurried(exchange):
        yield warning(exchange.side, _haste(exchange, earlier))


@rule(
    "RPC-10",
    "A side does not send a CALL while one of its own is open",
    clause="Part 4 §4.1.1; Part 2 FR.01",
    versions={V20, V201, V21},
    on=on_called(odd=True),
    when=_stands_out,
)
def call_while_open_in_2x(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a CALL that did not wait for the answer to the one before it: SHALL NOT, in 2.x. SEND is exempt.

    After how long a sender may give up on a CALL is its own affair: the same message sent again is a warning, and so is
    another one after two seconds. So is one that comes together with what ends a pause of five seconds or more (of ten,
    where it is the third, and so on): a line that stalls delivers at once what was sent one after the other. A CALL
    that has been open for ten seconds or more is taken to be given up. Calls of the two sides that cross are legal.

    Breach: two CALLs of the CSMS, then two answers.
    Correct: CALL, answer, CALL, answer.
    """
    earlier = _hurried(exchange)
    if earlier is None:
        return
    is_retry = earlier.id == exchange.id and earlier.content == exchange.content
    may_have_given_up = is_retry or _is_held_up(exchange, earlier) or exchange.at - earlier.at > CROSSING_NS
    yield (warning if may_have_given_up else violation)(exchange.side, _haste(exchange, earlier))


@rule(
    "RPC-17",
    "The action exists in this version, and is written as the standard writes it",
    clause="OCPP-J 1.6 table 4; Part 4 §4.1.6",
    on=(on_called(misplaced=True), on_sent(misplaced=True)),
    stands_alone=True,
)
def unknown_action(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report actions that the session's version does not have. Signed messages (`<Action>-Signed`, 2.x) are legal.

    Breach: `[2,"a","bootNotification",{...}]`, or `BootNotificationRequest`.
    Correct: `[2,"a","BootNotification",{...}]`.
    """
    own = exchange.conversation.dialect
    action = exchange.action
    if not own.is_judged or own.has(action) or _is_newer(exchange):
        return
    yield violation(exchange.side, f'there is no action "{told(action, 60)}" in OCPP {own.version}{_hint(action)}')


def _is_newer(exchange: Exchange) -> bool:
    """Tell whether the version was not agreed upon, and 2.1 has an action that the one taken for it has not."""
    is_2x = exchange.conversation.dialect.is_2x
    return is_2x and dialect(V21).has(exchange.action) and is_guessed(exchange.conversation.session)


def _hint(action: str) -> str:
    for version in JUDGED:
        if action in dialect(version).actions:
            return f"; it is one of {version}"
    bare = action.removesuffix(".req").removesuffix("Request").lower()
    for known in dialect(V16).actions.keys() | dialect(V21).actions.keys():
        if known.lower() == bare:
            return f"; it is written {known}"
    return ""


@rule(
    "RPC-18",
    "An action is sent by the side that may send it",
    clause="OCPP 1.6 §4 and §5; 2.x Part 2, messages",
    on=(on_called(misplaced=True), on_sent(misplaced=True)),
    stands_alone=True,
)
def wrong_direction(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report an action that only the other side may initiate.

    Breach: a CSMS that sends `BootNotification`.
    Correct: a station that sends it.
    """
    initiator = exchange.conversation.dialect.actions.get(exchange.action)
    if initiator is not None and initiator not in (exchange.side, "both"):
        yield violation(
            exchange.side, f"{exchange.action} is sent by {Side(initiator).label}, not by {exchange.side.label}"
        )


@rule(
    "RPC-21",
    "NotifyPeriodicEventStream is a SEND, nothing else is, and a SEND is not answered",
    clause="Part 4 (2.1) §4.2.4; Part 2 (2.1) N15.FR.01, N15.FR.02, FR.07",
    versions={V21},
    on=(on_sent(), on_called("NotifyPeriodicEventStream"), on_unmatched()),
)
def send_misused(subject: Exchange | Spoken, _known: Known) -> Iterator[Remark]:
    """Report other actions in a SEND, NotifyPeriodicEventStream in a CALL, and answers to a SEND.

    Breach: `[6,"a","Heartbeat",{}]`, or `[3,"a",{}]` in answer to a SEND.
    Correct: `[6,"a","NotifyPeriodicEventStream",{...}]`, and silence.
    """
    if isinstance(subject, Spoken):
        if _answers_a_send(subject):
            yield violation(subject.side, "a SEND was answered")
        return
    sends = subject.conversation.dialect.sends
    if subject.is_send and subject.action not in sends:
        yield violation(subject.side, f"{told(subject.action, 60)} was sent as a SEND, and is a CALL")
    elif not subject.is_send and subject.action in sends:
        yield violation(subject.side, f"{subject.action} was sent as a CALL, and is a SEND")


def _answers_a_send(spoken: Spoken) -> bool:
    message = spoken.message
    return (
        isinstance(message, CallResult | CallError)
        and message.id in spoken.conversation.voices[spoken.side.other].sends
    )
