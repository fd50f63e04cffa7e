"""Asks to which moment of the recording to go."""

from collections.abc import Callable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.lines.line import Span
from tui.lines.moment_text import HOW, MomentError
from tui.widgets.alarm import Alarm
from tui.widgets.bar import Bar


class JumpScreen(ModalScreen[None]):
    """Hands what is typed to `go`; stays, and says why, where that is no moment."""

    CSS_PATH = "jump.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Nothing")]

    def __init__(self, go: Callable[[str], None], about: str, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._go = go
        self._about = about

    def compose(self) -> ComposeResult:
        yield Alarm()
        with Vertical(id="window") as window:
            window.border_title = "go to a moment"
            window.border_subtitle = "enter goes · esc leaves"
            yield Bar((Span(f" {self._about}", "muted"),))
            yield Input(placeholder=HOW, id="typed", compact=True)
            yield Bar(id="complaint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def go(self, event: Input.Submitted) -> None:
        """Go there; nothing typed is nothing wanted."""
        event.stop()
        try:
            if event.value.strip():
                self._go(event.value)
        except MomentError as exc:
            self.query_one("#complaint", Bar).left = (Span(f" {exc}", "broken"),)
        else:
            self.dismiss()
