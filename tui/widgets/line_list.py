"""A list of lines with a cursor, of any length: only what is visible is ever made."""

from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui.lines.line import Line, Span
from tui.widgets.line_view import LineView


class LineList(LineView):
    """Subclasses say how many lines there are (`set_length`) and what stands in each (`line_at`)."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-cursor", "row-cursor-blurred"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    cursor: reactive[int] = reactive(0, init=False)

    class CursorMoved(Message):
        """The cursor stands on another line. `by_person` is False where the program moved it."""

        def __init__(self, sender: "LineList", index: int, *, by_person: bool) -> None:
            super().__init__()
            self.sender = sender
            self.index = index
            self.by_person = by_person

        @property
        def control(self) -> "LineList":
            return self.sender

    class Chosen(Message):
        """A line was opened: by Enter, or by a click on the line of the cursor."""

        def __init__(self, sender: "LineList", index: int) -> None:
            super().__init__()
            self.sender = sender
            self.index = index

        @property
        def control(self) -> "LineList":
            return self.sender

    def __init__(self, *, empty: str = "", **keywords: Any) -> None:
        super().__init__(**keywords)
        self.empty = empty
        self._length = 0
        self._by_person = False

    # -- for subclasses -----------------------------------------------------------------------------------------------

    def line_at(self, index: int, width: int) -> Line:
        """Return what stands in a line, for a width in cells."""
        raise NotImplementedError

    def heading(self, width: int) -> Line | None:
        """Return the line that stays at the top; None for none."""
        del width
        return None

    def role_under(self, index: int) -> str:
        """Return the role that lies under a line; the cursor's own comes before it."""
        del index
        return "row"

    # -- length and cursor --------------------------------------------------------------------------------------------

    @property
    def length(self) -> int:
        return self._length

    def set_length(self, length: int) -> None:
        """Say how many lines there are (now); the cursor stays where it is."""
        self._length = length
        self.virtual_size = Size(0, length + self._top)
        self.cursor = self._clamped(self.cursor)
        self.refresh()

    def go_to(self, index: int) -> None:
        """Put the cursor on a line and show it."""
        self.cursor = self._clamped(index)
        self.show_cursor()

    def show_cursor(self) -> None:
        """Scroll as little as shows the line of the cursor; before there is a size, not at all."""
        if not self.size:
            return
        self.scroll_to_region(
            Region(0, self.cursor, 1, 1 + self._top), animate=False, force=True, x_axis=False, immediate=True
        )

    def on_resize(self) -> None:
        self.show_cursor()

    @property
    def visible_lines(self) -> int:
        """How many lines can be seen at once."""
        return max(self.scrollable_content_region.height - self._top, 1)

    @property
    def _top(self) -> int:
        return 0 if self.heading(0) is None else 1

    def _clamped(self, index: int) -> int:
        return max(min(index, self._length - 1), 0)

    def watch_cursor(self, before: int, after: int) -> None:
        self.refresh_index(before)
        self.refresh_index(after)
        self.post_message(self.CursorMoved(self, after, by_person=self._by_person))

    def refresh_index(self, index: int) -> None:
        """Draw one line again."""
        self.refresh_line(index + self._top)

    def _person_moves(self, index: int) -> None:
        self._by_person = True
        try:
            self.go_to(index)
        finally:
            self._by_person = False

    def action_move(self, by: int) -> None:
        self._person_moves(self.cursor + by)

    def action_page(self, by: int) -> None:
        self._person_moves(self.cursor + by * self.visible_lines)

    def action_first(self) -> None:
        self._person_moves(0)

    def action_last(self) -> None:
        self._person_moves(self._length - 1)

    def action_choose(self) -> None:
        if self._length:
            self.post_message(self.Chosen(self, self.cursor))

    # -- mouse --------------------------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        index = event.y - self.gutter.top - self._top + self.scroll_offset.y
        if event.y - self.gutter.top < self._top or not 0 <= index < self._length:
            return
        event.stop()
        if index == self.cursor:
            self.action_choose()
        else:
            self._person_moves(index)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.line_width
        heading = self.heading(width)
        if heading is not None:
            if y == 0:
                return self.strip(heading, width, "row-heading")
            y -= 1
        index = y + self.scroll_offset.y
        if index >= self._length:
            return self._below(y, width)
        under = self._cursor_role() if index == self.cursor else self.role_under(index)
        mark = Span("▸" if index == self.cursor else " ", "accent")
        return self.strip((mark, *self.line_at(index, width - 1)), width, under)

    def _below(self, y: int, width: int) -> Strip:
        if y == 0 and not self._length:
            return self.strip((Span(f" {self.empty}", "muted"),), width)
        return self.blank()

    def _cursor_role(self) -> str:
        return "row-cursor" if self.has_focus else "row-cursor-blurred"
