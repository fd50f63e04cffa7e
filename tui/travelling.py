"""The part of the app that goes through time: its keys, the clock of playing, and the board of the moment."""

import asyncio
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from textual import on
from textual.app import App, SystemCommand

from matrix.boards.hindsight import Hindsight
from matrix.boards.pair import EMPTY_BOARD, BoardView
from matrix.boards.timeline import Kind
from tui.garbage import collecting_later
from tui.journey import NAMES, SPEEDS, Journey
from tui.lines.text import TIMES, date_and_time
from tui.reading.messages import Progress
from tui.reading.source import Source
from tui.screens.base import DashboardScreen
from tui.screens.jump import JumpScreen
from tui.widgets.time_line import TimeLine

TICK_S: Final = 0.1
"""How often the moment moves while it plays."""
AT_REST_S: Final = 0.2
"""What the other products say about findings is asked where one stays for so long: it may take longer than a board."""


class TravellingApp(App[None]):
    """Shows the boards of a source: that of now, or that of a moment. `clock` is ours, in nanoseconds."""

    def __init__(self, source: Source, *, clock: Callable[[], int] = time.monotonic_ns, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.source = source
        self.board = EMPTY_BOARD
        self.progress = Progress()
        self.journey = Journey(source.verdicts.chronicle)
        self._hindsight = Hindsight(source.verdicts.chronicle)
        self._clock = clock
        self._latest = EMPTY_BOARD
        self._moved = asyncio.Event()
        self._arrived = asyncio.Event()

    def begin_travelling(self) -> None:
        """Follow the journey, and let time pass while it plays."""
        self.run_worker(self._travel(), name="travel")
        self.run_worker(self._recall_at_rest(), name="recall")
        self.set_interval(TICK_S, self._tick)

    def advance(self, board: BoardView, progress: Progress) -> None:
        """Take up how things are now; it is shown unless one looks from another moment."""
        self._latest, self.progress = board, progress
        before = self.journey.moment
        self.journey.take(progress, self._clock())
        if self.journey.moment != before:
            self._moved.set()
        self._show(board if self.source.verdicts.vantage.is_now else self.board)

    def begin_anew(self) -> None:
        """Look at the source's other verdicts, from now."""
        chronicle = self.source.verdicts.chronicle
        self.journey.begin_anew(chronicle)
        self._hindsight = Hindsight(chronicle)
        self._moved.set()

    # -- showing ------------------------------------------------------------------------------------------------------

    async def _travel(self) -> None:
        """Show the board of the moment whenever that is another one."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            verdicts, moment = self.source.verdicts, self.journey.moment
            if moment is None:
                verdicts.vantage.move()
                self._show(self._latest)
                continue
            board = await asyncio.to_thread(self._look_back, moment)
            if self.journey.moment is None or verdicts is not self.source.verdicts:
                continue
            mark = self.journey.line.mark(moment)
            verdicts.vantage.move(mark, self.journey.at)
            self._show(board)
            self._arrived.set()

    async def _recall_at_rest(self) -> None:
        """Ask what the other products had said then, wherever one stays; who moves on does not wait for it."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            verdicts, board = self.source.verdicts, self.board
            mark = verdicts.vantage.mark
            if await self._rests() and not verdicts.vantage.is_now:
                await asyncio.to_thread(verdicts.hearing.recall, board, mark)
                if verdicts.vantage.mark == mark:
                    self._show(self.board)

    def _look_back(self, moment: int) -> BoardView:
        with self.source.courtesy(), collecting_later():
            return self._hindsight.view(moment)

    async def _rests(self) -> bool:
        """Wait whether the moment moves on; False as soon as it does."""
        try:
            async with asyncio.timeout(AT_REST_S):
                await self._moved.wait()
        except TimeoutError:
            return True
        return False

    def _show(self, board: BoardView) -> None:
        self.board = board
        when = self.journey.when(self._latest)
        for screen in self.screen_stack:
            if isinstance(screen, DashboardScreen):
                screen.see(when)
                screen.take(board, self.progress)

    def _show_when(self) -> None:
        when = self.journey.when(self._latest)
        for screen in self.screen_stack:
            if isinstance(screen, DashboardScreen):
                screen.see(when)

    def _tick(self) -> None:
        if self.journey.is_playing:
            self._go(partial(self.journey.tick, self._clock()))

    def _go(self, step: Callable[[], str | None]) -> None:
        """Do something to the journey, and follow it; say why it could not be done."""
        before = self.journey.moment, self.source.verdicts.vantage.is_now
        complaint = step()
        if complaint:
            self.notify(complaint, markup=False)
        if (self.journey.moment, self.journey.moment is None) != before:
            self._moved.set()
        self._show_when()

    # -- keys ---------------------------------------------------------------------------------------------------------

    @property
    def _sessions(self) -> frozenset[int] | None:
        screen = self.screen
        return screen.sessions_in_view if isinstance(screen, DashboardScreen) else None

    def action_time_line(self) -> None:
        """Show or hide the time line; while one looks back, it stays."""
        self.journey.is_shown = not self.journey.is_shown
        if self.journey.moment is not None and not self.journey.is_shown:
            self.notify("the time line stays while you look back; L goes to now", markup=False)
        self._show_when()

    def action_step(self, by: int) -> None:
        self._go(partial(self.journey.step, by, self._sessions))

    def action_seek(self, kind: str, by: int) -> None:
        self._go(partial(self.journey.seek, Kind[kind], by, self._sessions))

    def action_play(self) -> None:
        self._go(partial(self.journey.play_or_pause, self._clock()))

    def action_speed(self, by: int) -> None:
        self.journey.is_shown = True
        self._go(partial(self.journey.change_speed, by, self._clock()))

    def action_now(self) -> None:
        self._go(self.journey.go_to_now)

    def action_jump(self) -> None:
        def go(typed: str) -> None:
            self._go(partial(self.journey.go_to, typed))

        extent = self.journey.extent
        about = f"recorded from {date_and_time(extent.start)} to {date_and_time(extent.end)}"
        self.push_screen(JumpScreen(go, about))

    @on(TimeLine.Sought)
    def go_to_share(self, event: TimeLine.Sought) -> None:
        """Go where somebody has clicked."""
        self._go(partial(self.journey.go_to_share, event.share))

    def time_commands(self) -> Iterable[SystemCommand]:
        """Yield what the command palette offers for going through time."""
        yield SystemCommand("Time line", "Show or hide it", self.action_time_line)
        yield SystemCommand("Go to a moment", "A time, a share of the recording, or a frame", self.action_jump)
        yield SystemCommand("Play or pause", "Let recorded time pass", self.action_play)
        yield SystemCommand("Back to now", "Follow the recording", self.action_now)
        for kind, name in NAMES.items():
            for by, words in ((1, f"Next {name}"), (-1, f"Previous {name}")):
                yield SystemCommand(words, "Of what this screen shows", partial(self.action_seek, kind.name, by))
        for speed in SPEEDS:
            by = SPEEDS.index(speed) - SPEEDS.index(self.journey.speed)
            yield SystemCommand(f"Play at {speed}{TIMES}", "How fast time passes", partial(self.action_speed, by))
