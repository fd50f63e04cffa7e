"""Faulty habits: what becomes of a message on its way out of a product that has a bug.

Each is modelled on a fault that was seen on a real plugfest floor or in public reports. A habit is a pure function of
the text that a well-behaved peer would have sent.
"""

from collections.abc import Callable
from typing import Final

import orjson

from hub.demo.wiring import Payload

BUFFER: Final = 256
"""Characters that fit into the buffer for an answer."""

_LONG: Final = "a card of the kind that the reader at this station likes so"


def bare_numbers(text: str) -> str:
    """Send `"value": 604` for `"value": "604"`; modelled on a home charger's firmware of 2021."""

    def unquote(payload: Payload) -> None:
        for meter_value in payload["meterValue"]:
            for sample in meter_value["sampledValue"]:
                sample["value"] = float(sample["value"])

    return _changed(text, "MeterValues", unquote)


def cut_short(text: str) -> str:
    """Leave out the last two brackets of a long list of settings; modelled on a station whose buffer was too small."""
    return text[:-2] if '"configurationKey"' in text and len(text) > BUFFER else text


def curt_errors(text: str) -> str:
    """Leave out a CALLERROR's details, the fifth element; modelled on a wallbox that sends `[4, id, code, ""]`."""
    match orjson.loads(text):
        case [4, message_id, code, *_]:
            return orjson.dumps([4, message_id, code, ""]).decode()
    return text


def long_winded(text: str) -> str:
    """Name a 2.x card's kind with 59 characters; modelled on stations that add what their reader says to a card."""

    def lengthen(payload: Payload) -> None:
        if "idToken" in payload:
            payload["idToken"]["type"] = _LONG

    return _changed(text, "Authorize", lengthen)


def long_serial_number(text: str) -> str:
    """Give a serial number of 33 characters where 25 fit; modelled on a wallbox of 2021."""

    def lengthen(payload: Payload) -> None:
        payload["chargeBoxSerialNumber"] = "TV0000A22P2RI3N182341200100350795"

    return _changed(text, "BootNotification", lengthen)


def microseconds(text: str) -> str:
    """Write the time of a status with six digits of a fraction, as many libraries do when they are not told."""

    def refine(payload: Payload) -> None:
        whole, _, _ = payload["timestamp"].partition(".")
        payload["timestamp"] = f"{whole}.123456Z"

    return _changed(text, "StatusNotification", refine)


def _changed(text: str, action: str, change: Callable[[Payload], None]) -> str:
    """Return the message with its payload changed, where it is a CALL of that action."""
    match orjson.loads(text):
        case [2, message_id, str(name), dict(payload)] if name == action:
            change(payload)
            return orjson.dumps([2, message_id, name, payload]).decode()
    return text
