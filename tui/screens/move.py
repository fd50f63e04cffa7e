"""Asks which CSMS a station is to be moved to."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui.lines.line import Line, Span
from tui.widgets.line_list import LineList


class Csmses(LineList):
    """The CSMSes of the event, and which one the station is for now."""

    def __init__(self, names: Sequence[str], now: str | None, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.names = names
        self._now = now

    def on_mount(self) -> None:
        self.set_length(len(self.names))

    def line_at(self, index: int, width: int) -> Line:
        del width
        name = self.names[index]
        return (Span(f"{name}  ", "strong"), Span("(now)" if name == self._now else "", "muted"))


class MoveScreen(ModalScreen[str | None]):
    """Gives back one of the names, as a rule of a CSMS; None for leaving the station where it is.

    `does` is what Enter does with the station.
    """

    CSS_PATH = "move.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Nothing")]

    def __init__(
        self, title: str, names: Sequence[str], now: str | None = None, *, does: str = "moves", **keywords: Any
    ) -> None:
        super().__init__(**keywords)
        self._title = title
        self._does = does
        self._names = names
        self._now = now

    def compose(self) -> ComposeResult:
        with Vertical(id="window") as window:
            window.border_title = Content(self._title)  # a text would be read as markup
            window.border_subtitle = f"arrows choose · enter {self._does} · esc leaves it"
            yield Csmses(self._names, self._now, id="choices")

    def on_mount(self) -> None:
        self.query_one(Csmses).focus()

    @on(LineList.Chosen)
    def choose(self, event: LineList.Chosen) -> None:
        """Give back what the cursor stands on."""
        event.stop()
        self.dismiss(self._names[self.query_one(Csmses).cursor])
