"""How a message that something was found about was taken by the side that it was for."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from matrix.exchange import Exchange
from matrix.finding import Severity
from matrix.trace import Side
from matrix.wire import CallError, CallResult


class Taken(StrEnum):
    """What became of a CALL."""

    ACCEPTED = "accepted"  # a CALLRESULT, with an accepting status where it has one
    REJECTED = "rejected"  # a CALLRESULT with the status Rejected
    ERROR = "error"  # a CALLERROR
    SILENCE = "silence"  # no answer


ACCEPTING: Final = frozenset({"Accepted", "AcceptedCanceled", "Processing", "RebootRequired", "Scheduled", "Unlocked"})
"""What `status` says in an answer that does as it was asked. Other values (Occupied, NotFound, ...) say neither."""
REJECTING: Final = "Rejected"


class Reaction(NamedTuple):
    """What became of the CALL of `caller` in `frame`; for a CALLERROR, told of the frame of the answer too."""

    frame: int
    caller: Side
    taken: Taken


def reactions_to(exchange: Exchange) -> Iterator[Reaction]:
    """Yield how the CALL of an exchange was taken; nothing where that cannot be told, or nobody is blamed."""
    taken = _taken(exchange)
    if taken is None or exchange.worst is None or exchange.worst.severity is Severity.INFO:
        return
    yield Reaction(exchange.call_frame, exchange.side, taken)
    if taken is Taken.ERROR and exchange.answer_frame is not None:
        yield Reaction(exchange.answer_frame, exchange.side, taken)


def _taken(exchange: Exchange) -> Taken | None:
    if exchange.is_ambiguous or exchange.is_send:
        return None
    if isinstance(exchange.answer, CallError):
        return Taken.ERROR
    if isinstance(exchange.answer, CallResult):
        return _taken_by_result(exchange.response.get("status"))
    return Taken.SILENCE if exchange.answer_frame is None else None


def _taken_by_result(status: object) -> Taken | None:
    if status is None:
        return Taken.ACCEPTED
    if not isinstance(status, str):
        return None
    if status in ACCEPTING:
        return Taken.ACCEPTED
    return Taken.REJECTED if status == REJECTING else None
