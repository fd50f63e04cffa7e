"""The dashboard: opens the source, holds the screens, nothing else."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path, PurePath
from typing import ClassVar, Final

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.driver import Driver
from textual.geometry import Size
from textual.screen import Screen

from hub.events.countdown import PhaseShown
from hub.recording.reading import Recording
from hub.schema_store import use_stored_schemas
from matrix.policy import AS_WRITTEN, Policy
from tui.event_clock import phase_at, rules_told, worth_saying
from tui.garbage import collect_seldom
from tui.lines.contrast import readable_variables
from tui.palette import PairProvider
from tui.reading.messages import Advanced, Rejudged, Stage
from tui.reading.source import Source
from tui.screens.base import TIME_KEYS, DashboardScreen
from tui.screens.changes import ChangesScreen
from tui.screens.diff import DiffScreen
from tui.screens.event import EventScreen
from tui.screens.findings import FindingsScreen
from tui.screens.help import HelpScreen, Section
from tui.screens.matrix import MatrixScreen
from tui.screens.occurrences import OccurrencesScreen
from tui.screens.pair import PairScreen
from tui.screens.rules_file import RulesFileScreen
from tui.screens.search import SearchScreen
from tui.screens.session import SessionScreen
from tui.screens.too_small import TooSmallScreen, is_too_small
from tui.terminal_driver import HUNG_UP, steady
from tui.travelling import TravellingApp
from tui.widgets.alarm import Alarm
from tui.widgets.grid_view import SIDEWAYS
from tui.widgets.line_list import LineList

ASK_EVERY_S: Final = 2.0
"""How often is asked which round is on: a pause, a shift, or a hub that is there again, shows within that."""


class PlugfestApp(TravellingApp):
    """Shows one source until it is left."""

    TITLE = "plugfest"
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "screens/matrix.tcss"]  # a default screen's own is not read
    COMMANDS: ClassVar[set[type[Provider]]] = App.COMMANDS | {PairProvider}  # type: ignore[assignment]  # Textual declares it too narrowly
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help"),
        Binding("q", "quit", "Quit"),
        Binding("S", "search", "Search the messages and findings of all sessions", show=False),
        Binding("E", "event", "The event: who meets whom, and the clock of its rounds", show=False),
        Binding("R", "rejudge", "Judge everything again, by the rules as a file regrades them", show=False),
        Binding("ctrl+p", "command_palette", "Commands, and pairs by a part of their name", show=False),
    ]

    def __init__(
        self, source: Source, *, seconds: float | None = None, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        super().__init__(source, clock=clock)
        self._seconds = seconds
        self._events_policy: Policy = AS_WRITTEN
        self._follows_event = False

    def get_default_screen(self) -> Screen[None]:
        return MatrixScreen(self.source)

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        return variables | readable_variables(variables)

    def get_driver_class(self) -> type[Driver]:
        return steady(super().get_driver_class())

    def on_mount(self) -> None:
        self.run_worker(partial(self.source.run, self.post_message), thread=True, name="source")
        self.run_worker(self._follow_event(), name="event")
        for number in (signal.SIGHUP, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.exit, None, HUNG_UP)
        self.begin_travelling()
        if self._seconds is not None:
            self.set_timer(self._seconds, self.exit)

    async def _follow_event(self) -> None:
        """Look now and then where the hub's event stands: it is asked, but where its feed tells that."""
        told, hub, ca = self.source.told_phase, self.source.hub, self.source.hub_ca
        while True:
            phase = told() if told else await phase_at(hub, ca)
            if phase is not None:
                self._follow_rules(phase)
            for screen in self.screen_stack:
                if isinstance(screen, DashboardScreen):
                    screen.tell(worth_saying(phase))
            await asyncio.sleep(ASK_EVERY_S)

    def _follow_rules(self, phase: PhaseShown) -> None:
        """Judge by the rules as the event of a running hub takes them, where nobody has named a file of rules."""
        policy = rules_told(phase)
        if policy is None or self.source.rules_file is not None or policy == self._events_policy:
            return
        self._events_policy = policy
        if policy != self.source.policy:
            self._follows_event = True
            self.source.rejudge_by(policy)

    def on_unmount(self) -> None:
        self.source.stop()

    def on_resize(self, event: events.Resize) -> None:
        """Say so where there is no room for a screen."""
        self._cover(event.size)

    def _cover(self, size: Size) -> None:
        if is_too_small(size) and not isinstance(self.screen, TooSmallScreen):
            self.push_screen(TooSmallScreen())

    def on_advanced(self, event: Advanced) -> None:
        self.advance(event.board, event.progress)
        for screen in self.screen_stack:
            for alarm in screen.query(Alarm):
                alarm.reason = self.progress.not_recording

    def action_help_quit(self) -> None:
        """Say what to press where somebody has pressed Ctrl-C: it only copies what is selected."""
        self.notify("Ctrl-C copies what is selected; q quits (Ctrl-Q, too, where you type)", markup=False)

    def action_rejudge(self) -> None:
        if self.progress.stage is Stage.FAILED:
            self.notify("the recording cannot be read, so it cannot be judged again", markup=False)
        elif not isinstance(self.screen, RulesFileScreen):
            self.push_screen(RulesFileScreen(self.source))

    def action_search(self) -> None:
        if isinstance(self.screen, DashboardScreen) and not isinstance(self.screen, SearchScreen):
            self.screen.go(SearchScreen(self.source))

    def action_event(self) -> None:
        if isinstance(self.screen, DashboardScreen) and not isinstance(self.screen, EventScreen):
            self.screen.go(EventScreen(self.source))

    def on_rejudged(self, event: Rejudged) -> None:
        """Leave the screens that show what was found before, and say what has changed, if a person asked for it."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.begin_anew()
        if self._follows_event:
            self._follows_event = False
            self.notify("judged by the rules as the event takes them; f lists those", markup=False)
        else:
            self.push_screen(ChangesScreen(event.changes))
        self._cover(self.size)

    def on_alarm_mounted(self, event: Alarm.Mounted) -> None:
        event.alarm.reason = self.progress.not_recording

    def action_help(self) -> None:
        sections: dict[type[Screen[None]], Section] = {
            MatrixScreen: ("matrix", [*MatrixScreen.BINDINGS, *SIDEWAYS]),
            PairScreen: ("pair", PairScreen.BINDINGS),
            SessionScreen: ("session", SessionScreen.BINDINGS),
            FindingsScreen: ("findings", FindingsScreen.BINDINGS),
            OccurrencesScreen: ("occurrences", OccurrencesScreen.BINDINGS),
            DiffScreen: ("side by side", DiffScreen.BINDINGS),
            SearchScreen: ("search", SearchScreen.BINDINGS),
            EventScreen: ("event", EventScreen.BINDINGS),
        }
        here = [section for kind, section in sections.items() if isinstance(self.screen, kind)]
        elsewhere = [section for section in sections.values() if section not in here]
        self.push_screen(
            HelpScreen([*here, ("everywhere", [*self.BINDINGS, *LineList.BINDINGS]), ("time", TIME_KEYS)], elsewhere)
        )

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """Save the picture where the person is working: not everybody has the folder that Textual would choose."""
        return super().deliver_screenshot(filename, path or str(Path.cwd()), time_format)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        if isinstance(screen, DashboardScreen):
            yield from screen.commands()
            yield from self.time_commands()
        yield SystemCommand("Search", "All messages and findings, in all sessions", self.action_search)
        yield SystemCommand("Event", "Who meets whom, and the clock of the rounds", self.action_event)
        yield SystemCommand("Judge again", "By the rules as a file regrades them, read anew", self.action_rejudge)
        yield from super().get_system_commands(screen)


def run_dashboard(source: Source, *, seconds: float | None = None) -> None:
    """Show a recording, live where a hub is writing it, until the person leaves or so many seconds have passed.

    Raises:
        RecordingError: the file is not a recording that can be read.
        SchemaError: the schemas that were added cannot be read.
    """
    Recording.open(source.path).close()
    use_stored_schemas()
    collect_seldom()
    app = PlugfestApp(source, seconds=seconds)
    app.run()
    if app.return_code == HUNG_UP:
        sys.exit(HUNG_UP)
