"""The fields of the language, as data: what the parser accepts, what completion offers, what the page explains."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from hub.search.entry import Kind
from matrix.dialect import SUBPROTOCOLS
from matrix.finding import Severity
from matrix.outcome import Outcome
from matrix.trace import Side


class Of(Enum):
    """What kind of value a field has."""

    TEXT = auto()
    CHOICE = auto()
    COUNT = auto()
    BYTES = auto()
    DURATION = auto()
    TIME = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """A field: `choices` are all values that it can have, where they are few."""

    name: str
    of: Of
    says: str
    choices: tuple[str, ...] = ()

    @property
    def can_order(self) -> bool:
        return self.of not in (Of.TEXT, Of.CHOICE)


_VERSIONS: Final = (*SUBPROTOCOLS.values(), "?")
_SEEN: Final = tuple(outcome for outcome in Outcome if outcome not in (Outcome.UNTESTED, Outcome.UNREACHABLE))

FIELDS: Final = {
    field.name: field
    for field in (
        Field("action", Of.TEXT, "the action of a call, and of what answers it"),
        Field("type", Of.CHOICE, "what kind of message it is", tuple(Kind)),
        Field("side", Of.CHOICE, "who sent it", tuple(Side)),
        Field("identity", Of.TEXT, "the station's identity"),
        Field("csms", Of.TEXT, "the CSMS, as the matrix names it"),
        Field("vendor", Of.TEXT, "the vendor in the station's BootNotification"),
        Field("model", Of.TEXT, "the model in it"),
        Field("firmware", Of.TEXT, "the firmware version in it"),
        Field("version", Of.CHOICE, "the OCPP version of the session", _VERSIONS),
        Field("session", Of.COUNT, "the session's number"),
        Field("frame", Of.COUNT, "the frame's number"),
        Field("id", Of.TEXT, "the message id"),
        Field("outcome", Of.CHOICE, "what the exchange came to", _SEEN),
        Field("rule", Of.TEXT, "the rule of a finding"),
        Field("severity", Of.CHOICE, "how much a finding weighs", tuple(Severity)),
        Field("at", Of.TIME, "when it was recorded, UTC"),
        Field("size", Of.BYTES, "bytes on the wire"),
        Field("latency", Of.DURATION, "how long an answer took"),
    )
}
