"""The disturbances that end a session, or one direction of it."""

import asyncio
from typing import Final

from hub.disturbing.faults import Close, HalfClose, Reset
from hub.disturbing.gates import NoGate
from hub.relaying.farewell import close_frame
from hub.relaying.leg import Leg, LegEnding, State, close_leg, write_eof
from hub.relaying.splice import Splice
from matrix.trace import Side

LINGER_S: Final = 2.0
"""How long a side may take to answer a close frame before its connection is closed."""


def why_not(splice: Splice, wanted: Close | HalfClose) -> str | None:
    """Say why a session cannot be ended like that now; None where it can."""
    if splice.state is not State.OPEN:
        return "one side has ended its stream already"
    if isinstance(wanted, Close):
        return next((reason for side in _told(wanted.side) if (reason := _why_not_told(splice, side))), None)
    if not (splice.station.can_half_close and splice.csms.can_half_close):
        return "a TLS connection cannot be half-closed"
    return None


def break_off(splice: Splice, wanted: Reset | Close) -> None:
    """End a session: those that are meant are reset or told a close code, the others see their stream end."""
    endings: dict[Side, LegEnding] = dict.fromkeys(Side, close_leg)
    for side in _told(wanted.side):
        endings[side] = Leg.reset if isinstance(wanted, Reset) else _teller(wanted.code, side)
    sentence = f"disturbed on purpose: {wanted.text}"
    splice.break_off(sentence, endings[Side.STATION], endings[Side.CSMS])


def half_close(splice: Splice, wanted: HalfClose) -> None:
    """End the stream to a side; what the other one goes on sending is recorded, and handed on no more."""
    leg = splice.leg(wanted.side)
    splice.recorder.then(write_eof, leg)
    NoGate(leg.peer)


def _told(side: Side | None) -> list[Side]:
    return [*Side] if side is None else [side]


def _why_not_told(splice: Splice, side: Side) -> str | None:
    """Say why no close frame can be put into the stream to a side: it would land in the middle of another frame."""
    sender = splice.leg(side).peer
    if sender.tap.incomplete:
        return f"{sender.side.label} is in the middle of a frame; try again when it has come to its end"
    if not sender.tap.is_followed:
        return f"what {sender.side.label} sends cannot be read as frames any more"
    return None


def _teller(code: int, side: Side) -> LegEnding:
    def tell(leg: Leg) -> None:
        if leg.is_lost or leg.transport.is_closing():
            return
        leg.send(close_frame(code, "", masked=side is Side.CSMS))
        if leg.can_half_close:
            leg.transport.write_eof()
            asyncio.get_running_loop().call_later(LINGER_S, close_leg, leg)
        else:
            close_leg(leg)

    return tell
