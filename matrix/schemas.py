"""JSON schemas of the payloads: the files that the `ocpp` package ships, each under its own draft, formats checked.

The files are taken as they are, but for what is known to deviate from the official ones (docs/schemas.md).
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final, Protocol

import jsonschema_rs
import msgspec
import orjson

from matrix.dialect import V16, V21, V201, dialect
from matrix.finding import Severity
from matrix.safe import safe
from matrix.secrets import is_secret, masked_words, told
from matrix.wire import kind

FOLDERS: Final[Mapping[str, str]] = {V16: "v16/schemas", V201: "v201/schemas", V21: "v21/schemas"}
"""Where the `ocpp` package keeps each version's schemas. It ships none of 2.0: see `use_schemas`."""

LISTED_AT_MOST: Final = 10
WHOLE: Final = "whole"
"""The keyword of a `1.0` for an integer: none for draft 4 (1.6), and the same number for who reads it as JavaScript."""
"""Breaches reported of one payload; the rest of a payload that is wrong throughout adds nothing."""


class Part(StrEnum):
    """Which payload of an exchange."""

    REQUEST = "request"
    RESPONSE = "response"


class Breach(msgspec.Struct, frozen=True, gc=False):
    """One place where a payload does not fit its schema.

    `pointer` is an RFC 6901 pointer into the payload; `is_emptiness` says that null or [] stands for nothing there,
    `format` which format a string does not have.
    """

    pointer: str
    text: str
    keyword: str
    severity: Severity = Severity.VIOLATION
    is_emptiness: bool = False
    format: str = ""


class _Validator(Protocol):
    def is_valid(self, instance: Any) -> bool: ...
    def iter_errors(self, instance: Any) -> Iterator[jsonschema_rs.ValidationError]: ...


Source = Callable[[str, str, Part], bytes | None]
"""Finds the schema of a version that the `ocpp` package ships none of: a JSON object, valid in its draft; or None."""


def _nothing(_version: str, _action: str, _part: Part) -> bytes | None:
    return None


_SOURCES: Final[list[Source]] = [_nothing]


def use_schemas(source: Source | None) -> None:
    """Judge payloads of further versions by the schemas that `source` finds, or (None) not at all.

    For the whole process, and before a judge is made: what a judge concluded without them is not looked at again.
    """
    _SOURCES[:] = [source or _nothing]
    schema.cache_clear()
    for key in [key for key in _VALIDATORS if key[0] not in FOLDERS]:
        del _VALIDATORS[key]


_VALIDATORS: Final[dict[tuple[str, str, Part, int | None], _Validator]] = {}


def check(version: str, action: str, part: Part, payload: dict[str, Any]) -> tuple[Breach, ...] | None:
    """Return where a payload does not fit, () where it fits; None where it cannot be told.

    That is so without a schema, and where a payload is nested deeper than the validator goes (some 255 levels).
    """
    validator = _validator(version, action, part)
    if validator is None:
        return None
    try:
        return () if validator.is_valid(payload) else _breaches(version, action, validator, payload)
    except ValueError:
        return None


def fitting(version: str, action: str, part: Part, *, longest_stamp: int | None = None) -> Callable[[Any], bool]:
    """Return a function that tells at once whether a payload fits; False, and errors, are for `check` to explain.

    With `longest_stamp` it fits where its timestamps (format date-time) also have no more characters than that.
    """
    validator = _validator(version, action, part, longest_stamp)
    return _fits_nothing if validator is None else validator.is_valid


def _fits_nothing(_payload: object) -> bool:
    return False


def _breaches(version: str, action: str, validator: _Validator, payload: dict[str, Any]) -> tuple[Breach, ...]:
    found: list[Breach] = []
    for error in validator.iter_errors(payload):
        hidden = is_secret(payload, pointer(list(error.instance_path)))
        found.append(_breach(version, action, error, hidden=hidden))
        if len(found) == LISTED_AT_MOST:
            break
    return tuple(found)


@cache
def schema(version: str, action: str, part: Part) -> dict[str, Any] | None:
    """Return a schema as it is judged by; None where there is none."""
    if version not in FOLDERS:
        added = _SOURCES[-1](version, action, part)
        return None if added is None else _added(added)
    file = files("ocpp").joinpath(FOLDERS[version], f"{_file_stem(version, action, part)}.json")
    if not file.is_file():
        return None
    found: dict[str, Any] = orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    _amend(version, action, part, found)
    return found


