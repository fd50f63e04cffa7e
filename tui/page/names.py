"""What stations, CSMSes and pairs are called on the page: by their names, or by letters where nobody is to be known."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from matrix.boards.pair import CONNECT, FRAMING, BoardView, Pair, PairKey
from matrix.dialect import dialect
from matrix.safe import safe, safe_file_name
from matrix.trace import Session
from tui.lines.text import station_name

LONGEST: Final = 120
OTHER_ACTION: Final = "another action"
"""An action that is not in OCPP is named by its vendor, who may be known by that."""
ANOTHERS: Final = "another's"
"""What is added to a name that somebody else's station has, too."""
ALPHABET: Final = 26
NOT_SAID: Final = "\0\0"
"""How the key of a station begins that has not said what it is (`Station.key`)."""


class Names(Protocol):
    """What things are called in one scope; all of it safe to show."""

    is_open: bool
    """True where payloads, and sentences that quote peers, are shown too."""

    def pair_id(self, key: PairKey) -> str: ...

    def station(self, pair: Pair) -> str: ...

    def csms(self, name: str) -> str: ...

    def action(self, action: str, version: str) -> str: ...


class RealNames:
    """Everybody by their name. The id of a pair can be read, and is the same whoever makes it, and when.

    `addition` tells what is somebody else's from what is the viewer's own and has the same name.
    """

    def __init__(self, *, is_open: bool = True, addition: str = "") -> None:
        self.is_open = is_open
        self._addition = addition

    def pair_id(self, key: PairKey) -> str:
        parts = (*key, self._addition) if self._addition else key
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass"))
        station = key.station.replace("\0", " ").strip()
        return f"{safe_file_name(f'{station}.{key.csms}.{key.version}')[:60]}.{digest.hexdigest()[:10]}"

    def station(self, pair: Pair) -> str:
        name = safe(station_name(pair), LONGEST)
        return f"{name} ({self._addition})" if self._addition else name

    def csms(self, name: str) -> str:
        return safe(name, LONGEST)

    def action(self, action: str, version: str) -> str:  # noqa: ARG002 - the protocol's names
        return safe(action, LONGEST)


class Letters:
    """Letters in the place of names: Station A, CSMS B.

    They follow from the recording alone, so that they are the same in all scopes, and after a restart of the hub. A
    CSMS has the letter of its place among those that were visited. A station has that of the identity under which its
    product was first seen, and a number too where that identity has been several products.
    """

    is_open = False

    def __init__(self) -> None:
        self._identities: dict[str, str] = {}
        self._csmses: dict[str, str] = {}
        self._first: dict[int, str] = {}
        self._stations: Mapping[str, str] = {}

    def look_at(self, board: BoardView, sessions: Sequence[Session]) -> None:
        """Take up a board, and all sessions in the order of recording; called by one thread."""
        for number in range(len(self._first), len(sessions)):
            session = sessions[number]
            self._first[session.id] = session.identity
            if session.csms:
                self._identities.setdefault(session.identity, letters(len(self._identities)))
                self._csmses.setdefault(session.csms, letters(len(self._csmses)))
        self._stations = self._named(board)

    def pair_id(self, key: PairKey) -> str:
        parts = f"station-{self._of(key)}", f"csms-{self._csmses.get(key.csms, '')}", safe_file_name(key.version)
        return ".".join(parts).lower()

    def station(self, pair: Pair) -> str:
        return f"Station {self._of(pair.key)}"

    def csms(self, name: str) -> str:
        return f"CSMS {self._csmses.get(name, '')}".strip()

    def action(self, action: str, version: str) -> str:
        return action if action in {CONNECT, FRAMING, *dialect(version).actions} else OTHER_ACTION

    def as_of(self, board: BoardView) -> "Letters":
        """Return the letters that a board of a moment that has passed had, when it was that of now."""
        then = Letters()
        then._identities, then._csmses, then._first = self._identities, self._csmses, self._first
        then._stations = then._named(board)
        return then

    def _of(self, key: PairKey) -> str:
        return self._stations.get(key.station, "?")

    def _named(self, board: BoardView) -> Mapping[str, str]:
        first: dict[str, int] = {}
        for pair in board.pairs:
            first[pair.key.station] = min(first.get(pair.key.station, pair.sessions[0]), pair.sessions[0])
        named, times = dict[str, str](), Counter[str]()
        for station, session in sorted(first.items(), key=lambda each: each[1]):
            letter = self._identities.get(self._first.get(session, ""), "?")
            times[letter] += 1
            named[station] = letter if times[letter] == 1 else f"{letter}{times[letter]}"
        return named


class SaidNames(RealNames):
    """The names that stations have said, for who sees names and no identities.

    A station that has not said what it is goes by its identity: here it has its letter until then.
    """

    def __init__(self, letters: Letters, addition: str = "") -> None:
        super().__init__(is_open=False, addition=addition)
        self._letters = letters

    def pair_id(self, key: PairKey) -> str:
        return self._letters.pair_id(key) if key.station.startswith(NOT_SAID) else super().pair_id(key)

    def station(self, pair: Pair) -> str:
        return super().station(pair) if pair.station.is_known else self._letters.station(pair)


def letters(number: int) -> str:
    """Return A for 0, Z for 25, AA for 26."""
    return (letters(number // ALPHABET - 1) if number >= ALPHABET else "") + chr(ord("A") + number % ALPHABET)
