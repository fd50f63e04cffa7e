"""Edits of a file that somebody writes while a hub runs: when it is read again, and how mistakes in it are told."""

from collections.abc import Sequence
from typing import Final

from hub.events.event import Stamp
from matrix.safe import safe

TOLD: Final = 10
"""How many mistakes of an edit are told, in the log and on screens."""
TOLD_LENGTH: Final = 400
"""Characters of each."""


class Edits:
    """Tells when a file is to be read again; `seen` is its stamp as it was read. Does no I/O."""

    def __init__(self, seen: Stamp | None) -> None:
        self._seen = self._latest = seen

    def is_settled(self, now: Stamp | None) -> bool:
        """Tell whether a file is another one than was read, and the same as a look before: nobody is writing it.

        So is one that is gone (None): an editor that replaces a file takes it away for a moment only.
        """
        is_still, self._latest = now == self._latest, now
        if now == self._seen or not is_still:
            return False
        self._seen = now
        return True


def some_of(mistakes: Sequence[str]) -> list[str]:
    """Return the first mistakes of a file, one a line, for where there is no room for thousands."""
    told = [safe(each, TOLD_LENGTH) for each in mistakes[:TOLD]]
    more = len(mistakes) - TOLD
    return [*told, f"and {more} more: `plugfest event check` names them all"] if more > 0 else told
