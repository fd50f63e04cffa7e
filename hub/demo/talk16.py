"""The words of OCPP 1.6."""

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Final

from hub.demo.talk import LONGEST_REMOTE_CHARGE, UPDATE_STEPS, CsmsTalk, StationTalk, always, moment
from hub.demo.wiring import Payload

DRIVER: Final = "C0FFEE01"
REMOTE_DRIVER: Final = "C0FFEE02"

SETTINGS: Final = {
    "HeartbeatInterval": "300", "MeterValueSampleInterval": "60", "NumberOfConnectors": "1",
    "ConnectionTimeOut": "90", "AuthorizeRemoteTxRequests": "false", "StopTransactionOnEVSideDisconnect": "true",
}  # fmt: skip
READ_ONLY: Final = frozenset({"NumberOfConnectors"})

QUESTIONS: Final = (
    "GetConfiguration", "ChangeConfiguration", "TriggerMessage", "ChangeAvailability", "DataTransfer", "ClearCache",
    "GetLocalListVersion", "SendLocalList", "SetChargingProfile", "GetCompositeSchedule", "ClearChargingProfile",
    "ReserveNow", "CancelReservation", "UnlockConnector", "GetDiagnostics", "UpdateFirmware",
    "RemoteStartTransaction", "RemoteStopTransaction", "Reset",
)  # fmt: skip
"""Everything that a thorough CSMS asks in one session, in an order that makes sense to a station."""


