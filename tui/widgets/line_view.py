"""The base of what is drawn line by line: it turns spans with roles into strips, in the colours of the stylesheet."""

from typing import Any, ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.scroll_view import ScrollView
from textual.strip import Strip

from matrix.outcome import Outcome
from tui.lines.line import Line, clip, width_of

TEXT_ROLES: Final = frozenset({
    "muted", "strong", "heading", "accent", "broken", "violation", "warning", "info",
})  # fmt: skip
"""What a span can be in every line, besides an outcome; widgets add their own."""
ROW_ROLES: Final = frozenset({"row", "row-heading"})
"""What lies under a whole line."""


class LineView(ScrollView, can_focus=True):
    """A Line API widget. Subclasses override `render_line` and build their strips with `strip`.

    Roles are component classes, so that the stylesheet decides what they look like and themes reach them. Each costs a
    node in every widget, so a class names only those that it draws.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TEXT_ROLES, *ROW_ROLES, *map(str, Outcome)}

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._styles_found: dict[tuple[str, str, int], Style] = {}

    def notify_style_update(self) -> None:
        self._styles_found.clear()
        super().notify_style_update()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.call_after_refresh(self._place_scrollbar)

    def _place_scrollbar(self) -> None:
        """Place the scrollbar's thumb again: one that appears in the same turn has missed the scrolling."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = self.scroll_y

    @property
    def line_width(self) -> int:
        """How wide a line can be: what a scrollbar leaves free."""
        return self.scrollable_content_region.width

    def role_style(self, role: str, under: str = "row") -> Style:
        """Return the style of a role on the line role `under`."""
        key = (under, role, hash(self._pseudo_classes_cache_key))
        style = self._styles_found.get(key)
        if style is None:
            names = (under, role) if role else (under,)
            style = self._styles_found[key] = self.get_visual_style(*names).rich_style
        return style

    def strip(self, line: Line, width: int, under: str = "row") -> Strip:
        """Return a line as a strip of exactly `width` cells; what is longer is cut with an ellipsis."""
        line = clip(line, width)
        segments = [Segment(text, self.role_style(role, under)) for text, role in line]
        missing = width - width_of(line)
        if missing > 0:
            segments.append(Segment(" " * missing, self.role_style("", under)))
        return Strip(segments, width)

    def blank(self, under: str = "row") -> Strip:
        """Return an empty line."""
        return Strip.blank(self.line_width, self.role_style("", under))
