"""What has changed since everything was judged again."""

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from matrix.comparison import Changes
from tui.lines.changes import change_lines
from tui.widgets.alarm import Alarm
from tui.widgets.line_pane import LinePane


class ChangesScreen(ModalScreen[None]):
    """Shows outcomes and findings that are other ones now, over the matrix."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "Close")]

    def __init__(self, changes: Changes, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._changes = changes

    def compose(self) -> ComposeResult:
        yield Alarm()
        pane = LinePane(id="window")
        pane.border_title = "judged again"
        pane.border_subtitle = "esc closes"
        yield pane

    def on_mount(self) -> None:
        pane = self.query_one(LinePane)
        pane.show(change_lines(self._changes))
        pane.focus()
