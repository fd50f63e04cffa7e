"""What stations, CSMSes and pairs are called on the page: by their names, or by numbers where nobody is to be known."""

import hashlib
from itertools import count
from typing import Final, Protocol

from matrix.board import CONNECT, FRAMING, Pair, PairKey
from matrix.dialect import dialect
from matrix.safe import safe, safe_file_name
from tui.text import station_name

LONGEST: Final = 120
OTHER_ACTION: Final = "another action"
"""An action that is not in OCPP is named by its vendor, who may be known by that."""


class Names(Protocol):
    """What things are called in one view; all of it safe to show."""

    is_open: bool
    """True where payloads, and sentences that quote peers, are shown too."""

    def pair_id(self, key: PairKey) -> str: ...

    def station(self, pair: Pair) -> str: ...

    def csms(self, name: str) -> str: ...

    def action(self, action: str, version: str) -> str: ...


class RealNames:
    """Everybody by their name. The id of a pair can be read, and is the same whoever makes it, and when."""

    is_open = True

    def pair_id(self, key: PairKey) -> str:
        digest = hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:10]
        station = key.station.replace("\0", " ").strip()
        return f"{safe_file_name(f'{station}.{key.csms}.{key.version}')[:60]}.{digest}"

    def station(self, pair: Pair) -> str:
        return safe(station_name(pair), LONGEST)

    def csms(self, name: str) -> str:
        return safe(name, LONGEST)

    def action(self, action: str, version: str) -> str:  # noqa: ARG002 - the protocol's names
        return safe(action, LONGEST)


class Numbers:
    """Numbers in the place of names, in the order in which they were first seen."""

    is_open = False

    def __init__(self) -> None:
        self._stations = _Numbering()
        self._csmses = _Numbering()

    def pair_id(self, key: PairKey) -> str:
        station, csms = self._stations.of(key.station), self._csmses.of(key.csms)
        return f"station-{station}.csms-{csms}.{safe_file_name(key.version)}"

    def station(self, pair: Pair) -> str:
        return f"Station {self._stations.of(pair.key.station)}"

    def csms(self, name: str) -> str:
        return f"CSMS {self._csmses.of(name)}"

    def action(self, action: str, version: str) -> str:
        return action if action in {CONNECT, FRAMING, *dialect(version).actions} else OTHER_ACTION


class _Numbering:
    """Numbers from 1; for several threads."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._next = count(1)

    def of(self, name: str) -> int:
        found = self._known.get(name)
        return self._known.setdefault(name, next(self._next)) if found is None else found
