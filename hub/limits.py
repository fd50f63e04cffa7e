"""What one peer, and all of them together, may cost the hub: the one home of the limits' names and defaults."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, Final

from hub.errors import HubError

_UNITS: Final = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class LimitError(HubError):
    """A limit that does not exist, or a value that it cannot have; the message names both."""


def _limit(default: float, meaning: str, *, least: float = 1, may_be_off: bool = False) -> Any:
    return field(default=default, metadata={"meaning": meaning, "least": least, "may_be_off": may_be_off})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Names end in their unit: bytes, seconds (`_s`) or a plain number. 0 is no limit, where that is possible."""

    head_bytes: int = _limit(64 << 10, "a request's head; beyond: 431", least=1 << 10)
    handshake_s: float = _limit(30.0, "how long a head may take to arrive; beyond: 408", least=0.1)
    sessions: int = _limit(20_000, "connections of stations at a time; beyond: 503")
    sessions_per_address: int = _limit(10_000, "likewise, from one address; beyond: 429")
    tunnels_per_token: int = _limit(64, "agents connected with one token at a time; beyond: 429")
    tunnel_waiting: int = _limit(1_000, "stations through one agent that have no session yet; beyond: 503")
    bytes_per_s: int = _limit(0, "what each side of a session may send; beyond: it is read slower", may_be_off=True)
    unsent_bytes: int = _limit(64 << 10, "what may wait for a slow reader; beyond: the other side is not read from")
    unread_s: float = _limit(0.0, "how long a side may read nothing; beyond: its session ends", may_be_off=True)
    frame_bytes: int = _limit(64 << 20, "a frame that is looked into; beyond: relayed, and recorded as unread")
    inflated_bytes: int = _limit(16 << 20, "what a compressed message may inflate to; beyond: likewise")


DEFAULTS: Final = Limits()


def limits_of(values: Mapping[str, str | float]) -> Limits:
    """Return the limits with some values of their own: numbers, or text such as `30`, `0.5` and `16MiB`.

    Raises:
        LimitError: there is no such limit, or it cannot have that value.
    """
    known: dict[str, Field[Any]] = {each.name: each for each in fields(Limits)}
    for name in values:
        if name not in known:
            raise LimitError(f"there is no limit {name!r}; there are {', '.join(known)}")
    chosen: dict[str, Any] = {name: _checked(known[name], value) for name, value in values.items()}
    return Limits(**chosen)


def limits_from_options(options: Iterable[str], base: Limits = DEFAULTS) -> Limits:
    """Return the limits that `NAME=VALUE` options ask for; those that they do not name are as in `base`.

    Raises:
        LimitError: one is not like that, comes twice, or cannot be.
    """
    values: dict[str, str | float] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise LimitError(f"a limit is given as NAME=VALUE, not as {option!r}")
        if name in values:
            raise LimitError(f"the limit {name!r} is given twice: {values[name]!r} and {value!r}")
        values[name] = value
    chosen = limits_of(values)
    return replace(base, **{name: getattr(chosen, name) for name in values})


def described() -> list[str]:
    """Return a line for each limit: its name, its default, and what it bounds."""
    return [f"{each.name}={_shown(each.default)}  {each.metadata['meaning']}" for each in fields(Limits)]


def _checked(limit: "Field[Any]", value: str | float) -> float:
    number = _number(limit, value)
    least, off = limit.metadata["least"], limit.metadata["may_be_off"]
    if number < least and not (off and number == 0):
        raise LimitError(f"the limit {limit.name} is {least} at least{', or 0 for none' if off else ''}, not {value!r}")
    return number


def _number(limit: "Field[Any]", value: str | float) -> float:
    is_whole = limit.type is int
    number = _read(value)
    if not math.isfinite(number) or (is_whole and number != int(number)):
        wanted = "a whole number" if is_whole else "a number of seconds"
        unit = " of bytes, such as 65536 or 64KiB" if "bytes" in limit.name else ""
        raise LimitError(f"the limit {limit.name} is {wanted}{unit}, not {value!r}")
    return int(number) if is_whole else number


def _read(value: str | float) -> float:
    """Return the number that this is, NaN where it is none."""
    if not isinstance(value, str):
        return math.nan if isinstance(value, bool) else float(value)
    unit = next((unit for unit in _UNITS if value.endswith(unit)), "")
    try:
        return float(value.removesuffix(unit)) * _UNITS.get(unit, 1)
    except ValueError:
        return math.nan


def _shown(value: Any) -> str:
    for unit, size in reversed(_UNITS.items()):
        if isinstance(value, int) and value >= size and value % size == 0:
            return f"{value // size}{unit}"
    return f"{value:g}" if isinstance(value, float) else str(value)
