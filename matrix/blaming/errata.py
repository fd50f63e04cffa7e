"""Errata candidates: a deviation that independent vendors share may be a question to the standard, not to them."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from matrix.blaming.deviations import Deviation, Deviations
from matrix.boards.pair import CONNECT, BoardView
from matrix.dialect import dialect
from matrix.finding import Finding
from matrix.rule import rule_named
from matrix.trace import Side

VENDORS_NEEDED: Final = 3
"""From so many independent vendors on, a shared deviation is a question."""


GENERATIONS: Final = ("1.6", "2.x")
ANY: Final = "any"
"""For the handshake, which is the same in all."""


class Sighting(NamedTuple):
    """One vendor's share in it: its products, and one frame that shows it; `frame` is None for a handshake.

    A CSMS has no name but the one that it has in the hub.
    """

    vendor: str
    products: tuple[str, ...]
    session: int
    frame: int | None
    pointer: str
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A deviation that `vendors` independent vendors share in 1.6, or in 2.x; `sentence` and `clause` are the rule's.

    Where vendors have the same product, they are one vendor, and all of them are among the `sightings`.
    """

    deviation: Deviation
    generation: str
    sentence: str
    clause: str
    vendors: int
    sightings: tuple[Sighting, ...]

    @property
    def question(self) -> str:
        """What to ask: whether the standard means what it is read to say."""
        who = "stations" if self.deviation.side is Side.STATION else "CSMSes"
        return f"{who} of {self.vendors} vendors do otherwise: is it meant that “{self.sentence}”?"


class _Product(NamedTuple):
    vendor: str
    model: str


class _Products(NamedTuple):
    """Whose products a session was between; None for a station that has not said so."""

    station: _Product | None
    csms: _Product
    generation: str

    def of(self, side: Side) -> _Product | None:
        return self.station if side is Side.STATION else self.csms


def candidates(deviations: Deviations, view: BoardView) -> tuple[Candidate, ...]:
    """Return what independent vendors share, the most widely shared first.

    Stations that never said who they are count for no vendor. What breaks a rule in 1.6 is not added to what does so
    in 2.x: it would be another question.
    """
    products = _products(view)
    found = [each for deviation in deviations.all() for each in _candidates(deviation, deviations, products)]
    return tuple(sorted(found, key=lambda each: (-each.vendors, each.deviation, each.generation)))


def _candidates(
    deviation: Deviation, deviations: Deviations, products: Mapping[int, "_Products"]
) -> Iterator[Candidate]:
    shown: dict[str, dict[_Product, Sighting]] = {}
    for session, seen in deviations.sessions(deviation):
        known = products.get(session)
        product = known.of(deviation.side) if known else None
        if known is not None and product is not None:
            generation = ANY if deviation.action == CONNECT else known.generation
            shown.setdefault(generation, {}).setdefault(product, _sighting(product, seen.first))
    for generation, sightings in shown.items():
        vendors = independent(sightings)
        if vendors >= VENDORS_NEEDED:
            rule = rule_named(deviation.rule)
            by_vendor = _by_vendor(sightings.values())
            yield Candidate(deviation, generation, rule.sentence, rule.clause, vendors, by_vendor)


def _sighting(product: "_Product", first: Finding) -> Sighting:
    return Sighting(product.vendor, (product.model,), first.session, first.frame, first.pointer, first.text)


def _by_vendor(sightings: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """Put a vendor's products together, under its first frame."""
    found: dict[str, Sighting] = {}
    for each in sightings:
        name = normalised(each.vendor)
        first = found.get(name)
        found[name] = each if first is None else first._replace(products=first.products + each.products)
    return tuple(found.values())


def _products(view: BoardView) -> dict[int, "_Products"]:
    """Return whose products were in each session, as far as it is known."""
    found: dict[int, _Products] = {}
    for pair in view.pairs:
        vendor, model = pair.station.vendor, pair.station.model
        station = _Product(vendor, model) if vendor else None
        generation = GENERATIONS[dialect(pair.version).is_2x] if dialect(pair.version).is_judged else pair.version
        known = _Products(station, _Product(pair.csms, ""), generation)
        found.update(dict.fromkeys(pair.sessions, known))
    return found


def independent(products: Iterable[tuple[str, str]]) -> int:
    """Count vendors (vendor, model): in any case of letters one, and one with all that have a model of that name."""
    groups: list[set[str]] = []
    for vendor, model in products:
        names = {f"vendor {normalised(vendor)}"} | ({f"model {normalised(model)}"} if normalised(model) else set())
        touching = [group for group in groups if group & names]
        groups = [group for group in groups if not group & names] + [names.union(*touching)]
    return len(groups)


def normalised(name: str) -> str:
    """Return a name as it is compared: without regard to the case of letters, to width and to blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
