"""The line in which a filter is typed; hidden until it is asked for."""

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterInput(Input):
    """Enter keeps the filter, Escape clears it; both close the line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Clear the filter", show=False),
        Binding("enter,down", "keep", "Keep the filter", show=False, priority=True),
    ]

    class Closed(Message):
        """The person is done with typing."""

    def __init__(self, placeholder: str, **keywords: Any) -> None:
        super().__init__(placeholder=placeholder, compact=True, **keywords)
        self.display = False

    def open(self) -> None:
        """Show the line and type there."""
        self.display = True
        self.focus()

    def close(self, *, clear: bool) -> None:
        """Hide the line; with `clear`, empty it too."""
        if clear:
            self.value = ""
        self.display = False

    def action_keep(self) -> None:
        self.close(clear=False)
        self.post_message(self.Closed())

    def action_dismiss(self) -> None:
        self.close(clear=True)
        self.post_message(self.Closed())
