"""OCPP-J text to messages (Part 4 §4.2), and what is wrong with the text.

The reader is forgiving, because a message that breaks a rule of form still has to be paired with its answer: what it
can make sense of becomes a message that carries its defects; only what cannot be any message is `Garbled`.
"""

import re
from collections.abc import Container
from enum import StrEnum
from typing import Any, Final

import msgspec
import orjson

from matrix.dialect import CALL, CALLERROR, CALLRESULT, CALLRESULTERROR, MESSAGE_ID_LENGTH, SEND
from matrix.secrets import told


class Flaw(StrEnum):
    """In which respect a message is not what Part 4 §4.1 and §4.2 ask for."""

    JSON = "json"  # not a JSON array that starts with an integer
    TYPE = "type"  # a message type that this version does not have
    LENGTH = "length"  # too many or too few elements
    ID = "id"  # the message id is not a string of 1 to 36 characters
    ACTION = "action"  # the action is not a string
    PAYLOAD = "payload"  # the payload is not a JSON object
    NULL = "null"  # the payload is null
    ERROR = "error"  # errorCode, errorDescription or errorDetails have the wrong type


class Defect(msgspec.Struct, frozen=True):
    """One thing wrong with the form of a message, in words."""

    flaw: Flaw
    text: str


Defects = tuple[Defect, ...]


class Call(msgspec.Struct, frozen=True, gc=False):
    """`[2, id, action, payload]`. `payload` is None where it is not a JSON object and cannot be checked."""

    id: str
    action: str
    payload: dict[str, Any] | None
    defects: Defects = ()


class CallResult(msgspec.Struct, frozen=True, gc=False):
    """`[3, id, payload]`."""

    id: str
    payload: dict[str, Any] | None
    defects: Defects = ()


class CallError(msgspec.Struct, frozen=True, gc=False):
    """`[4, id, errorCode, errorDescription, errorDetails]`."""

    id: str
    code: str
    description: str
    details: Any
    defects: Defects = ()


class CallResultError(msgspec.Struct, frozen=True, gc=False):
    """`[5, id, errorCode, errorDescription, errorDetails]`: the requester could not use a CALLRESULT; 2.1 only."""

    id: str
    code: str
    description: str
    details: Any
    defects: Defects = ()


class Send(msgspec.Struct, frozen=True, gc=False):
    """`[6, id, action, payload]`: a message that wants no answer; 2.1 only."""

    id: str
    action: str
    payload: dict[str, Any] | None
    defects: Defects = ()


class Garbled(msgspec.Struct, frozen=True):
    """Text that cannot be read as any message. `answers` is the message id, where it begins like an answer."""

    defects: Defects
    answers: str | None = None


Message = Call | CallResult | CallError | CallResultError | Send | Garbled

ELEMENTS: Final = {CALL: 4, CALLRESULT: 3, CALLERROR: 5, CALLRESULTERROR: 5, SEND: 4}
"""How many elements each message type has."""


