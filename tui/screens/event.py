"""Who meets whom: all stations of the event, moved and swapped by hand, and the clock of its rounds."""

from collections.abc import Coroutine
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hub.errors import HubError
from hub.events.control import ClockOrder, PairShown, SwapOrder
from hub.events.countdown import PhaseShown
from matrix.safe import safe
from tui.event_clock import clock_line, worth_saying
from tui.lines.line import Line, Span
from tui.screens.move import MoveScreen
from tui.screens.moving import MovingScreen
from tui.widgets.bar import Bar
from tui.widgets.line_list import LineList
from tui.widgets.station_list import StationList

LOOK_EVERY_S: Final = 1.0
SHIFT_S: Final = 300.0
NOBODY: Final = "nobody"


class EventScreen(MovingScreen):
    """The organizer's desk. What it shows, it asks the hub for, once a second."""

    CSS_PATH = "event.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("M", "move_station", "Move", tooltip="Move the station to another CSMS (Enter, too)"),
        Binding("x", "swap", "Swap", tooltip="Let the station change places with another one"),
        Binding("p", "pause", "Pause", tooltip="Pause the clock of the rounds, or let it go on"),
        Binding("plus", "shift(1)", "5 min later", tooltip="The round lasts longer by that; what comes, comes later"),
        Binding("minus", "shift(-1)", "5 min earlier", tooltip="The round ends, or the next begins, earlier by that"),
        Binding("escape,backspace", "app.pop_screen", "Back"),
    ]

    def compose_body(self) -> ComposeResult:
        yield Bar((Span(" who meets whom", "strong"),), id="choice")
        yield StationList(id="stations", empty="asking the hub …")
        yield Bar(id="here")

    def on_mount(self) -> None:
        self.query_one(StationList).focus()
        self.set_interval(LOOK_EVERY_S, self._look_again)
        self._look_again()

    def show_board(self) -> None:
        """Nothing here is read off the board."""

    @property
    def station_to_move(self) -> str | None:
        station = self.query_one(StationList).station
        return station.identity if station else None

    def _look_again(self) -> None:
        self.run_worker(self._look(), name="pairs", group="pairs", exclusive=True)

    async def _look(self) -> None:
        listed = self.query_one(StationList)
        try:
            shown = await self.desk.pairs()
        except HubError as exc:
            listed.empty = "nothing can be asked or moved here now"
            listed.show(())
            self.query_one("#here", Bar).left = (Span(f" {safe(str(exc))}", "warning"),)
            return
        listed.empty = "the event has no stations"
        listed.show(shown.pairs)
        self.describe()

    @on(LineList.CursorMoved, "#stations")
    def describe(self) -> None:
        """Say in the bar what the cursor stands on, and why the file is not in force, if so."""
        if not self.is_whole:  # the hub answered while the screen was being left
            return
        station = self.query_one(StationList).station
        trouble = self.phase.trouble if self.phase else ""
        self.query_one("#here", Bar).left = (
            (Span(f" {safe(trouble, 400)}", "broken"),) if trouble else _description(station) if station else ()
        )

    @on(LineList.Chosen, "#stations")
    def move(self) -> None:
        """Ask where the station is to go."""
        self.action_move_station()

    # -- swapping -----------------------------------------------------------------------------------------------------

    def action_swap(self) -> None:
        listed = self.query_one(StationList)
        one = listed.station
        others = [each for each in listed.pairs if one and each.csms != one.csms]
        if one is None or not others:
            self.notify("there is no station that it could change places with", markup=False)
            return

        def send(label: str | None) -> None:
            if label is not None:
                self._order(self._swap(one, choices[label]), "swap")

        choices = {f"{safe(each.identity, 60)}, for {each.csms or NOBODY}": each for each in others}
        title = f"{safe(one.identity, 60)}, for {one.csms or NOBODY}, changes places with"
        self.app.push_screen(MoveScreen(title, [*choices], does="swaps"), send)

    async def _swap(self, one: PairShown, other: PairShown) -> None:
        moved = await self.desk.swap(SwapOrder(one.identity, other.identity, seen=(one.csms, other.csms)))
        self.notify_of(
            ", ".join(f"{safe(each.identity, 60)} is for {each.csms or NOBODY} now" for each in moved), moved
        )

    # -- the clock ----------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        is_paused = self.phase is not None and self.phase.is_paused
        self._order(self._set_clock(ClockOrder("resume" if is_paused else "pause")), "clock")

    def action_shift(self, direction: int) -> None:
        self._order(self._set_clock(ClockOrder("shift", direction * SHIFT_S)), "clock")

    async def _set_clock(self, wanted: ClockOrder) -> None:
        phase = await self.desk.clock(wanted)
        self._show_phase(phase)
        self.notify(clock_line(phase), markup=False)

    def _show_phase(self, phase: PhaseShown) -> None:
        self.tell(worth_saying(phase))

    # -- orders -------------------------------------------------------------------------------------------------------

    def _order(self, order: Coroutine[Any, Any, None], name: str) -> None:
        """Have the hub do something, and say what came of it; nothing can be done in the past."""
        if self.is_past():
            order.close()
            return
        self.run_worker(self._obeyed(order), name=name, group=name)

    async def _obeyed(self, order: Coroutine[Any, Any, None]) -> None:
        try:
            await order
        except HubError as exc:
            self.notify(safe(str(exc)), severity="error", markup=False)
        self._look_again()


def _description(station: PairShown) -> Line:
    name = f" {safe(station.product, 60)}, connecting as {safe(station.identity, 60)}"
    state = "connected" if station.is_connected else "not connected"
    hand = ", moved there by hand until the next round" if station.by_hand else ""
    return (Span(name, "strong"), Span(f"  is for {station.csms or NOBODY}{hand}; {state} by /IDENTITY now", "muted"))
