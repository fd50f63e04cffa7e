"""Comparing a value with what somebody typed: numbers as numbers, moments as moments, else as text."""

import math
import re
from typing import Any, Final

from hub.search.query import Op, fold
from matrix.moments import moment

Number = int | float

_NUMBER: Final = re.compile(r"[-+]?\d{1,300}(?:\.\d{1,300})?(?:[eE][-+]?\d{1,3})?", re.ASCII)


def compare(op: Op, value: Number | None, wanted: Number) -> bool:
    """Compare two numbers; what has none is not anything."""
    if value is None:
        return False
    match op:
        case Op.ABOVE:
            return value > wanted
        case Op.AT_LEAST:
            return value >= wanted
        case Op.BELOW:
            return value < wanted
        case Op.AT_MOST:
            return value <= wanted
        case _:
            return value == wanted


def holds(op: Op, value: Any, wanted: str | None) -> bool:
    """Tell whether a JSON value is what was typed; None asks only whether it is there."""
    if wanted is None:
        return True
    if isinstance(value, dict | list):
        return False
    if op.orders:
        return _is_ordered(op, value, wanted)
    written = fold(_written(value))
    if op is Op.HAS:
        return fold(wanted) in written
    if written == fold(wanted):
        return True
    numbers = number_of(value) if not isinstance(value, str) else None, number_of(wanted)
    return None not in numbers and numbers[0] == numbers[1]


def is_ordered_value(text: str) -> bool:
    """Tell whether more and less can be asked of what was typed: a number or a moment."""
    return number_of(text) is not None or moment(text) is not None


def number_of(value: Any) -> Number | None:
    """Return the number that a JSON value is, or that its text names, as 1.6 writes measured values."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _is_ordered(op: Op, value: Any, wanted: str) -> bool:
    number, limit = number_of(value), number_of(wanted)
    if number is not None and limit is not None:
        return compare(op, number, limit)
    if not isinstance(value, str):
        return False
    then, wanted_then = moment(value), moment(wanted)
    return then is not None and wanted_then is not None and compare(op, then.ns, wanted_then.ns)


def _written(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
