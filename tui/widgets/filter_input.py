"""The line in which a filter is typed; hidden until it is asked for."""

from collections.abc import Callable
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from hub.search.completion import Vocabulary, complete

Words = Callable[[], Vocabulary]


class Completer(Suggester):
    """Suggests what the last word may become, in the words that there are by now; the right arrow takes it."""

    def __init__(self, words: Words) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._words = words

    async def get_suggestion(self, value: str) -> str | None:
        return next((offer for offer in complete(value, self._words()) if offer.startswith(value)), None)


class FilterInput(Input):
    """Enter keeps the filter, Escape clears it; both close the line. `words` are what it is completed with."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Clear the filter", show=False),
        Binding("enter,down", "keep", "Keep the filter", show=False, priority=True),
    ]

    class Closed(Message):
        """The person is done with typing."""

    def __init__(self, placeholder: str, *, words: Words | None = None, **keywords: Any) -> None:
        completer = Completer(words) if words else None
        super().__init__(placeholder=placeholder, compact=True, suggester=completer, **keywords)
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
