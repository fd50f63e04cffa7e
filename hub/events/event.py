"""An event as its organizer has written it down: who takes part with what, who meets whom and when, by which rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hub.access.scope import ViewingPolicy
from hub.limits import DEFAULTS, Limits
from hub.toml_lines import Lines
from matrix.policy import AS_WRITTEN, Policy

Stamp = tuple[int, int, int]
"""What changes when a file is edited: its inode, when it was modified (ns), its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Who takes part. One that is absent is left out of every plan, and its products stay in the file."""

    key: str
    vendor: str
    contact: str = ""
    is_absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StationProduct:
    """A station product: the identities under which it connects, and the CSMS that it begins with, if any."""

    name: str
    participant: str
    versions: tuple[str, ...]
    identities: tuple[str, ...]
    csms: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CsmsProduct:
    """A CSMS: where it is (None: it comes through a tunnel), how its TLS is verified, and which passwords it expects.

    `passwords` are by station identity; `name` is the one in the hub's URLs.
    """

    name: str
    participant: str
    versions: tuple[str, ...]
    url: str | None = None
    ca: Path | None = None
    server_name: str | None = None
    certificate: Path | None = None
    key: Path | None = None
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A time in which each of some pairs, (station product, CSMS), meets."""

    starts: datetime
    lasts: timedelta
    pairs: tuple[tuple[str, str], ...]

    @property
    def ends(self) -> datetime:
        return self.starts + self.lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFile:
    """An event as its organizer has written it down: nothing in it refers to what is not there.

    `stamp` is what `stamp_of` said of the file that was read, `lines` where everything stands in it.
    """

    path: Path
    stamp: Stamp | None = None
    lines: Lines | None = field(default=None, compare=False, repr=False)
    name: str
    participants: Mapping[str, Participant] = field(default_factory=dict)
    stations: Mapping[str, StationProduct] = field(default_factory=dict)
    csmses: Mapping[str, CsmsProduct] = field(default_factory=dict)
    rounds: tuple[Round, ...] = ()
    policy: Policy = field(default_factory=lambda: AS_WRITTEN)
    limits: Limits = DEFAULTS
    viewing: ViewingPolicy = field(default_factory=ViewingPolicy)

    def product_of(self, identity: str) -> StationProduct | None:
        """Return the station product that connects under an identity."""
        return next((each for each in self.stations.values() if identity in each.identities), None)

    def is_present(self, participant: str) -> bool:
        """Tell whether a participant takes part."""
        found = self.participants.get(participant)
        return found is not None and not found.is_absent
