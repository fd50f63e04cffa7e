"""The line of keys at the bottom: where it is too short for all of them, those that are needed least are left out."""

from collections.abc import Iterable
from typing import Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Footer

LEAST: Final = (
    "compare", "copy_as", "evidence", "shift(-1)", "shift(1)", "version", "sort", "outcome", "outcomes", "strict",
    "handshake", "findings_only", "severity", "vendor", "turn", "rule", "findings",
)  # fmt: skip
"""Actions that may be left out, the first one first; the help has them all."""


class KeyLine(Footer):
    """The keys of the screen in front."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)

    def compose(self) -> ComposeResult:
        left_out = self._left_out()
        for key in super().compose():
            if getattr(key, "action", "") not in left_out:
                yield key

    def on_resize(self) -> None:
        """Show as many keys as there is room for now."""
        self.refresh(recompose=True)

    def _left_out(self) -> set[str]:
        shown = [each.binding for each in self.screen.active_bindings.values() if each.binding.show]
        return too_many([(each.action, self._width(each)) for each in shown], self.app.size.width)

    def _width(self, binding: Binding) -> int:
        return len(self.app.get_key_display(binding)) + len(binding.description) + 2


def too_many(keys: Iterable[tuple[str, int]], room: int) -> set[str]:
    """Return the actions that are left out, so that keys of so many columns fit into the room there is."""
    widths = dict(keys)
    left_out = set[str]()
    for action in LEAST:
        if sum(widths.values()) - sum(widths[each] for each in left_out) <= room:
            break
        left_out |= {action} & widths.keys()
    return left_out
