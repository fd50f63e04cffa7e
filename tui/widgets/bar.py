"""A line that says something: what a screen is about, what a filter does, what the cursor stands on."""

from typing import Any, ClassVar

from textual.reactive import reactive
from textual.strip import Strip

from tui.lines.line import Line, justify, wrap
from tui.widgets.line_view import LineView


class Bar(LineView, can_focus=False):
    """Shows `left`, and `right` at the right end of its first line. Where it is higher than one line, `left` wraps."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"offending"}

    left: reactive[Line] = reactive[Line](())
    right: reactive[Line] = reactive[Line](())

    def __init__(self, left: Line = (), **keywords: Any) -> None:
        super().__init__(**keywords)
        self.set_reactive(Bar.left, left)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self.size.height == 1:
            return self.strip(justify(self.left, self.right, width), width)
        lines = [*wrap(self.left, width, 1)]
        line = lines[y] if y < len(lines) else ()
        return self.strip(justify(line, self.right, width) if y == 0 else line, width)
