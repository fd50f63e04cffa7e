"""What every screen of the dashboard has: the line at the top, the keys at the bottom, the board."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from textual.app import ComposeResult, SystemCommand
from textual.screen import Screen
from textual.widgets import Footer

from hub.event_control import PhaseShown
from matrix.board import BoardView
from tui.messages import Progress
from tui.source import EMPTY_BOARD, Source
from tui.widgets.alarm import Alarm
from tui.widgets.round_line import RoundLine
from tui.widgets.top_line import TopLine

Value = TypeVar("Value")


class DashboardScreen(Screen[None]):
    """A screen over a source. The app hands the board down; a screen that is not in front takes it up when it is."""

    def __init__(self, source: Source, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.source = source
        self.board: BoardView = EMPTY_BOARD
        self.progress = Progress()
        self.phase: PhaseShown | None = None

    def compose(self) -> ComposeResult:
        yield TopLine(self.source.name, id="top")
        yield Alarm()
        yield RoundLine()
        yield from self.compose_body()
        yield Footer(compact=True, show_command_palette=False)

    def compose_body(self) -> ComposeResult:
        """Yield what is between the top line and the keys."""
        raise NotImplementedError

    @property
    def is_whole(self) -> bool:
        """True while the screen has its widgets: not before it is composed, nor while it is taken down."""
        return self.is_mounted and bool(self.query("#top"))

    def take(self, board: BoardView, progress: Progress) -> None:
        """Take over a new board."""
        self.board, self.progress = board, progress
        if self.is_current:
            self._show()

    def tell(self, phase: PhaseShown | None) -> None:
        """Take over where the event stands."""
        self.phase = phase
        if self.is_whole:
            self.query_one(RoundLine).phase = phase

    def go(self, screen: "DashboardScreen") -> None:
        """Go into another screen over the same source; it starts with the board as it stands."""
        screen.phase = self.phase
        screen.take(self.board, self.progress)
        self.app.push_screen(screen)

    def on_screen_resume(self) -> None:
        self._show()

    def _show(self) -> None:
        if not self.is_whole:
            return
        top = self.query_one("#top", TopLine)
        top.board, top.progress = self.board, self.progress
        self.query_one(RoundLine).phase = self.phase
        self.show_board()

    def show_board(self) -> None:
        """Show `self.board`."""
        raise NotImplementedError

    def commands(self) -> Iterable[SystemCommand]:
        """Yield what the command palette offers on this screen."""
        yield from ()


def following(values: Sequence[Value], value: Value) -> Value:
    """Return the value that comes after another, the first after the last or after one that is not there."""
    return values[(values.index(value) + 1) % len(values)] if value in values else values[0]
