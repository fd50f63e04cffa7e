"""Sessions of 2.x with transactions, for the tests of the rules about them."""

import json
from typing import Any, Final

from drawing import Pen, draw

from matrix.judge import Judge
from matrix.trace import Ending, Side, Traffic

TOKEN: Final = {"idToken": "C0FFEE01", "type": "ISO14443"}
PLACE: Final = {"id": 1, "connectorId": 1}
WELCOME: Final = (
    '> [2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]',
    '< [3,"b",{"status":"Accepted","currentTime":"$NOW","interval":86400}]',
)
BEAT: Final = ('> [2,"hb","Heartbeat",{}]', '< [3,"hb",{"currentTime":"$NOW"}]')
LATER: Final = ("+20s", *BEAT, "+60s", *(line.replace("hb", "hc") for line in BEAT))
MUCH_LATER: Final = ("+1m", *BEAT, "+10m", *(line.replace("hb", "hc") for line in BEAT))


def call(side: str, message_id: str, action: str, **payload: Any) -> str:
    """Return a CALL."""
    return f"{side} {json.dumps([2, message_id, action, payload])}"


def result(side: str, message_id: str, **payload: Any) -> str:
    """Return a CALLRESULT."""
    return f"{side} {json.dumps([3, message_id, payload])}"


def asked(action: str, status: str = "Accepted", message_id: str = "q", **payload: Any) -> tuple[str, str]:
    """Return a CALL of the CSMS that the station answers with a status."""
    return call("<", message_id, action, **payload), result(">", message_id, status=status)


def event(
    kind: str, seq: Any, trigger: str = "", transaction: Any = "t1", info: dict[str, Any] | None = None, **more: Any
) -> tuple[str, str]:
    """Return a TransactionEvent and its answer; `info` is added to its transactionInfo."""
    usual = {"Started": "CablePluggedIn", "Updated": "ChargingRateChanged", "Ended": "EVCommunicationLost"}
    message_id = f"{transaction}-{seq}-{kind}"
    fields = {
        "eventType": kind, "timestamp": "$NOW", "triggerReason": trigger or usual.get(kind, "Trigger"), "seqNo": seq,
        "transactionInfo": {"transactionId": transaction, **(info or {})},
    } | more  # fmt: skip
    answer = {"idTokenInfo": {"status": "Accepted"}} if "idToken" in more else {}
    return call(">", message_id, "TransactionEvent", **fields), result("<", message_id, **answer)


STARTED: Final = event("Started", 0, evse=PLACE)
AUTHORIZED: Final = event("Started", 0, "Authorized", evse=PLACE, idToken=TOKEN)
UPDATED: Final = event("Updated", 1)
ENDED: Final = event("Ended", 1)


def register(value: float, **more: Any) -> list[dict[str, Any]]:
    """Return a meterValue with one register."""
    return [{"timestamp": "$NOW", "sampledValue": [{"value": value, **more}]}]


def on_2x(*lines: str, version: str = "2.0.1") -> list[Traffic]:
    """Return one session that began with a boot."""
    return draw(*WELCOME, "+5s", *lines, version=version)


def on_two(
    first: tuple[str, ...], second: tuple[str, ...], ending: Ending = Ending.DROPPED, by: Side = Side.STATION
) -> list[Traffic]:
    """Return two sessions of a station, with two minutes and a refusal between them."""
    pen, offered = Pen(), ("ocpp2.0.1",)
    traffic = pen.session((*WELCOME, *first), offered=offered, chosen=offered[0], ending=ending, closed_by=by)
    traffic += pen.session(("+2m",), offered=offered, status=503, reason="Busy", ending=Ending.REFUSED)
    return traffic + pen.session(second, offered=offered, chosen=offered[0])


def told(judge: Judge, *families: str) -> list[tuple[str, str, str]]:
    """Return the findings of some families."""
    return [(each.rule, str(each.severity), str(each.side)) for each in judge.findings if each.rule[:4] in families]
