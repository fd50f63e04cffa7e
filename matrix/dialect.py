"""What differs between the OCPP versions, as data. The version of a session is the subprotocol on the wire."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import msgspec
import orjson

V16: Final = "1.6"
V20: Final = "2.0"
V201: Final = "2.0.1"
V21: Final = "2.1"
JUDGED: Final = (V16, V20, V201, V21)
UNKNOWN: Final = "?"
"""The version of a session that negotiated none and has not shown one: its messages are inconclusive."""

SUBPROTOCOLS: Final[Mapping[str, str]] = MappingProxyType(
    {"ocpp1.2": "1.2", "ocpp1.5": "1.5", "ocpp1.6": V16, "ocpp2.0": V20, "ocpp2.0.1": V201, "ocpp2.1": V21}
)
"""Subprotocol names to versions; Part 4 §3.1.2 of each version."""

CALL: Final = 2
CALLRESULT: Final = 3
CALLERROR: Final = 4
CALLRESULTERROR: Final = 5
SEND: Final = 6

MESSAGE_ID_LENGTH: Final = 36
SIGNED: Final = "-Signed"
UNREADABLE_ID: Final = "-1"
"""The message id of a CALLERROR to a message whose id could not be read; 2.x, Part 4 §4.2.3."""

_ERRORS_16: Final = frozenset(
    # J16 table 7, with its own spellings, which errata 2025-04 §5.1-5.2 keep
    "NotImplemented NotSupported InternalError ProtocolError SecurityError FormationViolation "
    "PropertyConstraintViolation OccurenceConstraintViolation TypeConstraintViolation GenericError".split()
)
_ERRORS_2X: Final = frozenset(
    # Part 4, table 8 (2.0.1) and table 9 (2.1)
    "FormatViolation GenericError InternalError MessageTypeNotSupported NotImplemented NotSupported "
    "OccurrenceConstraintViolation PropertyConstraintViolation ProtocolError RpcFrameworkError SecurityError "
    "TypeConstraintViolation".split()
)
OTHER_SPELLINGS: Final = frozenset(
    "FormationViolation FormatViolation OccurenceConstraintViolation OccurrenceConstraintViolation".split()
)
"""Error codes that one version spells otherwise than another: a warning, never a failure."""


class Dialect(msgspec.Struct, frozen=True):
    """One OCPP version: who may initiate what, which messages and error codes exist.

    `actions` maps each action to who may send its CALL (or SEND): "station", "csms" or "both".
    """

    version: str
    actions: Mapping[str, str]
    message_types: frozenset[int]
    error_codes: frozenset[str]
    error_description_length: int | None
    sends: frozenset[str] = frozenset()

    @property
    def is_judged(self) -> bool:
        return bool(self.actions)

    def has(self, action: str) -> bool:
        """Tell whether an action exists, signed (Part 4 §7 of 2.x: `<Action>-Signed`) or not."""
        return action in self.actions or (self.is_2x and action.removesuffix(SIGNED) in self.actions)

    @property
    def is_2x(self) -> bool:
        return self.version.startswith("2")

    @property
    def is_extrapolated(self) -> bool:
        """True for 2.0 (first edition): its text was not at hand, so its rules are those of 2.0.1, as warnings."""
        return self.version == V20


@cache
def dialect(version: str) -> Dialect:
    """Return the dialect of a version; one without actions where the version is not judged (1.5, unknown)."""
    three, five = frozenset({CALL, CALLRESULT, CALLERROR}), frozenset(range(CALL, SEND + 1))
    actions = MappingProxyType(_actions().get(version, {}))
    if version == V16:
        return Dialect(version, actions, three, _ERRORS_16, None)
    if version == V21:
        return Dialect(version, actions, five, _ERRORS_2X, 255, frozenset({"NotifyPeriodicEventStream"}))
    if version in (V20, V201):
        return Dialect(version, actions, three, _ERRORS_2X, 255)
    return Dialect(version, actions, five, _ERRORS_16 | _ERRORS_2X, None)


@cache
def _actions() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = orjson.loads(files("matrix").joinpath("data/actions.json").read_bytes())
    return found
