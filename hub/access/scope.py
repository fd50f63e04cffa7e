"""What somebody may see of an event: the sessions of their own products whole, and so much of all others."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec


class Shown(StrEnum):
    """How much is shown of a session."""

    NOTHING = "nothing"
    OUTCOMES = "outcomes"  # no payload, and no sentence, name or number that quotes one
    EVERYTHING = "everything"


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What one viewer sees: everything of the stations and CSMSes that are their own, and `others` of the rest.

    `identities` are those of stations, `csmses` the names in the hub's URLs. Where it `is_anonymous`, those of whom
    only outcomes are shown have letters in the place of names.
    """

    others: Shown = Shown.EVERYTHING
    identities: frozenset[str] = frozenset()
    csmses: frozenset[str] = frozenset()
    is_anonymous: bool = False

    def owns(self, identity: str, csms: str) -> bool:
        """Tell whether a session is the viewer's own, by its station or its CSMS."""
        return identity in self.identities or csms in self.csmses

    def shown(self, identity: str, csms: str) -> Shown:
        """Return how much is seen of a session."""
        return Shown.EVERYTHING if self.owns(identity, csms) else self.others

    @property
    def is_somebodys(self) -> bool:
        """True where something in it is the viewer's own."""
        return bool(self.identities or self.csmses)


EVERYTHING: Final = Scope()
NOTHING: Final = Scope(others=Shown.NOTHING)
OUTCOMES: Final = Scope(others=Shown.OUTCOMES, is_anonymous=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingPolicy:
    """What an event shows to whom: what `participants` see of each other, and what the hall sees.

    By default, a participant sees nothing of others, and the hall outcomes without names.
    """

    participants: Shown = Shown.NOTHING
    hall: Shown = Shown.OUTCOMES
    is_anonymous: bool = True

    @property
    def of_hall(self) -> Scope:
        """What is shown on the hall's screen, and to viewers."""
        return Scope(others=self.hall, is_anonymous=self.is_anonymous and self.hall is not Shown.EVERYTHING)

    def of_participant(self, identities: Iterable[str], csmses: Iterable[str]) -> Scope:
        """Return what somebody sees who takes part with these."""
        return Scope(
            others=self.participants,
            identities=frozenset(identities),
            csmses=frozenset(csmses),
            is_anonymous=self.is_anonymous,
        )
