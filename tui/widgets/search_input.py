"""The line in which a search is typed: Tab completes the last word, Enter and Down go to what is found."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from hub.search.completion import complete
from tui.widgets.filter_input import Words


class SearchInput(Input):
    """Offers what the last word may become; `words` returns the values that there are by now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", tooltip="Complete the last word; again: the next possibility"),
        Binding("enter,down", "leave", "Results", priority=True, tooltip="Go to what is found"),
    ]

    class Left(Message):
        """The person is done with typing."""

    def __init__(self, words: Words, **keywords: Any) -> None:
        super().__init__(compact=True, **keywords)
        self._words = words
        self._offered: list[str] = []
        self._completed = ""

    def offers(self) -> Sequence[str]:
        """Return what the filter may become by its last word; the same ones while Tab goes through them."""
        if not self._offered or self.value != self._completed:
            self._offered = complete(self.value, self._words())
        return self._offered

    def action_complete(self) -> None:
        """Take the first offer, or the one after the one that was taken last."""
        offered = list(self.offers())
        if not offered:
            return
        place = offered.index(self.value) + 1 if self.value in offered else 0
        self._completed = offered[place % len(offered)]
        self._offered = offered if len(offered) > 1 else []
        self.value = self._completed
        self.cursor_position = len(self.value)

    def action_leave(self) -> None:
        self.post_message(self.Left())