def _added(text: bytes) -> dict[str, Any]:
    """Read a schema of 2.0. Two of them refer to `#definitions/...`, which names no place; the others have a slash."""
    text = text.removeprefix(b"\xef\xbb\xbf").replace(b'"#definitions/', b'"#/definitions/')
    found: dict[str, Any] = orjson.loads(text)
    return found


def _validator(version: str, action: str, part: Part, longest_stamp: int | None = None) -> _Validator | None:
    made = _VALIDATORS.get((version, action, part, longest_stamp))
    if made is not None:
        return made
    if action not in dialect(version).actions:
        return None  # the name is a peer's: it must not become that of a file
    definition = schema(version, action, part)
    if definition is None:
        return None
    if longest_stamp is not None:
        definition = _with_stamps_of(longest_stamp, definition)
    made = jsonschema_rs.validator_for(definition, validate_formats=True)
    _VALIDATORS[version, action, part, longest_stamp] = made
    return made


def _with_stamps_of(length: int, node: Any) -> Any:
    """Return a copy of a schema, or a part of one, in which timestamps have at most so many characters."""
    if isinstance(node, list):
        return [_with_stamps_of(length, each) for each in node]
    if not isinstance(node, dict):
        return node
    copied = {name: _with_stamps_of(length, each) for name, each in node.items()}
    return {**copied, "maxLength": length} if node.get("format") == "date-time" else copied


def _file_stem(version: str, action: str, part: Part) -> str:
    if part is Part.RESPONSE:
        return f"{action}Response"
    if version == V16 or (version, action) == (V21, "NotifyPeriodicEventStream"):
        return action
    return f"{action}Request"


def _amend(version: str, action: str, part: Part, definition: dict[str, Any]) -> None:
    """Undo the two places where the package's files allow what the official ones do not."""
    if (version, action, part) == (V16, "MeterValues", Part.REQUEST):
        sampled = definition["properties"]["meterValue"]["items"]["properties"]["sampledValue"]["items"]["properties"]
        sampled["unit"]["enum"] = [unit for unit in sampled["unit"]["enum"] if unit != "Hertz"]
    if (version, action, part) == (V201, "Get15118EVCertificate", Part.RESPONSE):
        definition["properties"]["exiResponse"]["maxLength"] = 5600


def _breach(version: str, action: str, error: jsonschema_rs.ValidationError, *, hidden: bool) -> Breach:
    keyword = WHOLE if _is_whole(error) else error.kind.name
    path = list(error.instance_path)
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        path.append(error.kind.unexpected[0])
    severity = Severity.VIOLATION
    if (version, action, keyword) == (V16, "MeterValues", "minItems"):
        # the official schema has no minItems; the specification's table says 1..* (failures seen in the field: Vestel)
        severity = Severity.WARNING
    emptiness = error.instance is None or (keyword == "minItems" and not error.instance)
    form = error.kind.format if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Format) else ""
    return Breach(pointer(path), _sentence(error, hidden=hidden), keyword, severity, emptiness, form)


def _is_whole(error: jsonschema_rs.ValidationError) -> bool:
    is_of_type = isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Type) and "integer" in error.kind.types
    return is_of_type and isinstance(error.instance, float) and error.instance.is_integer()


def pointer(path: list[str | int]) -> str:
    """Return the RFC 6901 pointer for a path of keys and indexes; "" for the whole."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def _sentence(error: jsonschema_rs.ValidationError, *, hidden: bool) -> str:
    where = told(str(error.instance_path[-1]), 60) if error.instance_path else "the payload"
    value = "a secret" if hidden else kind(error.instance)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(name):
            return f"{where} lacks the required field {name.strip(chr(34))}"
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(names):
            what = "a field that does not exist" if len(names) == 1 else "fields that do not exist"
            return f"{where} has {what}: {', '.join(told(name, 60) for name in names[:5])}"
        case jsonschema_rs.ValidationErrorKind.Type(types):
            return f"{where} is {value}, not of type {' or '.join(types)}"
        case jsonschema_rs.ValidationErrorKind.MaxLength(limit):
            return f"{where} has {len(str(error.instance))} characters, {limit} are allowed: {value}"
        case jsonschema_rs.ValidationErrorKind.Enum():
            return f"{where} is {value}, which is not one of the values that exist"
        case jsonschema_rs.ValidationErrorKind.Format(name):
            return f"{where} is {value}, which is no {name}"
        case jsonschema_rs.ValidationErrorKind.MinItems(limit):
            return f"{where} is {value}, at least {limit} asked"
        case _:
            return (
                f"{where} does not fit ({error.kind.name})"
                if hidden
                else f"{where}: {safe(masked_words(error.message), 200)}"
            )