_ESCAPE: Final = re.compile(
    r"(\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""Escapes to keep (a pair of surrogates is one character), or a surrogate that stands alone."""


_ANSWER: Final = re.compile(r'\s*\[\s*[34]\s*,\s*"([^"\\]{1,36})"')


class NotJsonError(ValueError):
    """The text is not JSON; the message says where it stops being so."""


def read(text: str | bytes, message_types: Container[int]) -> Message:
    """Read one message; never raises, whatever the text.

    `message_types` are those of the session's version.
    """
    try:
        array = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _read_oddly(text, message_types)
    if type(array) is list:
        if len(array) == 4:
            message_type, message_id, action, payload = array
            is_call = message_type == CALL and type(action) is str and type(payload) is dict
            if is_call and type(message_id) is str and 0 < len(message_id) <= MESSAGE_ID_LENGTH:
                return Call(message_id, action, payload)
        elif len(array) == 3:
            message_type, message_id, payload = array
            is_result = message_type == CALLRESULT and type(payload) is dict
            if is_result and type(message_id) is str and 0 < len(message_id) <= MESSAGE_ID_LENGTH:
                return CallResult(message_id, payload)
    return _read_slowly(array, message_types)


def _read_oddly(text: str | bytes, message_types: Container[int]) -> Message:
    try:
        return _read_slowly(parse_json(text), message_types)
    except NotJsonError as exc:
        return Garbled((Defect(Flaw.JSON, f"the text is not JSON: {exc}"),), _answered_by(text))


def _answered_by(text: str | bytes) -> str | None:
    """Return the message id of text that begins like a CALLRESULT or CALLERROR."""
    beginning = text[:80].decode("utf-8", "replace") if isinstance(text, bytes) else text[:80]
    match = _ANSWER.match(beginning)
    return match[1] if match else None


def parse_json(text: str | bytes) -> Any:
    """Parse JSON as RFC 8259 defines it, duplicate keys included; an escaped lone surrogate is read as U+FFFD.

    Raises:
        NotJsonError: it is not JSON, or nested more than 1,024 levels deep.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        return _parse_without_surrogates(text, exc)


def _parse_without_surrogates(text: str | bytes, complaint: orjson.JSONDecodeError) -> Any:
    """Read what orjson is stricter about than the RFC. The json module would, too, at the price of its recursion."""
    try:
        as_text = text.decode() if isinstance(text, bytes) else text
        mended = _ESCAPE.sub(lambda match: match[1] or "\\ufffd", as_text)
        if mended != as_text:
            return orjson.loads(mended)
    except ValueError:
        pass  # the first complaint says it
    raise NotJsonError(str(complaint)) from complaint


def _read_slowly(array: Any, message_types: Container[int]) -> Message:
    if not isinstance(array, list):
        return _garbled(Flaw.JSON, f"a message is a JSON array, this is {kind(array)}")
    if not array or not isinstance(array[0], int) or isinstance(array[0], bool):
        first = kind(array[0]) if array else "nothing"
        return _garbled(Flaw.JSON, f"a message starts with its type as an integer, this one with {first}")
    message_type = array[0]
    if message_type not in message_types or message_type not in ELEMENTS:
        return _garbled(Flaw.TYPE, f"message type {str(message_type)[:20]} does not exist in this version")
    if len(array) < 2:
        return _garbled(Flaw.LENGTH, "the message ends after its type")
    return _Reader(array).read()


class _Reader:
    """Reads an array of a known type element by element, and notes what is wrong with each."""

    def __init__(self, array: list[Any]) -> None:
        self._array = array
        self._type: int = array[0]
        self._defects: list[Defect] = []

    def read(self) -> Message:
        self._check_length()
        message_id = self._message_id()
        if self._type == CALLRESULT:
            payload = self._payload(2)
            return CallResult(message_id, payload, tuple(self._defects))
        if self._type in (CALLERROR, CALLRESULTERROR):
            return self._error(message_id)
        return self._request(message_id)

    def _request(self, message_id: str) -> Message:
        action = self._element(2)
        if not isinstance(action, str):
            self._note(Flaw.ACTION, f"the action is {kind(action)}, not a string")
            return Garbled(tuple(self._defects))
        payload = self._payload(3)
        request = Call if self._type == CALL else Send
        return request(message_id, action, payload, tuple(self._defects))

    def _error(self, message_id: str) -> Message:
        code, description, details = self._element(2), self._element(3, ""), self._element(4, {})
        if not isinstance(code, str):
            self._note(Flaw.ERROR, f"errorCode is {kind(code)}, not a string")
        if not isinstance(description, str):
            self._note(Flaw.ERROR, f"errorDescription is {kind(description)}, not a string")
        if not isinstance(details, dict):
            self._note(Flaw.ERROR, f"errorDetails is {kind(details)}, not a JSON object")
        error = CallError if self._type == CALLERROR else CallResultError
        return error(message_id, _text(code), _text(description), details, tuple(self._defects))

    def _check_length(self) -> None:
        wanted, found = ELEMENTS[self._type], len(self._array)
        if found != wanted:
            self._note(Flaw.LENGTH, f"a message of type {self._type} has {wanted} elements, this one has {found}")

    def _message_id(self) -> str:
        message_id = self._array[1]
        if not isinstance(message_id, str):
            self._note(Flaw.ID, f"the message id is {kind(message_id)}, not a string")
            return _text(message_id)
        if len(message_id) > MESSAGE_ID_LENGTH:
            self._note(Flaw.ID, f"the message id has {len(message_id)} characters, {MESSAGE_ID_LENGTH} are allowed")
        if not message_id:
            self._note(Flaw.ID, "the message id is empty")
        return message_id

    def _payload(self, index: int) -> dict[str, Any] | None:
        payload = self._element(index, {})
        if payload is None:
            self._note(Flaw.NULL, "the payload is null; an empty payload is {}")
            return {}
        if not isinstance(payload, dict):
            self._note(Flaw.PAYLOAD, f"the payload is {kind(payload)}, not a JSON object")
            return None
        return payload

    def _element(self, index: int, default: Any = None) -> Any:
        return self._array[index] if index < len(self._array) else default

    def _note(self, flaw: Flaw, text: str) -> None:
        self._defects.append(Defect(flaw, text))


def kind(value: Any) -> str:
    """Say what kind of JSON value this is, with the value itself where it is short: `the number 604.213`."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {str(value)[:40]}"
        case str():
            return f'the string "{told(value, 60)}"'
        case list():
            return f"an array of {len(value)}"
        case _:
            return f"an object of {len(value)}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)[:MESSAGE_ID_LENGTH]


def _garbled(flaw: Flaw, text: str) -> Garbled:
    return Garbled((Defect(flaw, text),))