class Station16(StationTalk):
    """A station with one connector."""

    leads_on = frozenset(
        {"TriggerMessage", "ChangeAvailability", "GetDiagnostics", "UpdateFirmware", "RemoteStartTransaction", "Reset"}
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._transaction: int | None = None
        self.replies = {**_FIXED_REPLIES, "RemoteStopTransaction": self._stop_remotely}

    async def _boot(self) -> bool:
        reply = await self._tell("BootNotification", {
            "chargePointVendor": self.plate["vendor"], "chargePointModel": self.plate["model"],
            "chargePointSerialNumber": self.plate["serial"], "firmwareVersion": self.plate["firmware"],
        })  # fmt: skip
        if reply.get("status") != "Accepted":
            return False
        await self._report(0, "Available")
        await self._report(1, "Available")
        return True

    async def _charge(self, remote: Payload | None = None) -> None:
        driver = remote["idTag"] if remote else DRIVER
        await self._report(1, "Preparing")
        if remote is None:
            await self._tell("Authorize", {"idTag": driver})
        started = await self._tell("StartTransaction", {
            "connectorId": 1, "idTag": driver, "meterStart": self._meter_wh, "timestamp": moment(),
        })  # fmt: skip
        self._transaction = started.get("transactionId", -1)
        await self._report(1, "Charging")
        await self._meter(until_stopped=remote is not None)
        await self._stop(driver, "Remote" if self._stop_asked else "EVDisconnected")
        await self._report(1, "Finishing")
        await self._report(1, "Available")

    async def _meter(self, *, until_stopped: bool) -> None:
        for _ in range(LONGEST_REMOTE_CHARGE if until_stopped else 2):
            if self._stop_asked:
                return
            await self._tell("MeterValues", {
                "connectorId": 1, "transactionId": self._transaction, "meterValue": [self._reading()],
            })  # fmt: skip

    async def _stop(self, driver: str, reason: str) -> None:
        transaction, self._transaction, self._stop_asked = self._transaction, None, False
        await self._tell("StopTransaction", {
            "transactionId": transaction, "idTag": driver, "meterStop": self._meter_wh, "timestamp": moment(),
            "reason": reason,
        })  # fmt: skip

    def _stop_remotely(self, payload: Payload) -> Payload:
        self._stop_asked = self._transaction is not None and payload["transactionId"] == self._transaction
        return {"status": "Accepted" if self._stop_asked else "Rejected"}

    async def _follow_up(self, action: str, payload: Payload) -> None:
        match action:
            case "TriggerMessage" if payload["requestedMessage"] == "StatusNotification":
                await self._report(payload.get("connectorId", 0), "Available")
            case "TriggerMessage":
                await self._tell("Heartbeat", {})
            case "ChangeAvailability":
                await self._report(payload["connectorId"], "Available")
            case "GetDiagnostics":
                await self._tell_statuses("DiagnosticsStatusNotification", "Uploading", "Uploaded")
            case "UpdateFirmware":
                await self._tell_statuses("FirmwareStatusNotification", *UPDATE_STEPS)
            case "RemoteStartTransaction":
                await self._charge(payload)

    async def _report(self, connector: int, status: str) -> None:
        await self._tell("StatusNotification", {
            "connectorId": connector, "errorCode": "NoError", "status": status, "timestamp": moment(),
        })  # fmt: skip

    async def _tell_statuses(self, action: str, *statuses: str) -> None:
        for status in statuses:
            await self._tell(action, {"status": status})

    def _reading(self) -> Payload:
        energy = {
            "value": str(self._metered()), "context": "Sample.Periodic", "measurand": "Energy.Active.Import.Register",
            "unit": "Wh",
        }  # fmt: skip
        voltage = {"value": "230.4", "measurand": "Voltage", "phase": "L1-N", "unit": "V"}
        return {"timestamp": moment(), "sampledValue": [energy, voltage]}

    def _extra(self, action: str) -> Payload:
        return {
            "DataTransfer": {"vendorId": self.plate["vendor"], "messageId": "tariff", "data": "night"},
            "FirmwareStatusNotification": {"status": "Installed"},
            "DiagnosticsStatusNotification": {"status": "Uploaded"},
            "SecurityEventNotification": {
                "type": "StartupOfTheDevice",
                "timestamp": moment(),
                "techInfo": "cold start",
            },
        }[action]


class Csms16(CsmsTalk):
    """A CSMS that knows every driver, and gives each transaction an id of its own."""

    def __init__(
        self, questions: Sequence[str], *, lacks: frozenset[str] = frozenset(), keys: Sequence[str] = ()
    ) -> None:
        super().__init__(questions, lacks=lacks)
        self._keys = keys
        self._remote_transaction: int | None = None
        self._remote_runs = False
        self.replies = {
            **_CSMS_REPLIES,
            "StartTransaction": self._start,
            "MeterValues": self._meter,
            "StopTransaction": self._stop,
        }
        self.words = {**_QUESTIONS, "GetConfiguration": self._which, "RemoteStopTransaction": self._end_remote}

    def _start(self, payload: Payload) -> Payload:
        transaction = next(_TRANSACTION_IDS)
        if payload["idTag"] == REMOTE_DRIVER:
            self._remote_transaction = transaction
        return {"transactionId": transaction, "idTagInfo": {"status": "Accepted"}}

    def _meter(self, payload: Payload) -> Payload:
        transaction = payload.get("transactionId")
        self._remote_runs = transaction is not None and transaction == self._remote_transaction
        return {}

    def _stop(self, payload: Payload) -> Payload:
        if payload["transactionId"] == self._remote_transaction:
            self._remote_transaction, self._remote_runs = None, False
        return {"idTagInfo": {"status": "Accepted"}}

    def _which(self) -> Payload:
        return {"key": [*self._keys]} if self._keys else {}

    def _end_remote(self) -> Payload | None:
        return {"transactionId": self._remote_transaction} if self._remote_runs else None


_TRANSACTION_IDS: Final = count(int((time.time() - 1_700_000_000) * 10))
"""Ten a second at most: a CSMS that begins anew, in a recording that goes on, gives none that it has given before."""


def _settings(payload: Payload) -> Payload:
    wanted = payload.get("key", [*SETTINGS])
    known = [{"key": key, "readonly": key in READ_ONLY, "value": SETTINGS[key]} for key in wanted if key in SETTINGS]
    unknown = [key for key in wanted if key not in SETTINGS]
    return {"configurationKey": known, "unknownKey": unknown} if unknown else {"configurationKey": known}


def _profile() -> Payload:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.1}]}
    return {
        "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative", "chargingSchedule": schedule,
    }  # fmt: skip


