"""Which live id stands for which recorded one: learnt where both sides of a pair of messages have one in one place."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final

from matrix.replay.fields import Found, Id

TRANSACTION: Final = "transaction"


class Memory:
    """What one station's replay knows of ids. It outlives a session: a transaction may.

    `seed` makes what is fresh differ from one replay to the next; recorded ids that are alike stay alike. Where
    `mints_transactions`, the replay's own side names transactions (a station of 2.x) and names them anew.
    """

    def __init__(self, seed: str, *, mints_transactions: bool = False) -> None:
        self._seed = seed
        self._mints = mints_transactions
        self._live: dict[Id, str] = {}
        self._recorded: dict[Id, str] = {}
        self._missing: set[Id] = set()

    def message_id(self, recorded: str, salt: str = "") -> str:
        """Return the fresh message id for a recorded one: the same for the same, as for a retry."""
        return self._fresh(f"message {salt} {recorded}")

    def live(self, recorded: Id) -> str | None:
        """Return the JSON of the live id for a recorded one; None where it is the recorded one itself."""
        found = self._live.get(recorded)
        if found is None and self._mints and recorded.kind == TRANSACTION and recorded.value.startswith('"'):
            found = f'"{self._fresh(recorded.value)}"'
            self._pair(recorded, found)
        return found

    def recorded(self, live: Id) -> str | None:
        """Return the recorded id that a live one stands for; None where none is known."""
        return self._recorded.get(live)

    def has(self, recorded: Id) -> bool:
        """Tell whether something live stands for a recorded id."""
        return recorded in self._live

    def learn(self, recorded: Iterable[Found], live: Iterable[Found]) -> None:
        """Take up what a live message says in the places of a recorded one.

        What it gives takes the place of what was given before; what it names counts where nothing is known.
        """
        said = {found.place: found.id for found in live}
        for found in recorded:
            other = said.get(found.place)
            if other is not None and (found.gives or found.id not in self._live):
                self._pair(found.id, other.value)

    def say(self, given: Iterable[Id]) -> None:
        """Note that the replayed side gives these itself: as recorded, where nothing else stands for them."""
        for each in given:
            if self.live(each) is None:
                self._pair(each, each.value)

    def miss(self, ids: Iterable[Id]) -> None:
        """Note that ids were not given live: what names them has nothing to speak of."""
        self._missing |= {each for each in ids if each not in self._live}

    def missing(self, ids: Iterable[Id]) -> Iterator[Id]:
        """Yield which of these were not given live."""
        return (each for each in ids if each in self._missing)

    def _pair(self, recorded: Id, live: str) -> None:
        self._live[recorded] = live
        self._recorded[Id(recorded.kind, live)] = recorded.value
        self._missing.discard(recorded)

    def _fresh(self, what: str) -> str:
        """Return a UUID of version 4 (RFC 9562 §5.4), in that it looks like one."""
        digits = blake2b(f"{self._seed} {what}".encode("utf-8", "replace"), digest_size=16).hexdigest()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
