"""Which CSMS each station meets now: as the organizer moved it, else as the round has it, else as its product does."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hub.errors import HubError
from hub.events.event import EventFile, StationProduct
from matrix.safe import safe


class PairingError(HubError):
    """A station cannot be moved like that; the message names what is wrong."""


class Move(NamedTuple):
    """A station that is for another CSMS than before; None is none."""

    identity: str
    before: str | None
    after: str | None


class Pairing:
    """The pairs of the moment. `event` is the event file that is in force."""

    def __init__(self, event: EventFile) -> None:
        self.event = event
        self.moved: dict[str, str | None] = {}
        self.met: dict[str, str] | None = None
        """Who meets whom by the round that began last, product to CSMS; None where none has."""

    def csms_of(self, identity: str) -> str | None:
        """Return the CSMS that a station is for; None where it is for none, or is no station of the event."""
        product = self.event.product_of(identity)
        return self._csms_of(identity, product) if product is not None else None

    def knows(self, identity: str) -> bool:
        """Tell whether the event has a station of this identity."""
        return self.event.product_of(identity) is not None

    def password_at(self, csms: str, identity: str) -> str | None:
        """Return the password that a CSMS expects of a station, where it is not the station's own."""
        product = self.event.csmses.get(csms)
        return product.passwords.get(identity) if product is not None else None

    def take_up(self, event: EventFile) -> list[Move]:
        """Put another event file in force; return the stations that are for another CSMS by it.

        What the organizer moved stays moved, as long as station and CSMS are in the event.
        """
        before = self.pairs
        self.event = event
        self.moved = self._still_there(self.moved)
        return changes(before, self.pairs)

    def meet(self, pairs: Iterable[tuple[str, str]]) -> list[Move]:
        """Put a round in force: its pairs (station product, CSMS) meet, other stations rest; return what has changed.

        What the organizer moved before is as the round has it; a hand on it during the round goes before the round.
        """
        before = self.pairs
        self.met = dict(pairs)
        self.moved = {}
        return changes(before, self.pairs)

    def amend(self, pairs: Iterable[tuple[str, str]] | None) -> None:
        """Put other pairs in the place of the round's; None: there is no round any more.

        What the organizer moved stays moved, but for stations of which the round says something else now.
        """
        moved, self.moved = self.moved, {}
        before, self.met = self.pairs, None if pairs is None else dict(pairs)
        after = self.pairs
        self.moved = {each: csms for each, csms in moved.items() if before.get(each) == after.get(each)}

    def move(self, station: str, csms: str) -> list[Move]:
        """Pair a product, by all of its identities, or one identity with a CSMS; return what has changed by it.

        Raises:
            PairingError: there is no such station or CSMS in the event.
        """
        if csms not in self.event.csmses:
            known = ", ".join(self.event.csmses) or "none"
            raise PairingError(f"there is no CSMS {safe(csms, 60)!r} in the event; known: {known}")
        before = self.pairs
        self.moved |= dict.fromkeys(self._identities(station), csms)
        return changes(before, self.pairs)

    def swap(self, one: str, other: str) -> list[Move]:
        """Let two stations, by product or identity, change places; return what has changed by it.

        One of them may be for no CSMS: it rests instead of the other one then.

        Raises:
            PairingError: there is no such station in the event, or they are for the same CSMS.
        """
        before = self.pairs
        first, second = self._identities(one), self._identities(other)
        if before[first[0]] == before[second[0]]:
            both = f"{safe(one, 60)!r} and {safe(other, 60)!r}"
            raise PairingError(
                f"{both} are for {before[first[0]] or 'no CSMS'}, both of them: there is nothing to swap"
            )
        self.moved |= dict.fromkeys(first, before[second[0]]) | dict.fromkeys(second, before[first[0]])
        return changes(before, self.pairs)

    def check_unchanged(self, *seen: tuple[str, str | None]) -> None:
        """Look whether stations, by product or identity, are for the CSMSes still that somebody has seen them for.

        Raises:
            PairingError: one is for another by now, or there is no such station.
        """
        pairs = self.pairs
        for station, csms in seen:
            if (now := pairs[self._identities(station)[0]]) != csms:
                instead = f"{now or 'no CSMS'} by now, and not for {safe(csms or 'no CSMS', 60)}"
                raise PairingError(f"{safe(station, 60)!r} is for {instead}: nobody was moved")

    def put_back(self, met: Mapping[str, str] | None, moved: Mapping[str, str | None]) -> None:
        """Let stations meet whom they met before the hub was started anew, as far as they are still there."""
        self.met = None if met is None else dict(met)
        self.moved = self._still_there(moved)

    @property
    def pairs(self) -> dict[str, str | None]:
        """The CSMS of each station of the event, by identity, in the order of the file."""
        return {
            identity: self._csms_of(identity, product)
            for product in self.event.stations.values()
            for identity in product.identities
        }

    def _csms_of(self, identity: str, product: StationProduct) -> str | None:
        planned = product.csms if self.met is None else self.met.get(product.name)
        return self.moved.get(identity, planned if planned in self.event.csmses else None)

    def _still_there(self, moved: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return those of the moves that this event has the station and the CSMS for."""
        return {
            identity: csms
            for identity, csms in moved.items()
            if (csms is None or csms in self.event.csmses) and self.event.product_of(identity) is not None
        }

    def _identities(self, station: str) -> tuple[str, ...]:
        product = self.event.stations.get(station)
        if product is not None:
            return product.identities
        if self.event.product_of(station) is not None:
            return (station,)
        known = ", ".join(self.event.stations) or "none"
        raise PairingError(
            f"there is no station {safe(station, 60)!r} in the event, by product or identity; known: {known}"
        )


def changes(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> list[Move]:
    """Return the stations that are for another CSMS than before."""
    return [
        Move(identity, before.get(identity), after.get(identity))
        for identity in dict.fromkeys((*before, *after))
        if before.get(identity) != after.get(identity)
    ]
