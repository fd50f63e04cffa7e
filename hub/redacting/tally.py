"""What was replaced by what, and how often: for the preview, for the second look, for the last scan."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hub.redacting.kinds import Kind


@dataclass(slots=True)
class Entry:
    """A value that is replaced: by what, and how often."""

    pseudonym: str
    count: int = 0


@dataclass(slots=True)
class Tally:
    """What a redactor has replaced: by kind, the values that were there."""

    entries: dict[Kind, dict[str, Entry]] = field(default_factory=dict)
    elsewhere: int = 0
    """How often a known value stood where nothing else was replaced: in a sentence, an id, a name."""

    def note(self, kind: Kind, value: str, pseudonym: str) -> str:
        """Note a replacement, where it is one; return the pseudonym."""
        if value != pseudonym:
            entry = self.entries.setdefault(kind, {}).setdefault(value, Entry(pseudonym))
            entry.count += 1
        return pseudonym

    def values(self, *kinds: Kind) -> Iterator[str]:
        """Yield the values of some kinds."""
        for kind in kinds:
            yield from self.entries.get(kind, ())

    def count(self, kind: Kind) -> int:
        """Return in how many places a value of a kind was replaced."""
        return sum(entry.count for entry in self.entries.get(kind, {}).values())
