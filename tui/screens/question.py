"""A question to the standard: what independent vendors do otherwise than a rule asks, who, and where."""

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from matrix.blaming.errata import Candidate
from tui.lines.blaming import errata_lines
from tui.widgets.alarm import Alarm
from tui.widgets.line_pane import LinePane


class QuestionScreen(ModalScreen[None]):
    """Shows it over the screen that asked."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "Close")]

    def __init__(self, candidate: Candidate, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._lines = errata_lines([candidate])

    def compose(self) -> ComposeResult:
        yield Alarm()
        pane = LinePane(id="window")
        pane.border_title = "question to the standard"
        pane.border_subtitle = "esc closes"
        yield pane

    def on_mount(self) -> None:
        pane = self.query_one(LinePane)
        pane.show(self._lines)
        pane.focus()
