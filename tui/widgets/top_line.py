"""The first line of every screen: whose recording, how current, and the event in figures."""

from typing import Any, ClassVar, Final

from textual.reactive import reactive
from textual.strip import Strip

from matrix.boards.pair import EMPTY_BOARD, BoardView
from tui.journey import When
from tui.lines.line import Line, Span, justify
from tui.lines.text import DISTURBED, clock_time
from tui.reading.messages import Progress, Stage
from tui.widgets.line_view import LineView

STAGES: Final = {
    Stage.READING: "accent", Stage.REJUDGING: "accent", Stage.LIVE: "passed", Stage.HUB_GONE: "unanswered",
    Stage.AT_END: "muted", Stage.FAILED: "failed",
}  # fmt: skip


ROOMY: Final = 110
"""Columns from which on there is room for what is not needed at each moment."""


class TopLine(LineView, can_focus=False):
    """Shows the recording's name, the stage of its reader and the summary of a board."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"top-name", "offending"}

    board: reactive[BoardView] = reactive(EMPTY_BOARD)
    progress: reactive[Progress] = reactive(Progress())
    when: reactive[When | None] = reactive[When | None](None)

    def __init__(self, name: str, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._recording = name

    def render_line(self, y: int) -> Strip:
        if y:
            return self.blank("row-heading")
        width = self.size.width
        name = (Span(" plugfest ", "top-name"), Span(" "), Span(self._recording, "strong"), *_moment(self.when))
        return self.strip(
            justify((*name, Span("  "), *_stage(self.progress)), self._summary(), width), width, "row-heading"
        )

    def _summary(self) -> Line:
        if self.progress.trouble:
            return ()
        board = self.board
        figures = [_pairs(board, in_words=self.size.width >= ROOMY), f"{board.sessions_open} open"]
        if self.progress.stage is Stage.LIVE:
            figures.append(f"{self.progress.messages_per_s:,.0f} msg/s")
        disturbed = self.progress.disturbed
        marked = (Span(f" {DISTURBED} {disturbed} disturbed ", "offending"), Span("  ")) if disturbed else ()
        return (*marked, Span(" · ".join(figures)), Span(" "))


def _pairs(board: BoardView, *, in_words: bool) -> str:
    """Count the pairs that were tried, of those that can meet; apart from them, in words, those that cannot."""
    tried, possible, strangers = board.meetings
    apart = f" ({strangers} more share no version)" if strangers and in_words else ""
    return f"{tried}/{possible} pairs{apart}"


def _moment(when: When | None) -> Line:
    """Say that what is shown is not what is now."""
    return (Span(f"  as of {clock_time(when.at)}", "warning"),) if when is not None and when.is_back else ()


def _stage(progress: Progress) -> Line:
    role = STAGES[progress.stage]
    match progress.stage:
        case Stage.READING:
            return (Span(f"◌ reading {progress.share:.0%}", role),)
        case Stage.REJUDGING:
            return (Span(f"◌ judging again {progress.share:.0%}", role),)
        case Stage.LIVE:
            return (Span("● live", role),)
        case Stage.HUB_GONE:
            return (Span(f"○ hub gone {progress.gone}", role),)
        case Stage.AT_END:
            return (Span("■ at end", role),)
        case _:
            return (Span(f"✗ {progress.trouble}", role),)
