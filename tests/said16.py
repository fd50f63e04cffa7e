"""What 1.6 stations and CSMSes say, as lines of drawings: each function returns a CALL and its answer."""

from collections.abc import Sequence
from itertools import count
from typing import Any, Final

import orjson

ACCEPTED: Final = {"status": "Accepted"}
_ids: Final = count(1)


def exchange(
    caller: str, action: str, request: dict[str, Any], answer: dict[str, Any] | str | None, between: Sequence[str] = ()
) -> list[str]:
    """Return the lines of one exchange; `caller` is > or <; a string answers with that error code, None not at all.

    `between` are lines that stand between the CALL and its answer.
    """
    message_id = f"m{next(_ids)}"
    lines = [f"{caller} {_json([2, message_id, action, request])}", *between]
    other = "<" if caller == ">" else ">"
    if isinstance(answer, str):
        lines.append(f"{other} {_json([4, message_id, answer, '', {}])}")
    elif answer is not None:
        lines.append(f"{other} {_json([3, message_id, answer])}")
    return lines


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def boot(status: str = "Accepted", **more: Any) -> list[str]:
    plate = {"chargePointVendor": "Volt", "chargePointModel": "V2"} | more
    return exchange(">", "BootNotification", plate, {"status": status, "currentTime": "$NOW", "interval": 300})


def beat() -> list[str]:
    return exchange(">", "Heartbeat", {}, {"currentTime": "$NOW"})


def report(connector: int, status: str, **more: Any) -> list[str]:
    told = {"connectorId": connector, "errorCode": "NoError", "status": status} | more
    return exchange(">", "StatusNotification", told, {})


def start(
    transaction_id: int, *, connector: int = 1, tag: str = "A1B2C3", status: str = "Accepted", **more: Any
) -> list[str]:
    told = {"connectorId": connector, "idTag": tag, "meterStart": 100, "timestamp": "$NOW"} | more
    return exchange(">", "StartTransaction", told, {"transactionId": transaction_id, "idTagInfo": {"status": status}})


def stop(transaction_id: int, **more: Any) -> list[str]:
    told = {"transactionId": transaction_id, "meterStop": 200, "timestamp": "$NOW"} | more
    return exchange(">", "StopTransaction", told, {})


def meter(transaction_id: int | None, connector: int = 1, at: str = "$NOW", **sample: Any) -> list[str]:
    value = {"timestamp": at, "sampledValue": [{"value": "150"} | sample]}
    sampled: dict[str, Any] = {"connectorId": connector, "meterValue": [value]}
    if transaction_id is not None:
        sampled["transactionId"] = transaction_id
    return exchange(">", "MeterValues", sampled, {})


def authorize(tag: str = "A1B2C3") -> list[str]:
    return exchange(">", "Authorize", {"idTag": tag}, {"idTagInfo": ACCEPTED})


def ask(action: str, status: str = "Accepted", between: Sequence[str] = (), **request: Any) -> list[str]:
    """Return a CALL of the CSMS that is answered by a status."""
    return exchange("<", action, request, {"status": status}, between)


def told(**settings: str) -> list[str]:
    """Return a GetConfiguration of all keys; a value that ends in ! is read-only."""
    keys = [
        {"key": key, "readonly": value.endswith("!"), "value": value.removesuffix("!")}
        for key, value in settings.items()
    ]
    return exchange("<", "GetConfiguration", {"key": list(settings)}, {"configurationKey": keys})
