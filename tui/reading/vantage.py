"""From when a recording is looked at: now, or a moment that has passed. One for all screens over a source."""

from typing import Final

NOW: Final = 2**63 - 1
"""Later than all marks and times."""


class Vantage:
    """The mark up to which things are shown, and the time (ns) of it. Set by the app, read by what looks things up."""

    def __init__(self) -> None:
        self.mark = NOW
        self.at = NOW

    @property
    def is_now(self) -> bool:
        return self.mark == NOW

    def move(self, mark: int = NOW, at: int = NOW) -> None:
        """Look from another moment; from now where none is given."""
        self.mark, self.at = mark, at
