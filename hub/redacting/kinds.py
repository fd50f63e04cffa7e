"""What each field is: the table fields.json, derived from the schemas of all versions. It lacks no field of theirs.

A field is told by its name, and where one name means several things, by the name around it too (`company/name`). What
the schemas do not have, vendors' own fields and DataTransfer, is told by what its name looks like, else it is text.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from matrix import schemas
from matrix.dialect import JUDGED, SUBPROTOCOLS, dialect
from matrix.schemas import Part


class Kind(StrEnum):
    """What a value says. What comes before VENDOR is replaced unless it is to be kept, VENDOR only where asked for."""

    IDENTITY = "identity"
    TOKEN = "token"  # noqa: S105 - the name of a kind
    SERIAL = "serial"
    ADDRESS = "address"
    PLACE = "place"
    PERSON = "person"
    CARD = "card"
    VEHICLE = "vehicle"
    CERTIFICATE = "certificate"
    CREDENTIAL = "credential"
    TEXT = "text"
    UNREADABLE = "unreadable"
    VENDOR = "vendor"
    SETTING = "setting"  # what the name of a variable says that it is
    KEYWORD = "keyword"
    REFERENCE = "reference"
    QUANTITY = "quantity"
    TIME = "time"


ABOUT: Final[Mapping[Kind, str]] = {
    Kind.IDENTITY: "station identities",
    Kind.TOKEN: "idTags and idTokens, contract identifiers among them",
    Kind.SERIAL: "serial numbers",
    Kind.ADDRESS: "IP and MAC addresses, host names, URLs, phone numbers, e-mail addresses",
    Kind.PLACE: "places: postal addresses, coordinates, EVSE ids",
    Kind.PERSON: "names and numbers of people and companies, who wrote a note",
    Kind.CARD: "ICCID, IMSI and the like",
    Kind.VEHICLE: "what tells a vehicle: VIN, EVCCID, eMAID",
    Kind.CERTIFICATE: "certificates, signatures, hashes, public keys",
    Kind.CREDENTIAL: "passwords, keys, PINs, digests of them",
    Kind.TEXT: "free text, vendors' own fields, data of DataTransfer, notes",
    Kind.UNREADABLE: "frames that cannot be read: not JSON, binary, cut off",
    Kind.VENDOR: "vendors, models, firmware versions, names of CSMSes and tunnels",
}
REPLACED: Final = frozenset(ABOUT) - {Kind.VENDOR}
_NOT_STANDARD: Final = "customData"


class _Table(msgspec.Struct, frozen=True):
    fields: dict[Kind, list[str]]
    guesses: dict[Kind, str]
    headers: dict[Kind, list[str]]
    variables: dict[Kind, list[str]]
    path_words: list[str]


@cache
def _table() -> _Table:
    return msgspec.json.decode(files(__package__).joinpath("fields.json").read_bytes(), type=_Table)


@cache
def _by_name() -> dict[str, Kind]:
    return {name: kind for kind, names in _table().fields.items() for name in names}


@cache
def _guesses() -> list[tuple[Kind, re.Pattern[str]]]:
    return [(kind, re.compile(text, re.IGNORECASE | re.ASCII)) for kind, text in _table().guesses.items()]


@cache
def kind_of(path: tuple[str, ...], *, is_standard: bool = True) -> Kind:
    """Return what stands at a path of names in a payload; arrays have none. TEXT where nobody can know.

    Within `customData`, and where a path is not one of the standard's (`is_standard`), only names that say that a value
    is to be replaced are believed.
    """
    known = _listed(path)
    if is_standard and _NOT_STANDARD not in path[:-1]:
        if known is not None:
            return known
        if path and path[-1] in _vocabulary()[1]:
            return Kind.KEYWORD  # of no string that says something, or of an object: a value of another type
    elif known in REPLACED or known is Kind.VENDOR:
        assert known is not None
        return known
    return guessed(path[-1]) if path else Kind.TEXT


def _listed(path: tuple[str, ...]) -> Kind | None:
    names = _by_name()
    for start in range(max(0, len(path) - 2), len(path)):
        kind = names.get("/".join(path[start:]))
        if kind is not None:
            return kind
    return None


def guessed(name: str) -> Kind:
    """Return what a field is by what its name looks like; TEXT where that says nothing."""
    return next((kind for kind, pattern in _guesses() if pattern.search(_spaced(name))), Kind.TEXT)


def _spaced(name: str) -> str:
    """Set words apart that only capitals do: `macAddr` to `mac_Addr`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:100])


@cache
def kind_of_header(name: str) -> Kind:
    """Return what a field of a handshake is; TEXT where it is none that is known."""
    small = name.strip().lower()
    return next((kind for kind, names in _table().headers.items() if small in names), Kind.TEXT)


@cache
def kind_of_variable(name: str) -> Kind | None:
    """Return what the value of a configuration key (1.6) or variable (2.x) is; None where there is none such."""
    found = next((kind for kind, names in _table().variables.items() if name in names), None)
    if found is not None:
        return found
    guess = guessed(name)
    return None if guess is Kind.TEXT else guess


def path_words() -> frozenset[str]:
    """Return words in the paths of URLs that say nothing of anybody, in small letters."""
    return frozenset(_table().path_words)


@cache
def keywords() -> frozenset[str]:
    """Return the words of the standard: values of enumerations, names of fields and variables, actions, error codes."""
    values, names = _vocabulary()
    words = {*values, *names}
    for version in JUDGED:
        words |= {*dialect(version).actions, *dialect(version).error_codes}
    words |= {name for listed in _table().variables.values() for name in listed}
    return frozenset(words | SUBPROTOCOLS.keys() | {"websocket", "Upgrade", "upgrade"})


@cache
def _vocabulary() -> tuple[set[str], set[str]]:
    """Return the values of enumerations, and the names of fields."""
    values, names = set[str](), set[str]()
    for version in JUDGED:
        for action in dialect(version).actions:
            for part in Part:
                _gather(schemas.schema(version, action, part) or {}, values, names)
    return values, names


def _gather(definition: dict[str, Any], values: set[str], names: set[str]) -> None:
    """Look through a schema, its definitions included, wherever they are used."""
    left: list[Any] = [definition]
    while left:
        node = left.pop()
        if not isinstance(node, dict):
            left += node if isinstance(node, list) else []
            continue
        if isinstance(properties := node.get("properties"), dict):
            names.update(properties)
        values |= {each for each in node.get("enum", ()) if isinstance(each, str)}
        left += node.values()
