"""Which way a message went: by words of a line, by the action, by what it answers."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from hub.imports.entries import LineError, Way
from matrix.dialect import CALL, CALLERROR, CALLRESULT, JUDGED, SEND, V16, V20, V21, V201, dialect
from matrix.trace import Side

_STATION: Final = r"(?:cp|(?:charging|charge)?[ _-]?(?:station|point|box)|charger|evse|client)"
_CSMS: Final = r"(?:csms|cs|cpms|cpo|server|backend|central(?:[ _-]?system)?)"
_TO: Final = r"(?:[ _-]?(?:to|2)[ _-]?|\s?(?:-+>|=+>|→|>+)\s?)"
_FROM: Final = r"\s?(?:<-+|<=+|←|<+)\s?"
_ROLES: Final = re.compile(
    rf"(?<![a-z0-9])(?:"
    rf"(?P<station>{_STATION}{_TO}{_CSMS}|{_CSMS}{_FROM}{_STATION}|from[ _-]{_STATION}|to[ _-]{_CSMS})"
    rf"|(?P<csms>{_CSMS}{_TO}{_STATION}|{_STATION}{_FROM}{_CSMS}|from[ _-]{_CSMS}|to[ _-]{_STATION})"
    rf")(?![a-z0-9])",
    re.IGNORECASE,
)
_ROLE: Final = re.compile(rf"(?:(?P<station>{_STATION})|(?P<csms>{_CSMS}))", re.IGNORECASE)
_WAYS: Final = re.compile(
    r"(?P<out>(?<![a-z])(?:send(?:ing)?|sent|tx|out(?:going|bound)?|transmit(?:ted|ting)?)(?![a-z])|→|-+>|=+>|>+)"
    r"|(?P<into>(?<![a-z])(?:recv|receiv(?:e|ed|ing)|rx|in(?:coming|bound)?)(?![a-z])|←|<-+|<=+|<+)",
    re.IGNORECASE,
)

LATER: Final = "2"
SHAPES: Final = {
    "BootNotification": ("chargePointVendor", "chargingStation"),
    "StatusNotification": ("errorCode", "connectorStatus"),
    "Authorize": ("idTag", "idToken"),
    "MeterValues": ("connectorId", "evseId"),
}
"""Fields that payloads have in 1.6, and in later versions in their place."""
_IN_16: Final = frozenset(dialect(V16).actions)
_IN_LATER: Final = frozenset(action for version in (V20, V201, V21) for action in dialect(version).actions)
_ONLY_16: Final = _IN_16 - _IN_LATER
_ONLY_LATER: Final = _IN_LATER - _IN_16

SPAN: Final = 240
"""Characters before and after a message in which its direction is looked for."""


class Head(NamedTuple):
    """What a message is: its type (0 where it is none), its id, its action.

    `shows` is the OCPP version that it shows: "1.6", "2" for any later one, "" where it may be of several.
    """

    kind: int
    id: str
    action: str
    shows: str


_STRANGE: Final = Head(0, "", "", "")
"""An array that is no message of OCPP-J, which is for the judge to say."""


def head_of(text: str) -> Head:
    """Return the head of an OCPP-J message.

    Raises:
        LineError: it is no JSON array.
    """
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise LineError(f"what looks like a message is not JSON ({exc.msg})") from exc
    match message:
        case [int(kind), str(name), *rest] if CALL <= kind <= SEND and not isinstance(kind, bool):
            action = rest[0] if kind in (CALL, SEND) and rest and isinstance(rest[0], str) else ""
            return Head(kind, name, action, _version_shown(action, rest[1] if len(rest) > 1 else None))
        case [*_]:
            return _STRANGE
        case _:
            raise LineError("what it says to be a message is JSON, and no array")


def _version_shown(action: str, payload: object) -> str:
    """Return the version by the shape of a payload that 1.6 and later versions write otherwise, else by the action."""
    if action in SHAPES and isinstance(payload, dict):
        in_16, in_later = SHAPES[action]
        return V16 if in_16 in payload else LATER if in_later in payload else ""
    return V16 if action in _ONLY_16 else LATER if action in _ONLY_LATER else ""


def is_call(head: Head) -> bool:
    """Tell whether a message begins an exchange."""
    return head.kind in (CALL, SEND)


def is_answer(head: Head) -> bool:
    """Tell whether a message is the answer to a CALL."""
    return head.kind in (CALLRESULT, CALLERROR)


@lru_cache(512)
def initiator(action: str) -> Side | None:
    """Return the side that may send an action's CALL in every version that has it; None where that does not tell."""
    who = {dialect(version).actions.get(action) for version in JUDGED} - {None}
    return Side(who.pop() or "") if who in ({"station"}, {"csms"}) else None


def sender_in(words: str) -> Side | None:
    """Return who sent a message, where words name both sides or say from or to which one: `cp-to-csms`."""
    found = list(_ROLES.finditer(words[-SPAN:]))
    return _side(found[-1]) if found else None


def sender_named(word: str) -> Side | None:
    """Return which side a value such as `station` or `CSMS` names, as the sender."""
    match = _ROLE.fullmatch(word.strip())
    return _side(match) if match else sender_in(word)


def way_in(words: str) -> Way | None:
    """Return the way that words or arrows tell, the last of them: `send`, `<<`."""
    found = list(_WAYS.finditer(words[-SPAN:]))
    return None if not found else Way.OUT if found[-1]["out"] else Way.IN


def _side(match: re.Match[str]) -> Side:
    return Side.STATION if match["station"] else Side.CSMS
