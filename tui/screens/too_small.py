"""Says that a terminal is too small for the dashboard, in place of parts of it."""

from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

LEAST: Final = Size(40, 14)
"""Columns and lines with which every screen shows what it is about."""


def is_too_small(size: Size) -> bool:
    """Tell whether a terminal has fewer columns or lines than the dashboard wants."""
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmallScreen(ModalScreen[None]):
    """Covers the screen that is in front, which is as it was once the terminal is larger."""

    CSS_PATH = "too_small.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.quit", "Quit")]

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def on_screen_resume(self) -> None:
        """Leave also where the terminal became larger while another screen had come before this one."""
        if not is_too_small(self.app.size):
            self._leave()

    def on_resize(self, event: events.Resize) -> None:
        """Say how large the terminal is, or leave where that is enough."""
        if not is_too_small(event.size):
            self._leave()
            return
        least = f"{LEAST.width} and {LEAST.height} are the least"
        has = f"this terminal has {event.size.width} columns and {event.size.height} lines"
        self.query_one(Static).update(f"too small: {has}, {least}; q quits")

    def _leave(self) -> None:
        """Uncover what was in front, once; `is_current` is true also beneath a dialog, which would be dismissed."""
        if self.app.screen is self:
            self.dismiss()
