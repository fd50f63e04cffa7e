"""What differs between two runs of the same test and means nothing: names made up anew, moments, orders. As data.

Where a run says 7 and the other 12 for the same transaction, that is the same; where a run says 7 throughout and the
other now 12, now 13, it is not. The tables say which fields are such names, and which lists the standard gives no
order.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from matrix.schemas import Part


class Aside(StrEnum):
    """Why a difference is set aside."""

    MESSAGE_ID = "message id"  # Part 4 §4.1.4: it only has to be new for its side and connection
    NAME = "the same name throughout"
    MOMENT = "the same moment, counted from the start or from the message"
    QUOTE = "a text that quotes the message id, or moments"
    ORDER = "an order that means nothing"


NAMES: Final[Mapping[str, str]] = {
    "transactionId": "transaction",  # 1.6 §4.8: the CSMS makes it up; 2.x E01: the station does
    "reservationId": "reservation",
    "remoteStartId": "remote start",
    "requestId": "request",  # of reports, logs, firmware and customer information
    "chargingProfileId": "charging profile",
    "eventId": "event",
    "variableMonitoringId": "monitor",
    "receiptId": "receipt",
    "controlId": "DER control",
    "supersededIds": "DER control",
    "tariffId": "tariff",
    "tariffIds": "tariff",
    "csr": "certificate signing request",
    "certificateChain": "certificate",
}
"""Fields whose value a peer makes up, by their name in every message; fields that share a kind share names."""

NAMES_OF_ACTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("CancelReservation", "id"): "reservation",
    ("ReserveNow", "id"): "reservation",
    ("ClearChargingProfile", "id"): "charging profile",
    ("RequestStartTransaction", "chargingProfile/id"): "charging profile",
    ("SetChargingProfile", "chargingProfile/id"): "charging profile",
    ("ReportChargingProfiles", "chargingProfile/id"): "charging profile",
    ("SetVariableMonitoring", "setMonitoringData/id"): "monitor",
    ("SetVariableMonitoring", "setMonitoringResult/id"): "monitor",
    ("ClearVariableMonitoring", "id"): "monitor",
    ("ClearVariableMonitoring", "clearMonitoringResult/id"): "monitor",
    ("NotifyMonitoringReport", "monitor/variableMonitoring/id"): "monitor",
    ("NotifyEvent", "eventData/cause"): "event",
    ("SetDisplayMessage", "message/id"): "display message",
    ("GetDisplayMessages", "id"): "display message",
    ("NotifyDisplayMessages", "messageInfo/id"): "display message",
    ("ClearDisplayMessage", "id"): "display message",
    ("OpenPeriodicEventStream", "constantStreamData/id"): "event stream",
    ("AdjustPeriodicEventStream", "id"): "event stream",
    ("ClosePeriodicEventStream", "id"): "event stream",
    ("NotifyPeriodicEventStream", "id"): "event stream",
    ("GetPeriodicEventStream", "constantStreamData/id"): "event stream",
}
"""The same for fields whose name means something else elsewhere: (action, names that lead to it)."""


class Unordered(NamedTuple):
    """A list whose elements stand for themselves.

    `told_by` are the fields that tell which element is which, if any do; `clause` is where the standard addresses them
    by these, and never by their place.
    """

    told_by: tuple[str, ...]
    clause: str


_VARIABLE: Final = ("component", "variable", "attributeType")
_LISTS_16: Final = {
    ("GetConfiguration", Part.REQUEST, "key"): Unordered((), "OCPP 1.6 §5.8"),
    ("GetConfiguration", Part.RESPONSE, "configurationKey"): Unordered(("key",), "OCPP 1.6 §5.8"),
    ("GetConfiguration", Part.RESPONSE, "unknownKey"): Unordered((), "OCPP 1.6 §5.8"),
    ("GetInstalledCertificateIds", Part.RESPONSE, "certificateHashData"): Unordered(("serialNumber",), "security §5"),
    ("SendLocalList", Part.REQUEST, "localAuthorizationList"): Unordered(("idTag", "idToken"), "1.6 §5.15; 2.x D01"),
    ("MeterValues", Part.REQUEST, "meterValue/sampledValue"): Unordered(
        ("measurand", "phase", "location", "context", "format", "unit"), "1.6 §7.43; 2.x Part 2 §2.43"
    ),
    ("StopTransaction", Part.REQUEST, "transactionData/sampledValue"): Unordered(
        ("measurand", "phase", "location", "context", "format", "unit"), "OCPP 1.6 §7.43"
    ),
}
_LISTS_2X: Final = {
    ("TransactionEvent", Part.REQUEST, "meterValue/sampledValue"): Unordered(
        ("measurand", "phase", "location", "context"), "OCPP 2.x Part 2 §2.43"
    ),
    ("GetVariables", Part.REQUEST, "getVariableData"): Unordered(_VARIABLE, "OCPP 2.x B06.FR.01 to FR.03"),
    ("GetVariables", Part.RESPONSE, "getVariableResult"): Unordered(_VARIABLE, "OCPP 2.x B06.FR.01 to FR.03"),
    ("SetVariables", Part.REQUEST, "setVariableData"): Unordered(_VARIABLE, "OCPP 2.x B05.FR.01 to FR.03"),
    ("SetVariables", Part.RESPONSE, "setVariableResult"): Unordered(_VARIABLE, "OCPP 2.x B05.FR.01 to FR.03"),
    ("SetVariableMonitoring", Part.REQUEST, "setMonitoringData"): Unordered(
        ("component", "variable", "type", "severity"), "OCPP 2.x N04"
    ),
    ("SetVariableMonitoring", Part.RESPONSE, "setMonitoringResult"): Unordered(
        ("component", "variable", "type", "severity"), "OCPP 2.x N04"
    ),
    ("ClearVariableMonitoring", Part.REQUEST, "id"): Unordered((), "OCPP 2.x N06"),
    ("ClearVariableMonitoring", Part.RESPONSE, "clearMonitoringResult"): Unordered(("id",), "OCPP 2.x N06"),
    ("NotifyReport", Part.REQUEST, "reportData"): Unordered(("component", "variable"), "OCPP 2.x B07, B08"),
    ("NotifyReport", Part.REQUEST, "reportData/variableAttribute"): Unordered(("type",), "OCPP 2.x B07, B08"),
    ("NotifyMonitoringReport", Part.REQUEST, "monitor"): Unordered(("component", "variable"), "OCPP 2.x N02"),
    ("NotifyMonitoringReport", Part.REQUEST, "monitor/variableMonitoring"): Unordered(("type", "severity"), "2.x N02"),
    ("GetReport", Part.REQUEST, "componentVariable"): Unordered(_VARIABLE, "OCPP 2.x B08"),
    ("GetReport", Part.REQUEST, "componentCriteria"): Unordered((), "OCPP 2.x B08"),
    ("GetMonitoringReport", Part.REQUEST, "componentVariable"): Unordered(_VARIABLE, "OCPP 2.x N02"),
    ("GetMonitoringReport", Part.REQUEST, "monitoringCriteria"): Unordered((), "OCPP 2.x N02"),
    ("GetInstalledCertificateIds", Part.REQUEST, "certificateType"): Unordered((), "OCPP 2.x M03"),
    ("GetInstalledCertificateIds", Part.RESPONSE, "certificateHashDataChain"): Unordered(
        ("certificateType", "certificateHashData"), "OCPP 2.x M03"
    ),
    ("GetChargingProfiles", Part.REQUEST, "chargingProfile/chargingProfileId"): Unordered((), "OCPP 2.x K09"),
    ("GetChargingProfiles", Part.REQUEST, "chargingProfile/chargingLimitSource"): Unordered((), "OCPP 2.x K09"),
    ("GetDisplayMessages", Part.REQUEST, "id"): Unordered((), "OCPP 2.x O03"),
    ("NotifyDisplayMessages", Part.REQUEST, "messageInfo"): Unordered(("id",), "OCPP 2.x O03"),
    ("Authorize", Part.REQUEST, "iso15118CertificateHashData"): Unordered(("serialNumber",), "OCPP 2.x C07"),
}
UNORDERED: Final[Mapping[tuple[str, Part, str], Unordered]] = {**_LISTS_16, **_LISTS_2X}
"""Lists without an order, by action, payload and the names that lead to them."""

INDEPENDENT: Final = frozenset(
    "Heartbeat StatusNotification DiagnosticsStatusNotification FirmwareStatusNotification LogStatusNotification "
    "SecurityEventNotification SignedFirmwareStatusNotification NotifyEvent MeterValues".split()
)
"""CALLs that stand for themselves: one that comes before or after others of the same side says the same thing there."""


IDLE: Final = "Heartbeat"
"""What a side says that has nothing to say."""
_UNCOUNTED: Final = frozenset({IDLE, "MeterValues"})
_UPDATED: Final = "TransactionEvent Updated"


def series(action: str, payload: Any) -> str:
    """Return what a CALL is one of, where how many come is a matter of time; "" where each is one by itself."""
    if action == "TransactionEvent" and type(payload) is dict and payload.get("eventType") == "Updated":
        return _UPDATED
    return action if action in _UNCOUNTED else ""


def name_kind(action: str, path: tuple[str, ...]) -> str:
    """Return of what a field holds the name, "" where it holds none; `path` are the names that lead to it."""
    return NAMES_OF_ACTIONS.get((action, "/".join(path)), "") or NAMES.get(path[-1] if path else "", "")


def unordered(action: str, part: Part, path: tuple[str, ...]) -> Unordered | None:
    """Return what is known of a list that has no order, None where its order has to be taken to mean something."""
    return UNORDERED.get((action, part, "/".join(path)))
