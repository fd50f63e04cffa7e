"""A pane of wrapped lines to read: messages, handshakes, rules."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip

from tui.lines.line import Line, PaneLine, Span, wrap
from tui.widgets.line_view import LineView


class LinePane(LineView):
    """Shows lines, wrapped to its width, and scrolls. A bar at the left marks what it points out."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "key", "string", "number", "punctuation", "offending", "rule", "station", "csms", "row-marked",
    }  # fmt: skip

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("pageup,ctrl+b", "page_up", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page_down", "Page down", show=False),
        Binding("home,g", "scroll_home", "Top", show=False),
        Binding("end,G", "scroll_end", "Bottom", show=False),
    ]

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._unwrapped: Sequence[PaneLine] = ()
        self._wrapped: list[tuple[Line, bool]] = []
        self._width = 0

    def show(self, lines: Sequence[PaneLine]) -> None:
        """Show other lines: from the top, or so far down that what is marked can be seen."""
        self._unwrapped = lines
        self._wrap()
        self._show_marked()
        self.refresh()

    def _show_marked(self) -> None:
        first = next((number for number, (_, marked) in enumerate(self._wrapped) if marked), 0)
        height = max(self.size.height, 1)
        self.scroll_to(y=first - height // 2 if first >= height else 0, animate=False, force=True, immediate=True)

    @property
    def text(self) -> str:
        """What is shown, unwrapped, for the clipboard."""
        return "\n".join(line.text for line in self._unwrapped)

    def on_resize(self, event: events.Resize) -> None:
        del event
        if self.size.width != self._width:
            self._wrap()
        self._show_marked()

    def _wrap(self) -> None:
        self._width = self.size.width
        room = max(self._width - 2, 10)
        self._wrapped = [
            (piece, line.marked)
            for line in self._unwrapped
            for piece in wrap((Span(" " * min(line.indent, room // 2)), *line.spans), room, line.indent + 2)
        ]
        self.virtual_size = Size(0, len(self._wrapped))

    def render_line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        if number >= len(self._wrapped):
            return self.blank()
        line, marked = self._wrapped[number]
        bar = Span("▌", "violation") if marked else Span(" ")
        return self.strip((bar, *line), self.size.width, "row-marked" if marked else "row")
