"""Whether a CALL is one that its receiver can be asked to understand: else what it answers is not held against it."""

from typing import Final

from matrix import schemas
from matrix.dialect import V21, V201
from matrix.exchange import Exchange
from matrix.finding import Severity
from matrix.recognise import is_guessed
from matrix.schemas import Part

FRAME_RULE: Final = "HS-10"
"""The rule about frames that no OCPP-J message comes in: their receiver may well have heard nothing."""


def is_sound(exchange: Exchange) -> bool:
    """Tell whether nothing was found against the CALL: its form, its schema, any violation of its sender."""
    if exchange.request_breaches or exchange.defects:
        return False
    worst = exchange.worst
    return worst is None or worst.severity is not Severity.VIOLATION or worst.side is not exchange.side


def is_heard(exchange: Exchange) -> bool:
    """Tell whether a receiver can be asked to have read the CALL at all, and so to answer it."""
    return not exchange.defects and (exchange.worst is None or exchange.worst.rule != FRAME_RULE)


def fits_as_newer(exchange: Exchange, part: Part | None = None) -> bool:
    """Tell whether no version was agreed upon, and a payload (that which came last) is one of 2.1."""
    if exchange.conversation.version != V201 or not is_guessed(exchange.conversation.session):
        return False
    part = part or (Part.REQUEST if exchange.answer is None else Part.RESPONSE)
    payload = exchange.request if part is Part.REQUEST else exchange.response
    return schemas.check(V21, exchange.action, part, payload) == ()
