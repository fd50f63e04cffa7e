"""What meter values of 2.x say that registers stood at."""

from collections.abc import Sequence
from typing import Final

import msgspec

from matrix.fields import Payload, moment_at, objects

DEFAULT_MEASURAND: Final = "Energy.Active.Import.Register"
LONGEST_PARTS: Final = 200
LONGEST_MEASURAND: Final = 100
_NO_PARTS: Final = (None, None, None)

Register = tuple[str, str]
"""A measurand, and what tells its register from others that measure the same: "" where nothing does, as is usual."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What a register stood at, and when (ns, the station's clock)."""

    moment: int
    value: float


Read = Sequence[tuple[Register, Reading]]


def registers_in(request: Payload) -> Read:
    """Return what a message's registers stood at, in the order of time. Units are not converted."""
    found: list[tuple[Register, Reading]] = []
    for value in objects(request, "meterValue"):
        at = moment_at(value, "timestamp")
        if at is None:
            continue
        for sample in objects(value, "sampledValue"):
            read, register = sample.get("value"), _register_of(sample)
            if register is not None and (type(read) is float or type(read) is int):
                found.append((register, Reading(at, read)))
    return sorted(found, key=lambda each: each[1].moment) if len(found) > 1 else found


def _register_of(sample: Payload) -> Register | None:
    """Return which register a sample is of; None where it is of none."""
    measurand = sample.get("measurand", DEFAULT_MEASURAND)
    if type(measurand) is not str or not measurand.endswith(".Register") or len(measurand) >= LONGEST_MEASURAND:
        return None
    if "phase" not in sample and "location" not in sample and "unitOfMeasure" not in sample:
        return measurand, ""
    parts = sample.get("phase"), sample.get("location"), sample.get("unitOfMeasure")
    return measurand, "" if parts == _NO_PARTS else str(parts)[:LONGEST_PARTS]
