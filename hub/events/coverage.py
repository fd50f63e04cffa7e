"""What is left to test: the meetings of an event, each with what a recording shows of it, the most worthwhile first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.events.event import EventFile
from hub.events.schedule import meetings
from matrix.boards.pair import BoardView, Pair
from matrix.dialect import dialect
from matrix.outcome import WRONG, Outcome
from matrix.trace import Session


@dataclass(frozen=True, slots=True)
class Meeting:
    """A station product and a CSMS that can meet, in one OCPP version that both have.

    `tested` counts the message types that were exercised, `wrong` those of them that did not work or do not conform,
    `exist` those that there are, the connection and the framing included.
    """

    station: str
    csms: str
    version: str
    sessions: int
    tested: int
    exist: int
    wrong: int

    @property
    def worth(self) -> tuple[int, int]:
        """How much another meeting may show: what never met, then what broke, then what is least tested."""
        kind = 0 if not self.tested else 1 if self.wrong else 2
        return kind, self.tested


def coverage(event: EventFile, sessions: Iterable[Session], view: BoardView) -> list[Meeting]:
    """Return all meetings, those first that are most worth having next."""
    identities = {each.id: each.identity for each in sessions}
    met = _met(event, identities, view)
    found = [
        _meeting(station, csms, version, met.get((station, csms, version), []))
        for station, csms in meetings(event)
        for version in event.stations[station].versions
        if version in event.csmses[csms].versions
    ]
    return sorted(found, key=lambda each: each.worth)


def _met(event: EventFile, identities: Mapping[int, str], view: BoardView) -> dict[tuple[str, str, str], list[Pair]]:
    found: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in view.pairs:
        products = {event.product_of(identities.get(each, "")) for each in pair.sessions}
        for product in products:
            if product is not None:
                found.setdefault((product.name, pair.csms, pair.version), []).append(pair)
    return found


def _meeting(station: str, csms: str, version: str, pairs: list[Pair]) -> Meeting:
    """Put together what the pairs of one product show; a product may have told several models or firmwares."""
    seen: dict[str, list[Outcome]] = {}
    for pair in pairs:
        for row in pair.rows:
            if row.outcome is not Outcome.UNTESTED:
                seen.setdefault(row.action, []).append(row.outcome)
    return Meeting(
        station=station,
        csms=csms,
        version=version,
        sessions=sum(len(pair.sessions) for pair in pairs),
        tested=len(seen),
        exist=len(dialect(version).actions) + 2,  # and Connect and Framing
        wrong=sum(bool(WRONG.intersection(outcomes)) for outcomes in seen.values()),
    )
