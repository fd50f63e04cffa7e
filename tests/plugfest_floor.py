"""A small plugfest, drawn: stations of several vendors, each with some CSMSes, all in one recording."""

import json
from typing import Any, Final

from drawing import Pen

from matrix.trace import Traffic

GOOD: Final = '> [2,"m","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]'
NUMBER: Final = '> [2,"m","StatusNotification",{"connectorId":"1","errorCode":"NoError","status":"Available"}]'
"""Sends a string where a number belongs: a deviation of the station's (RPC-19)."""
ACCEPTED: Final = '< [3,"m",{}]'
REFUSED: Final = '< [4,"m","TypeConstraintViolation","",{}]'
BROKEN: Final = '< [4,"m","InternalError","",{}]'


class Floor:
    """Draws sessions one after the other; `traffic` is what they come to."""

    def __init__(self) -> None:
        self._pen = Pen()
        self.sessions: list[list[Traffic]] = []

    @property
    def traffic(self) -> list[Traffic]:
        return [item for session in self.sessions for item in session]

    def meet(self, product: str, csms: str, *lines: str, identity: str = "", version: str = "1.6") -> None:
        """Draw a session of "VENDOR MODEL" (or of an identity that never boots) with a CSMS."""
        vendor, _, model = product.partition(" ")
        boot = _boot(vendor, model, version) if product else ()
        protocol = f"ocpp{version}"
        named = identity or product.replace(" ", "-")
        drawn = self._pen.session((*boot, *lines), identity=named, csms=csms, offered=(protocol,), chosen=protocol)
        self.sessions.append(drawn)


def _boot(vendor: str, model: str, version: str) -> tuple[str, str]:
    payload: dict[str, Any] = {"chargePointVendor": vendor, "chargePointModel": model}
    if version != "1.6":
        payload = {"reason": "PowerUp", "chargingStation": {"vendorName": vendor, "model": model}}
    answer = '< [3,"b",{"status":"Accepted","currentTime":"$NOW","interval":300}]'
    return f'> [2,"b","BootNotification",{json.dumps(payload)}]', answer
