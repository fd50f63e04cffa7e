"""The words of OCPP 2.0.1 and 2.1, as far as the two share them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from hub.demo.talk import LONGEST_REMOTE_CHARGE, UPDATE_STEPS, CsmsTalk, StationTalk, always, moment
from hub.demo.wiring import Payload

DRIVER: Final = {"idToken": "C0FFEE01", "type": "ISO14443"}
REMOTE_DRIVER: Final = {"idToken": "C0FFEE02", "type": "Central"}

QUESTIONS: Final = (
    "GetVariables", "SetVariables", "GetBaseReport", "TriggerMessage", "ChangeAvailability", "DataTransfer",
    "ClearCache", "GetLocalListVersion", "SendLocalList", "SetChargingProfile", "GetCompositeSchedule",
    "ClearChargingProfile", "ReserveNow", "CancelReservation", "UnlockConnector", "GetLog", "UpdateFirmware",
    "RequestStartTransaction", "GetTransactionStatus", "RequestStopTransaction", "Reset",
)  # fmt: skip
"""Everything that a thorough CSMS asks in one session, in an order that makes sense to a station."""

EARLIER_REQUEST: Final = 1_000_001
"""The requestId of an update and of an upload that were asked for before the station restarted."""
INTERVAL: Final = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}


class Station2x(StationTalk):
    """A station with one EVSE and one connector."""

    leads_on = frozenset(
        {"GetBaseReport", "TriggerMessage", "ChangeAvailability", "GetLog", "UpdateFirmware",
         "RequestStartTransaction", "Reset"}
    )  # fmt: skip

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._transaction: str | None = None
        self._events = 0
        self.replies = {
            **_FIXED_REPLIES,
            "RequestStopTransaction": self._stop_remotely,
            "GetTransactionStatus": self._transaction_status,
        }

    async def _boot(self) -> bool:
        station = {
            "vendorName": self.plate["vendor"], "model": self.plate["model"], "serialNumber": self.plate["serial"],
            "firmwareVersion": self.plate["firmware"],
        }  # fmt: skip
        reply = await self._tell("BootNotification", {"reason": "PowerUp", "chargingStation": station})
        if reply.get("status") != "Accepted":
            return False
        await self._report("Available")
        return True

    async def _charge(self, remote: Payload | None = None) -> None:
        driver = remote["idToken"] if remote else DRIVER
        await self._report("Occupied")
        if remote is None:
            await self._tell("Authorize", {"idToken": driver})
        self._transaction, self._events = str(uuid4()), 0
        await self._start(driver, remote)
        await self._meter(until_stopped=remote is not None)
        await self._end()
        await self._report("Available")

    async def _start(self, driver: Payload, remote: Payload | None) -> None:
        about = {"chargingState": "Charging"} | ({"remoteStartId": remote["remoteStartId"]} if remote else {})
        await self._event("Started", "RemoteStart" if remote else "Authorized", "Transaction.Begin", about,
                          evse={"id": 1, "connectorId": 1}, idToken=driver)  # fmt: skip

    async def _meter(self, *, until_stopped: bool) -> None:
        for _ in range(LONGEST_REMOTE_CHARGE if until_stopped else 2):
            if self._stop_asked:
                return
            await self._event("Updated", "MeterValuePeriodic", "Sample.Periodic", {"chargingState": "Charging"})

    async def _end(self) -> None:
        reason, trigger = ("Remote", "RemoteStop") if self._stop_asked else ("EVDisconnected", "EVDeparted")
        self._stop_asked = False
        about = {"chargingState": "Idle", "stoppedReason": reason}
        await self._event("Ended", trigger, "Transaction.End", about)
        self._transaction = None

    async def _event(self, kind: str, trigger: str, context: str, about: Payload, **more: Payload) -> None:
        await self._tell("TransactionEvent", {
            "eventType": kind, "timestamp": moment(), "triggerReason": trigger, "seqNo": self._events,
            "transactionInfo": {"transactionId": self._transaction, **about},
            "meterValue": [self._reading(context)], **more,
        })  # fmt: skip
        self._events += 1

    def _stop_remotely(self, payload: Payload) -> Payload:
        self._stop_asked = self._transaction is not None and payload["transactionId"] == self._transaction
        return {"status": "Accepted" if self._stop_asked else "Rejected"}

    def _transaction_status(self, payload: Payload) -> Payload:
        if "transactionId" not in payload:
            return {"messagesInQueue": False}
        return {"ongoingIndicator": payload["transactionId"] == self._transaction, "messagesInQueue": False}

    async def _follow_up(self, action: str, payload: Payload) -> None:
        match action:
            case "GetBaseReport":
                await self._tell("NotifyReport", _report_of(payload["requestId"]))
            case "TriggerMessage" if payload["requestedMessage"] == "MeterValues":
                await self._tell("MeterValues", {"evseId": 1, "meterValue": [self._reading("Trigger")]})
            case "TriggerMessage" | "ChangeAvailability":
                await self._report("Available")
            case "GetLog":
                await self._tell_statuses("LogStatusNotification", payload["requestId"], "Uploading", "Uploaded")
            case "UpdateFirmware":
                await self._tell_statuses("FirmwareStatusNotification", payload["requestId"], *UPDATE_STEPS)
            case "RequestStartTransaction":
                await self._charge(payload)

    async def _report(self, status: str) -> None:
        await self._tell("StatusNotification", {
            "timestamp": moment(), "connectorStatus": status, "evseId": 1, "connectorId": 1,
        })  # fmt: skip

    async def _tell_statuses(self, action: str, request: int, *statuses: str) -> None:
        for status in statuses:
            await self._tell(action, {"status": status, "requestId": request})

    def _reading(self, context: str) -> Payload:
        energy = {
            "value": self._metered(), "context": context, "measurand": "Energy.Active.Import.Register",
            "unitOfMeasure": {"unit": "Wh"},
        }  # fmt: skip
        return {"timestamp": moment(), "sampledValue": [energy]}

    def _extra(self, action: str) -> Payload:
        return {
            "DataTransfer": {"vendorId": self.plate["vendor"], "messageId": "tariff", "data": "night"},
            "FirmwareStatusNotification": {"status": "Installed", "requestId": EARLIER_REQUEST},
            "LogStatusNotification": {"status": "Uploaded", "requestId": EARLIER_REQUEST},
            "SecurityEventNotification": {
                "type": "StartupOfTheDevice",
                "timestamp": moment(),
                "techInfo": "cold start",
            },
        }[action]


class Csms2x(CsmsTalk):
    """A CSMS that knows every driver."""

    def __init__(self, questions: Sequence[str], *, lacks: frozenset[str] = frozenset()) -> None:
        super().__init__(questions, lacks=lacks)
        self._remote_transaction: str | None = None
        self._remote_runs = False
        self.replies = {**_CSMS_REPLIES, "TransactionEvent": self._follow}
        self.words = {
            **_QUESTIONS,
            "GetTransactionStatus": self._about_remote,
            "RequestStopTransaction": self._about_remote,
        }

    def _follow(self, payload: Payload) -> Payload:
        info = payload["transactionInfo"]
        if "remoteStartId" in info:
            self._remote_transaction = info["transactionId"]
        self._remote_runs = payload["eventType"] == "Updated" and info["transactionId"] == self._remote_transaction
        return {"idTokenInfo": {"status": "Accepted"}} if "idToken" in payload else {}

    def _about_remote(self) -> Payload | None:
        return {"transactionId": self._remote_transaction} if self._remote_runs else None


def _report_of(request: int) -> Payload:
    attribute = {"value": "300", "mutability": "ReadWrite"}
    characteristics = {"dataType": "integer", "supportsMonitoring": False}
    entry = {**INTERVAL, "variableAttribute": [attribute], "variableCharacteristics": characteristics}
    return {"requestId": request, "generatedAt": moment(), "seqNo": 0, "reportData": [entry]}


def _variables(payload: Payload) -> Payload:
    results = [
        {"component": each["component"], "variable": each["variable"], **_value_of(each)}
        for each in payload["getVariableData"]
    ]
    return {"getVariableResult": results}


def _value_of(asked: Payload) -> Payload:
    if asked["variable"]["name"] != "HeartbeatInterval":
        return {"attributeStatus": "UnknownVariable"}
    return {"attributeStatus": "Accepted", "attributeValue": "300"}


def _set_variables(payload: Payload) -> Payload:
    results = [
        {"component": each["component"], "variable": each["variable"], "attributeStatus": "Accepted"}
        for each in payload["setVariableData"]
    ]
    return {"setVariableResult": results}


def _profile() -> Payload:
    periods = [{"startPeriod": 0, "limit": 16.1}]
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    return {
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    }  # fmt: skip


def _composite(payload: Payload) -> Payload:
    schedule = {
        "evseId": payload["evseId"], "duration": payload["duration"], "scheduleStart": moment(),
        "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.1}],
    }  # fmt: skip
    return {"status": "Accepted", "schedule": schedule}


_FIXED_REPLIES: Final[Mapping[str, Callable[[Payload], Payload]]] = {
    "GetVariables": _variables,
    "SetVariables": _set_variables,
    "GetBaseReport": always(status="Accepted"),
    "TriggerMessage": always(status="Accepted"),
    "ChangeAvailability": always(status="Accepted"),
    "DataTransfer": always(status="UnknownVendorId"),
    "ClearCache": always(status="Accepted"),
    "GetLocalListVersion": always(versionNumber=0),
    "SendLocalList": always(status="Accepted"),
    "SetChargingProfile": always(status="Accepted"),
    "GetCompositeSchedule": _composite,
    "ClearChargingProfile": always(status="Accepted"),
    "ReserveNow": always(status="Accepted"),
    "CancelReservation": always(status="Accepted"),
    "UnlockConnector": always(status="Unlocked"),
    "GetLog": always(status="Accepted", filename="diagnostics.zip"),
    "UpdateFirmware": always(status="Accepted"),
    "RequestStartTransaction": always(status="Accepted"),
    "Reset": always(status="Accepted"),
}

_CSMS_REPLIES: Final[Mapping[str, Callable[[Payload], Payload]]] = {
    "BootNotification": lambda _: {"status": "Accepted", "currentTime": moment(), "interval": 300},
    "Heartbeat": lambda _: {"currentTime": moment()},
    "Authorize": always(idTokenInfo={"status": "Accepted"}),
    "StatusNotification": always(),
    "MeterValues": always(),
    "NotifyReport": always(),
    "DataTransfer": always(status="Accepted"),
    "FirmwareStatusNotification": always(),
    "LogStatusNotification": always(),
    "SecurityEventNotification": always(),
}

_QUESTIONS: Final[Mapping[str, Callable[[], Payload | None]]] = {
    "GetVariables": lambda: {"getVariableData": [INTERVAL]},
    "SetVariables": lambda: {"setVariableData": [{**INTERVAL, "attributeValue": "300"}]},
    "GetBaseReport": lambda: {"requestId": 1, "reportBase": "ConfigurationInventory"},
    "TriggerMessage": lambda: {"requestedMessage": "MeterValues", "evse": {"id": 1}},
    "ChangeAvailability": lambda: {"operationalStatus": "Operative", "evse": {"id": 1, "connectorId": 1}},
    "DataTransfer": lambda: {"vendorId": "example.plugfest", "messageId": "greeting", "data": "hello"},
    "ClearCache": dict,
    "GetLocalListVersion": dict,
    "SendLocalList": lambda: {
        "versionNumber": 1,
        "updateType": "Full",
        "localAuthorizationList": [{"idToken": DRIVER, "idTokenInfo": {"status": "Accepted"}}],
    },
    "SetChargingProfile": lambda: {"evseId": 1, "chargingProfile": _profile()},
    "GetCompositeSchedule": lambda: {"evseId": 1, "duration": 3600, "chargingRateUnit": "A"},
    "ClearChargingProfile": lambda: {"chargingProfileId": 1},
    "ReserveNow": lambda: {"id": 1, "expiryDateTime": moment(3600), "idToken": REMOTE_DRIVER, "evseId": 1},
    "CancelReservation": lambda: {"reservationId": 1},
    "UnlockConnector": lambda: {"evseId": 1, "connectorId": 1},
    "GetLog": lambda: {
        "log": {"remoteLocation": "ftp://files.example/logs/"},
        "logType": "DiagnosticsLog",
        "requestId": 2,
    },
    "UpdateFirmware": lambda: {
        "requestId": 3,
        "firmware": {"location": "ftp://files.example/firmware.bin", "retrieveDateTime": moment()},
    },
    "RequestStartTransaction": lambda: {"evseId": 1, "remoteStartId": 7, "idToken": REMOTE_DRIVER},
    "Reset": lambda: {"type": "OnIdle"},
}
