"""Traffic with pseudonyms, as a copy of its recording has it."""

from collections.abc import Iterable

from hub.redacting.copying import Plan, surveyed
from hub.redacting.kinds import REPLACED, Kind
from hub.redacting.redactor import Redactor
from hub.redacting.traffic import redacted_traffic
from matrix.trace import Traffic, mark_of

KEY = b"k" * 32


def redacted(traffic: Iterable[Traffic], kinds: frozenset[Kind] = REPLACED) -> tuple[list[Traffic], Redactor]:
    """Return traffic with pseudonyms in it, in its order, and the redactor that put them there."""
    items = [*traffic]
    redactor = surveyed(items, [], Plan(KEY, kinds))
    return sorted(redacted_traffic(redactor, items), key=mark_of), redactor
