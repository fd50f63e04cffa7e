"""Who brings which CSMS: a name is leased to a token, and within it the newest agent has it. Does no I/O."""

from collections.abc import Collection
from dataclasses import dataclass

from hub.errors import HubError


class TakenError(HubError):
    """A name is leased to another token; the message says which name."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An agent: the name of its token, and what it calls itself, new with each start."""

    token: str
    instance: str


class Leases:
    """The names that are leased at the moment."""

    def __init__(self) -> None:
        self._holders: dict[str, Holder] = {}

    def holder(self, name: str) -> Holder | None:
        """Return who has a name."""
        return self._holders.get(name)

    def claim(self, names: Collection[str], claimant: Holder) -> set[Holder]:
        """Lease names to an agent, all or none of them; return the agents of its token that had some of them.

        Raises:
            TakenError: another token has one of them.
        """
        displaced: set[Holder] = set()
        for name in names:
            holder = self._holders.get(name)
            if holder is None or holder == claimant:
                continue
            if holder.token != claimant.token:
                raise TakenError(f"the name {name!r} is taken: an agent with another token has it")
            displaced.add(holder)
        for holder in displaced:
            self.release(holder)
        self.release(claimant)
        self._holders.update(dict.fromkeys(names, claimant))
        return displaced

    def release(self, holder: Holder) -> None:
        """Take back all that an agent has."""
        self._holders = {name: each for name, each in self._holders.items() if each != holder}
