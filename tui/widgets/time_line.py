"""The time line of every screen: how much was said when, what went wrong, where one stands; a click goes there."""

from collections.abc import Container
from typing import Any, ClassVar, Final

from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui.journey import When
from tui.lines.line import Line, Span, justify, width_of
from tui.lines.text import TIMES, clock_time, counted_noun, date_and_time
from tui.lines.time_bins import Marks, columns, density_line, mark_line, place_of
from tui.widgets.line_view import LineView

HINTS: Final = (
    " P plays  < > speed  , . step  ( ) failure  [ ] change  J jump  L now ",
    " P plays  , . step  ( ) failure  [ ] change  L now ",
    " J jump  L now  ? keys ",
)
"""The longest one that fits is shown."""


class TimeLine(LineView, can_focus=False):
    """Takes no room until somebody wants to see it. `sessions` are those whose failures are marked; None: all."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"time-here"}

    when: reactive[When | None] = reactive[When | None](None)
    sessions: reactive[Container[int] | None] = reactive[Container[int] | None](None)

    class Sought(Message):
        """Somebody wants to go to a share of the recording, 0 to 1."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._marks = Marks()
        self._lines: list[Line] = []

    def watch_when(self, when: When | None) -> None:
        self.set_class(when is not None and when.is_shown, "-on")
        self._arrange()

    def watch_sessions(self) -> None:
        self._arrange()

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        when, width = self.when, self.size.width
        if when is None or not when.is_shown or not width:
            return
        found = columns(when, width, self._marks.of(when.line, self.sessions))
        here = place_of(when, width)
        self._lines = [density_line(found, here), mark_line(found, here), _words(when, width)]
        self.refresh()

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else ()
        return self.strip(line, self.size.width, "row-heading" if y == 2 else "row")

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Sought((event.x + 0.5) / max(self.size.width, 1)))


def _words(when: When, width: int) -> Line:
    """Say where one stands, how fast it plays, and what is waited for; and what one can do, where there is room."""
    left = _waiting(when) if when.waiting else (*_state(when), *_speed(when), *_place(when))
    room = width - width_of(left)
    hint = next((each for each in HINTS if len(each) <= room), "")
    return justify(left, (Span(hint, "muted"),), width)


def _waiting(when: When) -> Line:
    return (Span(f" ◌ {when.waiting}", "warning"),)


def _speed(when: When) -> Line:
    return (Span(f"  {when.speed}{TIMES}", "accent" if when.is_playing else "muted"),)


def _state(when: When) -> Line:
    if not when.is_back:
        return (Span(" ● now", "passed"), Span(f"  {date_and_time(when.at)}", "strong"))
    millis = clock_time(when.at, millis=True)[8:]
    mark = Span(" ▸ " if when.is_playing else " ‖ ", "accent")
    return (mark, Span(f"{date_and_time(when.at)}{millis}", "strong"))


def _place(when: When) -> Line:
    said, all_of_them = when.line.messages(when.moment), when.line.messages(len(when.line))
    return (Span(f"  {said:,} of {counted_noun(all_of_them, 'message')}", "muted"),)
