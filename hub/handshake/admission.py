"""Who may open a session: how many, from where, and how many under one identity. Does no I/O.

A `Visit` is one connection of a station, from its first byte until it is gone.
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from hub.limits import Limits

if TYPE_CHECKING:
    from hub.relaying.splice import Splice

ANY_ORIGIN: Final = "*"
OF_NO_PAGE: Final = "file://"
"""What a much used library for ESP32 sends."""
BROWSERS: Final = "Mozilla/"
"""How the User-Agent of each browser begins."""


class Duplicates(StrEnum):
    """What becomes of a second connection with an identity that is connected to the same CSMS."""

    REFUSE = "refuse"  # the second is answered with 409
    REPLACE = "replace"  # the first is closed once the CSMS has accepted the second
    BOTH = "both"  # both go on: the CSMS decides, and rule HS-12 remarks on it


class Refused(NamedTuple):
    """Why a station is not let in, as it is told."""

    status: int
    sentence: str


class Visit:
    """One connection: where it comes from, and which identity it has at which CSMS, once that is known."""

    __slots__ = ("address", "excess", "identity", "is_accepted", "is_paired", "moved", "session", "splice", "successor")

    def __init__(self, address: str, excess: Refused | None) -> None:
        self.address = address
        self.excess = excess
        self.identity: tuple[str, str] | None = None
        self.session = 0
        self.is_accepted = False  # by the CSMS, with 101
        self.successor: int | None = None  # the session that takes its place
        self.is_paired = False  # with its CSMS by the organizer, not by the target that it asked for
        self.moved: str | None = None  # why it has to go, where it is paired with another CSMS by now
        self.splice: Splice | None = None


class Admission:
    """The visits of the moment, and what they are allowed."""

    def __init__(self, limits: Limits, duplicates: Duplicates, origins: Iterable[str] = ()) -> None:
        self.duplicates = duplicates
        self.limits = limits
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        self._by_address: Counter[str] = Counter()
        self._by_identity: dict[tuple[str, str], list[Visit]] = {}
        self._visits = 0

    def enter(self, address: str) -> Visit:
        """Count a new connection; `excess` says why it cannot stay, where it is one too many."""
        visit = Visit(address, self._excess(address))
        self._visits += 1
        self._by_address[address] += 1
        return visit

    def leave(self, visit: Visit) -> None:
        """Count a connection no longer."""
        self._visits -= 1
        self._by_address[visit.address] -= 1
        if not self._by_address[visit.address]:
            del self._by_address[visit.address]
        if visit.identity is not None:
            visits = self._by_identity[visit.identity]
            visits.remove(visit)
            if not visits:
                del self._by_identity[visit.identity]

    def identify(self, visit: Visit, csms: str, identity: str, session: int) -> None:
        """Note which station a visit is of; from here on it counts as connected."""
        visit.identity, visit.session = (csms, identity), session
        self._by_identity.setdefault(visit.identity, []).append(visit)

    def paired_visits(self, identity: str) -> list[Visit]:
        """Return the visits of a station that are where they are because it was paired so."""
        return [
            visit
            for (_, each), visits in self._by_identity.items()
            if each == identity
            for visit in visits
            if visit.is_paired
        ]

    def refused_origin(self, origin: str | None, host: str | None, agent: str | None = None) -> Refused | None:
        """Say why a request with this Origin, Host and User-Agent is refused; None where it is not.

        Two are let in that no page from elsewhere has: the hub's own, as its Host names it, and `file://`, for which
        browsers say `null`. Libraries of real stations send them. From a browser, not even the hub's own is: its pages
        open no session, and one from elsewhere may have let its own name point to the hub.
        """
        if origin is None or ANY_ORIGIN in self._origins or origin.rstrip("/").lower() in self._origins:
            return None
        if origin == OF_NO_PAGE or (_is_own(origin, host) and not (agent or "").startswith(BROWSERS)):
            return None
        sentence = (
            f"this request comes from a web page (Origin: {origin[:100]}), and a page opens no session by accident;"
            " the organizer can allow it: --allow-origin ORIGIN"
        )
        return Refused(403, sentence)

    def refused_duplicate(self, csms: str, identity: str) -> Refused | None:
        """Say why this identity is refused; None where it is not connected, or may be twice."""
        if self.duplicates is not Duplicates.REFUSE or not (present := self._present((csms, identity))):
            return None
        sentence = f"the identity {identity!r} is connected to {csms!r} already, in session {present[0].session}"
        return Refused(409, sentence)

    def accept(self, visit: Visit) -> list[Visit]:
        """Note that its CSMS has accepted a visit; return those that give way to it."""
        visit.is_accepted = True
        if self.duplicates is not Duplicates.REPLACE or visit.identity is None:
            return []
        others = [other for other in self._present(visit.identity) if other is not visit and other.is_accepted]
        for other in others:
            other.successor = visit.session
        return others

    def _present(self, identity: tuple[str, str]) -> list[Visit]:
        """Return the visits of an identity, without sessions that have ended and only wait for their peers to leave."""
        visits = self._by_identity.get(identity, ())
        return [visit for visit in visits if visit.splice is None or not visit.splice.is_over]

    def _excess(self, address: str) -> Refused | None:
        limits = self.limits
        if self._visits >= limits.sessions:
            return Refused(503, f"the hub has {limits.sessions} connections of stations, and takes no more at a time")
        if self._by_address[address] >= limits.sessions_per_address:
            most = limits.sessions_per_address
            return Refused(429, f"there are {most} connections from {address}, and the hub takes no more at a time")
        return None


def _is_own(origin: str, host: str | None) -> bool:
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and authority != "" and authority.lower() == (host or "").lower()