def _composite(payload: Payload) -> Payload:
    periods = [{"startPeriod": 0, "limit": 16.1}]
    return {
        "status": "Accepted", "connectorId": payload["connectorId"], "scheduleStart": moment(),
        "chargingSchedule": {
            "duration": payload["duration"], "chargingRateUnit": "A", "chargingSchedulePeriod": periods,
        },
    }  # fmt: skip


_FIXED_REPLIES: Final[Mapping[str, Callable[[Payload], Payload]]] = {
    "GetConfiguration": _settings,
    "ChangeConfiguration": always(status="Accepted"),
    "TriggerMessage": always(status="Accepted"),
    "ChangeAvailability": always(status="Accepted"),
    "DataTransfer": always(status="UnknownVendorId"),
    "ClearCache": always(status="Accepted"),
    "GetLocalListVersion": always(listVersion=0),
    "SendLocalList": always(status="Accepted"),
    "SetChargingProfile": always(status="Accepted"),
    "GetCompositeSchedule": _composite,
    "ClearChargingProfile": always(status="Accepted"),
    "ReserveNow": always(status="Accepted"),
    "CancelReservation": always(status="Accepted"),
    "UnlockConnector": always(status="Unlocked"),
    "GetDiagnostics": always(fileName="diagnostics.zip"),
    "UpdateFirmware": always(),
    "RemoteStartTransaction": always(status="Accepted"),
    "Reset": always(status="Accepted"),
}

_CSMS_REPLIES: Final[Mapping[str, Callable[[Payload], Payload]]] = {
    "BootNotification": lambda _: {"status": "Accepted", "currentTime": moment(), "interval": 300},
    "Heartbeat": lambda _: {"currentTime": moment()},
    "Authorize": always(idTagInfo={"status": "Accepted"}),
    "StatusNotification": always(),
    "DataTransfer": always(status="Accepted"),
    "FirmwareStatusNotification": always(),
    "DiagnosticsStatusNotification": always(),
    "SecurityEventNotification": always(),
}

_QUESTIONS: Final[Mapping[str, Callable[[], Payload | None]]] = {
    "ChangeConfiguration": lambda: {"key": "MeterValueSampleInterval", "value": "60"},
    "TriggerMessage": lambda: {"requestedMessage": "StatusNotification", "connectorId": 1},
    "ChangeAvailability": lambda: {"connectorId": 1, "type": "Operative"},
    "DataTransfer": lambda: {"vendorId": "example.plugfest", "messageId": "greeting", "data": "hello"},
    "ClearCache": dict,
    "GetLocalListVersion": dict,
    "SendLocalList": lambda: {
        "listVersion": 1,
        "updateType": "Full",
        "localAuthorizationList": [{"idTag": DRIVER, "idTagInfo": {"status": "Accepted"}}],
    },
    "SetChargingProfile": lambda: {"connectorId": 1, "csChargingProfiles": _profile()},
    "GetCompositeSchedule": lambda: {"connectorId": 1, "duration": 3600, "chargingRateUnit": "A"},
    "ClearChargingProfile": lambda: {"id": 1},
    "ReserveNow": lambda: {
        "connectorId": 1,
        "expiryDate": moment(3600),
        "idTag": REMOTE_DRIVER,
        "reservationId": 1,
    },
    "CancelReservation": lambda: {"reservationId": 1},
    "UnlockConnector": lambda: {"connectorId": 1},
    "GetDiagnostics": lambda: {"location": "ftp://files.example/diagnostics/"},
    "UpdateFirmware": lambda: {"location": "ftp://files.example/firmware.bin", "retrieveDate": moment()},
    "RemoteStartTransaction": lambda: {"connectorId": 1, "idTag": REMOTE_DRIVER},
    "Reset": lambda: {"type": "Soft"},
}
