"""What messages tell about who sent them and in which version, where the handshake did not."""

from typing import Any

from matrix.boards.pair import Station
from matrix.dialect import SUBPROTOCOLS, UNKNOWN, V16, V201
from matrix.secrets import LOOKED_AT, masked_words
from matrix.trace import Session
from matrix.wire import Call, Message


def version_of(session: Session) -> str:
    """Return the version by the subprotocol on the wire; where none was agreed, the first that was offered."""
    if session.chosen:
        return SUBPROTOCOLS.get(session.chosen, UNKNOWN)
    return next((SUBPROTOCOLS[offer] for offer in session.offered if offer in SUBPROTOCOLS), UNKNOWN)


def is_guessed(session: Session) -> bool:
    """Tell whether the version was not agreed upon: what is taken for it may be an older or a newer one."""
    return session.chosen not in SUBPROTOCOLS


def version_shown_by(message: Message) -> str:
    """Return the version that a BootNotification shows by its shape; UNKNOWN by any other message."""
    match message:
        case Call(action="BootNotification", payload={"chargePointVendor": _}):
            return V16
        case Call(action="BootNotification", payload={"chargingStation": _}):
            return V201
        case _:
            return UNKNOWN


def station_of(identity: str, boot: dict[str, Any]) -> Station:
    """Take vendor, model and firmware from a BootNotification of either shape; only the identity where it has none."""
    match boot:
        case {"chargingStation": {"vendorName": str(vendor), "model": str(model), **more}}:
            return Station(identity, _shown(vendor), _shown(model), _text(more.get("firmwareVersion")))
        case {"chargePointVendor": str(vendor), "chargePointModel": str(model), **more}:
            return Station(identity, _shown(vendor), _shown(model), _text(more.get("firmwareVersion")))
        case _:
            return Station(identity)


def _text(value: object) -> str:
    return _shown(value) if isinstance(value, str) else ""


def _shown(name: str) -> str:
    return masked_words(name[:LOOKED_AT])
