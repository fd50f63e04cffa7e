"""The stations of an event, and which CSMS each is for now."""

from collections.abc import Sequence
from typing import Any, Final

from hub.events.control import PairShown
from matrix.safe import safe
from tui.lines.line import Line, Span, fit
from tui.widgets.line_list import LineList

_STATE: Final = 24
"""How wide the last column is: `connected  by hand` and a little."""


class StationList(LineList):
    """Shows pairs in the order of the event file; the cursor stays on its station."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.pairs: Sequence[PairShown] = ()

    def show(self, pairs: Sequence[PairShown]) -> None:
        """Show other pairs."""
        chosen = self.station
        self.pairs = pairs
        self.set_length(len(pairs))
        names = [each.identity for each in pairs]
        if chosen is not None and chosen.identity in names:
            self.cursor = names.index(chosen.identity)

    @property
    def station(self) -> PairShown | None:
        """What the cursor stands on."""
        return self.pairs[self.cursor] if self.cursor < len(self.pairs) else None

    def heading(self, width: int) -> Line | None:
        wide = _name_width(width - 1)
        names = "".join(f"{fit(each, wide)}  " for each in ("station", "identity", "is for"))
        return (Span(f" {names}now", "heading"),)

    def line_at(self, index: int, width: int) -> Line:
        each, wide = self.pairs[index], _name_width(width)
        return (
            Span(f"{fit(safe(each.product), wide)}  ", "strong"),
            Span(f"{fit(safe(each.identity), wide)}  "),
            Span(f"{fit(each.csms or 'nobody', wide)}  ", "accent" if each.csms else "muted"),
            Span("connected  " if each.is_connected else ""),
            Span("by hand" if each.by_hand else "", "warning"),
            Span("" if each.is_connected or each.by_hand else "-", "muted"),
        )


def _name_width(width: int) -> int:
    return max((width - _STATE) // 3 - 2, 4)
