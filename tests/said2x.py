"""What 2.0.1 and 2.1 stations and CSMSes say, as lines of drawings: each function returns a CALL and its answer."""

import json
from collections.abc import Sequence
from itertools import count
from typing import Any, Final

from drawing import draw

from matrix.trace import Traffic

_ids: Final = count(1)


def exchange(
    caller: str, action: str, request: Any, answer: dict[str, Any] | str | None, between: Sequence[str] = ()
) -> list[str]:
    """Return the lines of one exchange; `caller` is > or <; a string answers with that error code, None not at all.

    `between` are lines that stand between the CALL and its answer.
    """
    message_id, other = f"m{next(_ids)}", "<" if caller == ">" else ">"
    lines = [f"{caller} {_json([2, message_id, action, request])}", *between]
    if isinstance(answer, str):
        lines.append(f"{other} {_json([4, message_id, answer, '', {}])}")
    elif answer is not None:
        lines.append(f"{other} {_json([3, message_id, answer])}")
    return lines


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def tell(action: str, **request: Any) -> list[str]:
    """Return a CALL of the station that is answered by {}."""
    return exchange(">", action, request, {})


def ask(action: str, status: str = "Accepted", between: Sequence[str] = (), **request: Any) -> list[str]:
    """Return a CALL of the CSMS that is answered by a status."""
    return exchange("<", action, request, {"status": status}, between)


def trigger(wanted: Any) -> list[str]:
    return ask("TriggerMessage", requestedMessage=wanted)


def beats(minutes: int) -> list[str]:
    """Return a Heartbeat a minute: a station that lives."""
    return [line for _ in range(minutes) for line in ("+60s", *exchange(">", "Heartbeat", {}, {"currentTime": "$NOW"}))]


def drawn(*lines: str, version: str = "2.0.1", **handshake: Any) -> list[Traffic]:
    """Return the traffic of one 2.0.1 session."""
    return draw(*lines, version=version, **handshake)
