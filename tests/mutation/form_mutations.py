"""Messages whose form is wrong: text that is no JSON, message types, elements, ids, actions, error codes, frames."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from mutation.script import ARROWS, Draft, Make, Mutant, Said, Script, error, result, written

from matrix.dialect import CALL, CALLERROR, V16, V21, dialect

NEW: Final = "mutant"
TRANSACTIONS: Final = frozenset({"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"})
"""Messages that are sent again, and again, by a timetable, where they are answered by an error."""


def _raw(said: Said, text: str) -> str:
    return f"{ARROWS[said.side]} {text}"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


BROKEN: Final[dict[str, Callable[[str], str]]] = {
    "the text is cut off": lambda text: text[:-3],
    "the text has a comma too many": lambda text: text[0] + "," + text[1:],
    "something follows the text": lambda text: text + "]",
    "the array is in an object": lambda text: '{"message":' + text + "}",
    "the array is empty": lambda _text: "[]",
    "the text is empty": lambda _text: "",
    "the text has single quotes": lambda text: text.replace('"', "'"),
}
FRAMED: Final[dict[str, Callable[[str], str]]] = {
    "the text is in a binary frame": lambda text: f"binary {text.encode().hex()}",
    "the text is not UTF-8": lambda text: f"bytes {(text[:-2] + chr(34)).encode().hex()}ff{text[-2:].encode().hex()}",
    "a reserved bit is set": lambda text: f"rsv {text}",
}


def broken_call(script: Script, name: str) -> Iterator[Mutant]:
    """A CALL that nobody can read comes before the right one; 2.x has an answer for it."""
    for said in script.said:
        if said.is_call or said.is_send:
            text = _json([said.array[0], NEW, *said.array[2:]])
            lines = [_raw(said, (BROKEN | FRAMED)[name](text))]
            if script.version != V16 and said.is_call:
                lines.append(error(said.side.other, "-1", "RpcFrameworkError"))
            yield Draft(script).before(said.line, *lines).mutant(said.side)


def broken_answer(script: Script, name: str) -> Iterator[Mutant]:
    for _, answer in script.exchanges():
        line = _raw(answer, (BROKEN | FRAMED)[name](_json(answer.array)))
        yield Draft(script).put(answer.line, line).mark(answer.other).mutant(answer.side)


def _tried_first(script: Script, call: Said, array: list[Any], code: str, answer_id: Any = NEW) -> Draft:
    """Return a draft in which a CALL like that is answered by a CALLERROR before the right one is sent."""
    return Draft(script).before(call.line, written(call.side, array), error(call.side.other, answer_id, code))


def type_of_call(script: Script, number: Any) -> Iterator[Mutant]:
    code = "ProtocolError" if script.version == V16 else "MessageTypeNotSupported"
    for call, _ in script.exchanges():
        yield _tried_first(script, call, [number, NEW, *call.array[2:]], code).mutant(call.side)


def type_of_answer(script: Script, number: Any) -> Iterator[Mutant]:
    for _, answer in script.exchanges():
        line = written(answer.side, [number, *answer.array[1:]])
        yield Draft(script).put(answer.line, line).mark(answer.other).mutant(answer.side)


CALL_SHAPES: Final[dict[str, Callable[[str, Any], list[Any]]]] = {
    "a CALL has three elements": lambda action, _payload: [action],
    "a CALL has five elements": lambda action, payload: [action, payload, {}],
    "the payload of a CALL is an array": lambda action, _payload: [action, []],
    "the payload of a CALL is a string": lambda action, payload: [action, _json(payload)],
    "the payload of a CALL is null": lambda action, _payload: [action, None],
    "the action is a number": lambda _action, payload: [17, payload],
    "the action comes after the payload": lambda action, payload: [payload, action],
}


def shape_of_call(script: Script, name: str) -> Iterator[Mutant]:
    code = "FormationViolation" if script.version == V16 else "RpcFrameworkError"
    for call, _ in script.exchanges():
        yield _tried_first(
            script, call, [CALL, NEW, *CALL_SHAPES[name](call.action, call.payload)], code
        ).mutant(call.side)  # fmt: skip


ANSWER_SHAPES: Final[dict[str, Callable[[Any], list[Any]]]] = {
    "a CALLRESULT has two elements": lambda _payload: [],
    "a CALLRESULT has four elements": lambda payload: [payload, {}],
    "the payload of a CALLRESULT is an array": lambda payload: [[payload]],
    "the payload of a CALLRESULT is a string": lambda payload: [_json(payload)],
    "the payload of a CALLRESULT is null": lambda _payload: [None],
    "a CALLRESULT repeats the action": lambda payload: ["Action", payload],
}


def shape_of_answer(script: Script, name: str) -> Iterator[Mutant]:
    for _, answer in script.exchanges():
        line = written(answer.side, [*answer.array[:2], *ANSWER_SHAPES[name](answer.payload)])
        yield Draft(script).put(answer.line, line).mark(answer.other).mutant(answer.side)


LONG: Final = "0123456789abcdef0123456789abcdef01234"


def id_of_call(script: Script, message_id: Any, *, is_echoed: bool) -> Iterator[Mutant]:
    """A CALL has an id that is none; its answer has the same, or the same as a string."""
    for call, answer in script.exchanges():
        echo = message_id if is_echoed else str(message_id)
        lines = written(call.side, [CALL, message_id, *call.array[2:]]), result(answer.side, echo, answer.payload)
        yield Draft(script).put(call.line, lines[0]).put(answer.line, lines[1]).mutant(call.side)


def id_of_answer(script: Script, message_id: Any) -> Iterator[Mutant]:
    """A CALL that is sent for the first time is answered under an id that is none."""
    for call, answer in script.exchanges():
        if call.action not in TRANSACTIONS:
            lines = call.saying(call.payload, message_id=NEW), result(answer.side, message_id, answer.payload)
            yield Draft(script).before(call.line, *lines, "+31s").mutant(answer.side)


ACTIONS: Final[dict[str, Callable[[str], str]]] = {
    "an action begins with a small letter": lambda action: action[0].lower() + action[1:],
    "an action is written in large letters": lambda action: action.upper(),
    "an action ends in .req": lambda action: f"{action}.req",
    "an action ends in Request": lambda action: f"{action}Request",
    "an action has a letter too many": lambda action: f"{action}s",
}


def spelling(script: Script, name: str) -> Iterator[Mutant]:
    for call, _ in script.exchanges():
        array = [CALL, NEW, ACTIONS[name](call.action), call.payload]
        yield _tried_first(script, call, array, "NotImplemented").mutant(call.side)


def of_another_version(script: Script) -> Iterator[Mutant]:
    """Each side says, before each of its CALLs, one that only another version has."""
    own, others = dialect(script.version).actions, dialect(V21 if script.version == V16 else V16).actions
    foreign = sorted(others.keys() - own.keys())
    for number, (call, _) in enumerate(script.exchanges()):
        array = [CALL, NEW, foreign[number % len(foreign)], {}]
        yield _tried_first(script, call, array, "NotImplemented").mutant(call.side)


def wrong_direction(script: Script, *, is_refused: bool) -> Iterator[Mutant]:
    """A side sends what only the other may send; it is refused, or answered."""
    for call, answer in script.exchanges():
        if dialect(script.version).actions[call.action] == "both":
            continue
        caller = call.side.other
        reply = error(call.side, NEW, "NotSupported") if is_refused else result(call.side, NEW, answer.payload)
        lines = written(caller, [CALL, NEW, call.action, call.payload]), reply
        yield Draft(script).before(call.line, *lines).mutant(caller)


def as_send(script: Script) -> Iterator[Mutant]:
    for call, _ in script.exchanges():
        if script.version == V21:
            yield Draft(script).before(call.line, written(call.side, [6, NEW, *call.array[2:]])).mutant(call.side)


def send_as_call(script: Script) -> Iterator[Mutant]:
    for said in script.said:
        if said.is_send:
            lines = written(said.side, [CALL, *said.array[1:]]), error(said.side.other, said.array[1], "NotSupported")
            yield Draft(script).put(said.line, *lines).mutant(said.side)


def send_answered(script: Script) -> Iterator[Mutant]:
    for said in script.said:
        if said.is_send:
            yield Draft(script).after(said.line, result(said.side.other, said.array[1], {})).mutant(said.side.other)


def _foreign_spelling(version: str) -> str:
    return "FormatViolation" if version == V16 else "FormationViolation"


def error_array(name: str, version: str) -> list[Any]:
    """Return what follows the message id of a CALLERROR in which one thing is wrong."""
    shapes: dict[str, list[Any]] = {
        "a CALLERROR has four elements": ["NotSupported", ""],
        "a CALLERROR has six elements": ["NotSupported", "", {}, {}],
        "an error code does not exist": ["NotFound", "", {}],
        "an error code has the spelling of another version": [_foreign_spelling(version), "", {}],
        "an error code is a number": [404, "", {}],
        "errorDescription is null": ["NotSupported", None, {}],
        "errorDetails is null": ["NotSupported", "", None],
        "errorDetails is an array": ["NotSupported", "", []],
        "errorDetails is a string": ["NotSupported", "", "none"],
        "errorDescription has 256 characters": ["NotSupported", "x" * 256, {}],
        "a CALLERROR says that a CALL which fits does not": [
            "FormationViolation" if version == V16 else "FormatViolation", "", {}
        ],
    }  # fmt: skip
    return shapes[name]


ERRORS: Final = (
    "a CALLERROR has four elements",
    "a CALLERROR has six elements",
    "an error code does not exist",
    "an error code has the spelling of another version",
    "an error code is a number",
    "errorDescription is null",
    "errorDetails is null",
    "errorDetails is an array",
    "errorDetails is a string",
    "a CALLERROR says that a CALL which fits does not",
)


def wrong_error(script: Script, name: str) -> Iterator[Mutant]:
    """A CALL is answered by a CALLERROR with something wrong, and sent again; not where it is sent by a timetable."""
    for call, answer in script.exchanges():
        if call.action not in TRANSACTIONS:
            array = [CALLERROR, NEW, *error_array(name, script.version)]
            lines = call.saying(call.payload, message_id=NEW), written(answer.side, array)
            yield Draft(script).before(call.line, *lines).mutant(answer.side)


def long_description(script: Script) -> Iterator[Mutant]:
    if script.version != V16:
        yield from wrong_error(script, "errorDescription has 256 characters")


CALLS: Final[dict[str, Make]] = {
    **{f"CALL: {name}": partial(broken_call, name=name) for name in BROKEN | FRAMED},
    "CALL: the message type is 7": partial(type_of_call, number=7),
    "CALL: the message type is 1": partial(type_of_call, number=1),
    'CALL: the message type is "2"': partial(type_of_call, number="2"),
    **{name: partial(shape_of_call, name=name) for name in CALL_SHAPES},
    "a message id has 37 characters": partial(id_of_call, message_id=LONG, is_echoed=True),
    "a message id is empty": partial(id_of_call, message_id="", is_echoed=True),
    "a message id is a number, and is echoed": partial(id_of_call, message_id=17, is_echoed=True),
    "a message id is a number, and is answered as a string": partial(id_of_call, message_id=17, is_echoed=False),
    **{name: partial(spelling, name=name) for name in ACTIONS},
    "an action is one of another version": of_another_version,
    "an action is sent by the wrong side, and is refused": partial(wrong_direction, is_refused=True),
    "an action is sent by the wrong side, and is answered": partial(wrong_direction, is_refused=False),
    "a CALL is sent as a SEND": as_send,
    "a SEND is sent as a CALL": send_as_call,
    "a SEND is answered": send_answered,
}
ANSWERS: Final[dict[str, Make]] = {
    **{f"answer: {name}": partial(broken_answer, name=name) for name in BROKEN | FRAMED},
    "answer: the message type is 7": partial(type_of_answer, number=7),
    "answer: the message type is 2": partial(type_of_answer, number=2),
    **{name: partial(shape_of_answer, name=name) for name in ANSWER_SHAPES},
    "an answer has an id of 37 characters": partial(id_of_answer, message_id=LONG),
    "an answer has a number as its id": partial(id_of_answer, message_id=17),
    "an answer has the id of nobody": partial(id_of_answer, message_id="nobody"),
    **{name: partial(wrong_error, name=name) for name in ERRORS},
    "errorDescription has 256 characters": long_description,
}
