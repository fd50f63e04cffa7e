"""What every screen of the dashboard has: the line at the top, the keys at the bottom, the board."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final, TypeVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hub.events.countdown import PhaseShown
from matrix.boards.pair import EMPTY_BOARD, BoardView
from tui.journey import When
from tui.reading.messages import Progress
from tui.reading.source import Source
from tui.widgets.alarm import Alarm
from tui.widgets.key_line import KeyLine
from tui.widgets.round_line import RoundLine
from tui.widgets.time_line import TimeLine
from tui.widgets.top_line import TopLine

Value = TypeVar("Value")

TIME_KEYS: Final = (
    Binding("T", "app.time_line", "Time line: show or hide it", show=False),
    Binding("comma", "app.step(-1)", "One message back, of what the screen shows", show=False),
    Binding("full_stop", "app.step(1)", "One message forward", show=False),
    Binding("P", "app.play", "Play, pause", show=False),
    Binding("less_than_sign", "app.speed(-1)", "Play slower", show=False),
    Binding("greater_than_sign", "app.speed(1)", "Play faster, up to 1000 times", show=False),
    Binding("left_parenthesis", "app.seek('FAILURE', -1)", "Previous failure, of what the screen shows", show=False),
    Binding("right_parenthesis", "app.seek('FAILURE', 1)", "Next failure", show=False),
    Binding("left_square_bracket", "app.seek('CHANGE', -1)", "Previous change of outcome", show=False),
    Binding("right_square_bracket", "app.seek('CHANGE', 1)", "Next change of outcome", show=False),
    Binding("J", "app.jump", "Jump to a time, a share of the recording, a frame", show=False),
    Binding("L", "app.now", "Back to now", show=False),
)


class DashboardScreen(Screen[None]):
    """A screen over a source. The app hands the board down; a screen that is not in front takes it up when it is."""

    BINDINGS: ClassVar[list[BindingType]] = [*TIME_KEYS]

    def __init__(self, source: Source, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.source = source
        self.board: BoardView = EMPTY_BOARD
        self.progress = Progress()
        self.phase: PhaseShown | None = None
        self.when: When | None = None

    def compose(self) -> ComposeResult:
        yield TopLine(self.source.name, id="top")
        yield Alarm()
        yield RoundLine()
        yield TimeLine()
        yield from self.compose_body()
        yield KeyLine()

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

    def see(self, when: When | None) -> None:
        """Take over from which moment one looks."""
        self.when = when
        if self.is_whole and self.is_current:
            self._show_when()

    @property
    def sessions_in_view(self) -> frozenset[int] | None:
        """The sessions that the screen is about; None where it is about all."""
        return None

    def is_past(self) -> bool:
        """Tell whether one looks back, from where nothing can be done; say so if it is."""
        looks_back = self.when is not None and self.when.is_back
        if looks_back:
            self.notify("this is how it was; L goes back to now", markup=False)
        return looks_back

    def tell(self, phase: PhaseShown | None) -> None:
        """Take over where the event stands."""
        self.phase = phase
        if self.is_whole:
            self.query_one(RoundLine).phase = phase

    def go(self, screen: "DashboardScreen") -> None:
        """Go into another screen over the same source; it starts with the board as it stands."""
        screen.phase, screen.when = self.phase, self.when
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
        self._show_when()
        self.show_board()

    def _show_when(self) -> None:
        line = self.query_one(TimeLine)
        line.sessions, line.when = self.sessions_in_view, self.when
        self.query_one("#top", TopLine).when = self.query_one(RoundLine).when = self.when

    def show_board(self) -> None:
        """Show `self.board`."""
        raise NotImplementedError

    def commands(self) -> Iterable[SystemCommand]:
        """Yield what the command palette offers on this screen."""
        yield from ()


def following(values: Sequence[Value], value: Value) -> Value:
    """Return the value that comes after another, the first after the last or after one that is not there."""
    return values[(values.index(value) + 1) % len(values)] if value in values else values[0]
