"""Payloads that fit their schemas, and contradict what was said before: transactions, times, reports, configuration."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from mutation.payload_changes import with_value, without
from mutation.script import Draft, Mutant, Said, Script, error, result

from matrix.dialect import V16, V21, V201
from matrix.schemas import Part
from matrix.trace import Side

TWO: Final = frozenset({V201, V21})
ONE: Final = frozenset({V16})
LIVE: Final = frozenset({"StatusNotification", "StartTransaction", "MeterValues", "TransactionEvent", "NotifyEvent"})
"""Messages that say when something happened, which is now unless the station was offline."""

Edit = Callable[[dict[str, Any]], dict[str, Any] | None]
"""A payload in, and the payload with one thing wrong out; None where it does not apply."""


@dataclass(frozen=True, slots=True)
class Story:
    """A change of one kind of message in place; it is its sender's fault, or (`is_accepted`) its answerer's."""

    versions: frozenset[str]
    action: str
    part: Part
    edit: Edit
    is_accepted: bool = False

    def mutants(self, script: Script) -> Iterator[Mutant]:
        """Yield the script with each such message changed; anything later may show it."""
        for said in script.said:
            if script.version in self.versions and (said.action, said.part) == (self.action, self.part):
                payload = self.edit(said.payload)
                if payload is not None:
                    guilty = said.side.other if self.is_accepted else said.side
                    yield Draft(script).put(said.line, said.saying(payload)).mutant(guilty, anywhere=True)


def _get(payload: Any, *steps: str | int) -> Any:
    for step in steps:
        try:
            payload = payload[step]
        except (KeyError, IndexError, TypeError):
            return None
    return payload


def put(value: Any, *steps: str | int, where: Edit | None = None) -> Edit:
    """Return an edit that puts a value at a place which is there; `where` says in which payloads."""

    def edit(payload: dict[str, Any]) -> dict[str, Any] | None:
        before = _get(payload, *steps)
        if before is None or before == value or (where is not None and not where(payload)):
            return None
        changed: dict[str, Any] = with_value(payload, steps, value)
        return changed

    return edit


def left_out(*steps: str | int, where: Edit | None = None) -> Edit:
    """Return an edit that leaves out a field which is there."""

    def edit(payload: dict[str, Any]) -> dict[str, Any] | None:
        if _get(payload, *steps) is None or (where is not None and not where(payload)):
            return None
        changed: dict[str, Any] = without(payload, steps)
        return changed

    return edit


def only(name: str, *values: Any) -> Edit:
    """Return what says whether a field has one of these values."""
    return lambda payload: payload if payload.get(name) in values else None


def _call(action: str, edit: Edit, versions: frozenset[str] = ONE) -> Story:
    return Story(versions, action, Part.REQUEST, edit)


def _accepted(action: str, edit: Edit, versions: frozenset[str] = ONE) -> Story:
    """Return a change of a CALL after which its answer, which accepts it, is wrong."""
    return Story(versions, action, Part.REQUEST, edit, is_accepted=True)


def _answer(action: str, edit: Edit, versions: frozenset[str] = ONE) -> Story:
    return Story(versions, action, Part.RESPONSE, edit)


PROFILE16: Final = ("csChargingProfiles",)
PERIODS: Final = ("chargingSchedule", "chargingSchedulePeriod", 0, "startPeriod")
PERIODS20: Final = ("chargingProfile", "chargingSchedule", 0, "chargingSchedulePeriod", 0, "startPeriod")
NEVER_GIVEN: Final = 99_999


def _seq(step: int) -> Edit:
    """Return an edit of the seqNo of an event that is not the first: the one before, it again, or one left out."""
    return lambda payload: {**payload, "seqNo": payload["seqNo"] + step} if payload["seqNo"] > 0 else None


def _is_later(payload: dict[str, Any]) -> dict[str, Any] | None:
    return payload if payload["seqNo"] > 0 else None


def _is_started_with_evse(payload: dict[str, Any]) -> dict[str, Any] | None:
    return payload if payload["eventType"] == "Started" and "idToken" in payload else None


def _is_without_values(payload: dict[str, Any]) -> dict[str, Any] | None:
    return None if "meterValue" in payload else payload


def _report_out_of_order(payload: dict[str, Any]) -> dict[str, Any] | None:
    return {**payload, "seqNo": payload["seqNo"] + 5}


STORIES: Final[dict[str, tuple[Story, ...]]] = {
    "a transaction is stopped that never began": (
        _call("StopTransaction", put(NEVER_GIVEN, "transactionId")),
    ),
    "meter values are of a transaction that never began": (_call("MeterValues", put(NEVER_GIVEN, "transactionId")),),
    "the meter stops below its start": (_call("StopTransaction", put(1, "meterStop")),),
    "a connector that does not exist": (
        _call("StatusNotification", put(9, "connectorId", where=only("connectorId", 1))),
    ),
    "connector 0 has a status of a connector": (
        _call("StatusNotification", put("Charging", "status", where=only("connectorId", 0))),
    ),
    "EVCommunicationError without a vehicle": (
        _call("StatusNotification", put("EVCommunicationError", "errorCode", where=only("status", "Available"))),
    ),
    "a connector finishes that did not charge": (
        _call("StatusNotification", put("Finishing", "status", where=only("status", "Preparing"))),
    ),
    "a remote start has another idTag than the transaction": (
        _accepted("RemoteStartTransaction", put("OTHER", "idTag")),
        _accepted("RequestStartTransaction", put("OTHER", "idToken", "idToken"), TWO),
    ),
    "a remote stop names no running transaction, and is accepted": (
        _accepted("RemoteStopTransaction", put(NEVER_GIVEN, "transactionId")),
        _accepted("RequestStopTransaction", put("never", "transactionId"), TWO),
    ),
    "the profile of a remote start is none of a transaction": (
        _call("RemoteStartTransaction", put("TxDefaultProfile", "chargingProfile", "chargingProfilePurpose")),
        _call("RequestStartTransaction", put("TxDefaultProfile", "chargingProfile", "chargingProfilePurpose"), TWO),
    ),
    "a TxProfile is for connector 0": (
        _call("SetChargingProfile", put(0, "connectorId")),
        _call(
            "SetChargingProfile",
            lambda payload: put(0, "evseId")(payload)
            if payload["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"
            else None,
            TWO,
        ),
    ),
    "a profile of the whole station is for a connector": (
        _call("SetChargingProfile", put("ChargePointMaxProfile", *PROFILE16, "chargingProfilePurpose")),
    ),
    "the first period of a schedule does not start at 0": (
        _call("SetChargingProfile", put(5, *PROFILE16, *PERIODS)),
        _call("RemoteStartTransaction", put(5, "chargingProfile", *PERIODS)),
        _call("SetChargingProfile", put(5, *PERIODS20), TWO),
    ),
    "a key that was asked for is not told": (
        _answer(
            "GetConfiguration",
            lambda payload: {**payload, "configurationKey": payload["configurationKey"][1:]},
        ),
    ),
    "a key that nobody has heard of is not called unknown": (_answer("GetConfiguration", left_out("unknownKey")),),
    "a read-only key is changed": (_answer("ChangeConfiguration", put("Accepted", "status")),),
    "an AuthorizationKey is too short": (
        _call("ChangeConfiguration", put("0102", "value", where=only("key", "AuthorizationKey"))),
    ),
    "a setting is told with another value than it was given": (
        _answer(
            "GetConfiguration",
            lambda payload: put("999", "configurationKey", 0, "value")(payload)
            if payload["configurationKey"][0]["key"] == "MeterValueSampleInterval"
            else None,
        ),
    ),
    "a local list has version 0": (
        _call("SendLocalList", put(0, "listVersion")),
        _call("SendLocalList", put(0, "versionNumber"), TWO),
    ),
    "a reservation is cancelled that there is not": (
        _accepted("CancelReservation", put(NEVER_GIVEN, "reservationId")),
        _accepted("CancelReservation", put(NEVER_GIVEN, "reservationId"), TWO),
    ),
    "a transaction does not name the reservation that it ends": (_call("StartTransaction", left_out("reservationId")),),
    "a step of a firmware update is another": (
        _call("FirmwareStatusNotification", put("Installed", "status", where=only("status", "Downloading"))),
        _call(
            "FirmwareStatusNotification",
            put("SignatureVerified", "status", where=only("status", "Downloading")),
            TWO,
        ),
    ),
    "an upload ends before it began": (
        _call("DiagnosticsStatusNotification", put("Uploaded", "status", where=only("status", "Uploading"))),
    ),
    "a notification has another requestId": (
        _call("LogStatusNotification", put(99, "requestId")),
        _call("SignedFirmwareStatusNotification", put(99, "requestId")),
        *(
            _call(action, put(99, "requestId"), TWO)
            for action in (
                "NotifyReport", "NotifyMonitoringReport", "NotifyCustomerInformation", "NotifyDisplayMessages",
                "ReportChargingProfiles", "LogStatusNotification",
            )
        ),
    ),
    "a status of an update has no requestId": (_call("FirmwareStatusNotification", left_out("requestId"), TWO),),
    "a part of a report is missing": (_call("NotifyReport", _report_out_of_order, TWO),),
    "a report says that more follows, and nothing does": (
        *(
            _call(action, put(True, "tbc", where=only("tbc", False)), TWO)
            for action in ("NotifyReport", "NotifyMonitoringReport", "ReportChargingProfiles")
        ),
    ),
    "seqNo leaves one out": (_call("TransactionEvent", _seq(1), TWO),),
    "seqNo stays as it was": (_call("TransactionEvent", _seq(-1), TWO),),
    "seqNo falls": (
        _call("TransactionEvent", lambda p: {**p, "seqNo": 0} if p["seqNo"] > 1 else None, TWO),
    ),
    "the first seqNo is not 0": (_call("TransactionEvent", put(1, "seqNo", where=only("seqNo", 0)), TWO),),
    "an event is of a transaction that never began": (
        _call("TransactionEvent", put("never", "transactionInfo", "transactionId", where=_is_later), TWO),
    ),
    "a transaction starts with an Updated": (
        _call("TransactionEvent", put("Updated", "eventType", where=only("eventType", "Started")), TWO),
    ),
    "a transaction starts twice": (
        _call("TransactionEvent", put("Started", "eventType", where=only("eventType", "Updated")), TWO),
    ),
    "a transaction that is stopped by the CSMS has no stoppedReason": (
        _call(
            "TransactionEvent",
            left_out("transactionInfo", "stoppedReason", where=only("triggerReason", "RemoteStop")),
            TWO,
        ),
    ),
    "the EVSE is not named": (_call("TransactionEvent", left_out("evse", where=_is_started_with_evse), TWO),),
    "a remote start is not said to be one": (
        _call("TransactionEvent", put("Authorized", "triggerReason", where=only("triggerReason", "RemoteStart")), TWO),
        _call("TransactionEvent", left_out("transactionInfo", "remoteStartId"), TWO),
    ),
    "an event has a triggerReason that it gives no reason for": (
        _call("TransactionEvent", put("MeterValuePeriodic", "triggerReason", where=_is_without_values), TWO),
    ),
    "a register runs backwards": (
        _call(
            "TransactionEvent", put(1.0, "meterValue", 0, "sampledValue", 0, "value", where=_is_later), TWO
        ),
    ),
    "an idToken is not answered by an idTokenInfo": (_answer("TransactionEvent", left_out("idTokenInfo"), TWO),),
    "a transaction that was asked for is not told of": (
        _answer("GetTransactionStatus", left_out("ongoingIndicator"), TWO),
    ),
    "a variable is told that was not asked for": (
        _answer("GetVariables", put("Other", "getVariableResult", 0, "variable", "name"), TWO),
        _answer("SetVariables", put("Other", "setVariableResult", 0, "variable", "name"), TWO),
    ),
    "a variable that was asked for is not told": (
        _answer("GetVariables", lambda p: {"getVariableResult": p["getVariableResult"][1:]}, TWO),
    ),
    "a variable is set twice": (
        _call("SetVariables", lambda p: {"setVariableData": p["setVariableData"] * 2}, TWO),
    ),
    "a connector is unlocked in a transaction": (
        _answer(
            "UnlockConnector", put("Unlocked", "status", where=only("status", "OngoingAuthorizedTransaction")), TWO
        ),
    ),
    "a trigger for a status names no connector": (
        _call(
            "TriggerMessage",
            left_out("evse", where=only("requestedMessage", "StatusNotification")),
            TWO,
        ),
    ),
    "a BootNotification is triggered after one was accepted": (
        _accepted("TriggerMessage", put("BootNotification", "requestedMessage"), TWO),
    ),
    "a reset is not said to have been one": (
        _call("BootNotification", put("PowerUp", "reason", where=only("reason", "RemoteReset")), TWO),
    ),
    "the CSMS is an hour late": (
        *(_answer(action, put("$NOW-1h", "currentTime"), ONE | TWO) for action in ("BootNotification", "Heartbeat")),
    ),
    "the CSMS is an hour ahead": (
        *(_answer(action, put("$NOW+1h", "currentTime"), ONE | TWO) for action in ("BootNotification", "Heartbeat")),
    ),
}  # fmt: skip


def _moved(value: Any, time: str) -> Any:
    if isinstance(value, dict):
        return {name: _moved(each, time) for name, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, time) for each in value]
    return time if value == "$NOW" else value


def clock(script: Script, time: str) -> Iterator[Mutant]:
    """One message of a station has another time."""
    for said in script.said:
        payload = _moved(said.payload, time)
        if said.side is Side.STATION and said.is_call and said.action in LIVE and payload != said.payload:
            yield Draft(script).put(said.line, said.saying(payload)).mark(said.other).mutant(said.side)


def left_out_whole(script: Script, action: str, **fields: Any) -> Iterator[Mutant]:
    """A station does not say something, and goes on as if it had."""
    for call, answer in script.exchanges():
        if call.action == action and fields.items() <= call.payload.items():
            yield Draft(script).put(call.line).put(answer.line).mutant(call.side, anywhere=True)


def _again(script: Script, call: Said, answer: Said, payload: Any, reply: Any) -> Mutant:
    lines = call.saying(payload, message_id="again"), result(answer.side, "again", reply)
    return Draft(script).after(answer.line, *lines).mutant(call.side, anywhere=True)


def started_twice(script: Script) -> Iterator[Mutant]:
    """A transaction starts where one runs."""
    for call, answer in script.exchanges():
        if call.action == "StartTransaction":
            payload, reply = {**call.payload, "idTag": "OTHER"}, {**answer.payload, "transactionId": 55}
            yield _again(script, call, answer, payload, reply)
        elif call.action == "TransactionEvent" and call.payload["eventType"] == "Started":
            payload = with_value(call.payload, ("transactionInfo", "transactionId"), "second")
            yield _again(script, call, answer, payload, answer.payload)


def id_given_twice(script: Script) -> Iterator[Mutant]:
    """A CSMS gives two transactions the same id, and the station goes on under it."""
    starts = [answer for call, answer in script.exchanges() if call.action == "StartTransaction"]
    for first, second in pairwise(starts):
        yield _given(script, second, first.payload["transactionId"])


def id_0_given(script: Script) -> Iterator[Mutant]:
    """A CSMS gives a transaction the id 0, and the station goes on under it."""
    for call, answer in script.exchanges():
        if call.action == "StartTransaction":
            yield _given(script, answer, 0)


def _given(script: Script, start: Said, transaction_id: int) -> Mutant:
    """Return the script with another id for a transaction, in all messages about it."""
    before, draft = start.payload["transactionId"], Draft(script)
    for said in script.said:
        if said.line >= start.line and said.payload.get("transactionId") == before:
            draft.put(said.line, said.saying({**said.payload, "transactionId": transaction_id}))
    return draft.mutant(Side.CSMS, anywhere=True)


def trigger_not_followed(script: Script) -> Iterator[Mutant]:
    """A station accepts a trigger, and does not send the message."""
    exchanges = [*script.exchanges()]
    for (call, _), (asked, answer) in pairwise(exchanges):
        if call.action in ("TriggerMessage", "ExtendedTriggerMessage") and asked.side is Side.STATION:
            draft = Draft(script).put(asked.line).put(answer.line)
            yield draft.mutant(Side.STATION, anywhere=True)


def answered_by_error(script: Script) -> Iterator[Mutant]:
    """A CSMS answers what belongs to a transaction by an error, because it does not like its content."""
    for call, answer in script.exchanges():
        if call.action in ("StopTransaction", "MeterValues"):
            yield (
                Draft(script)
                .put(answer.line, error(Side.CSMS, call.array[1], "InternalError"))
                .mark(call.line)
                .mutant(Side.CSMS)
            )
