"""What the screens have in common on which a station can be moved to another CSMS."""

from collections.abc import Iterable
from typing import Final, Literal

from textual.binding import Binding

from hub.errors import HubError
from hub.events.control import DeskAt, MoveOrder, PairShown
from matrix.safe import safe
from tui.screens.contesting import ContestingScreen
from tui.screens.move import MoveScreen

MOVING: Final = (Binding("M", "move_station", "Move the station to another CSMS of the event", show=False),)


class MovingScreen(ContestingScreen):
    """A screen with a station that the hub can be asked to pair with another CSMS."""

    @property
    def station_to_move(self) -> str | None:
        """The identity that is meant; None where none is."""
        raise NotImplementedError

    @property
    def desk(self) -> DeskAt:
        """The event desk of the hub that is watched."""
        return DeskAt(self.source.hub, self.source.hub_ca, self.source.hub_token)

    def action_move_station(self) -> None:
        station = None if self.is_past() else self.station_to_move
        if station is not None:
            self.run_worker(self._offer(station), name="move", group="move")

    async def _offer(self, station: str) -> None:
        try:
            shown = await self.desk.pairs()
        except HubError as exc:
            self.notify(safe(str(exc)), severity="error", markup=False)
            return
        now = next((each.csms for each in shown.pairs if each.identity == station), None)

        def send(csms: str | None) -> None:
            if csms is not None:
                self.run_worker(self._moved(MoveOrder(station, csms, seen=now)), name="move", group="move")

        self.app.push_screen(MoveScreen(f"move {safe(station, 60)} to another CSMS", shown.csmses, now), send)

    async def _moved(self, wanted: MoveOrder) -> None:
        try:
            moved = await self.desk.move(wanted)
        except HubError as exc:
            self.notify(safe(str(exc)), severity="error", markup=False)
            return
        what = f"is for {wanted.csms} now" if moved else f"is for {wanted.csms} already"
        self.notify_of(f"{safe(wanted.station, 60)} {what}", moved)

    def notify_of(self, sentence: str, moved: Iterable[PairShown]) -> None:
        """Say what came of a move; as a warning where one of those moved shares no version with its CSMS."""
        remarks = "".join(f"; {safe(each.remark, 200)}" for each in moved if each.remark)
        severity: Literal["warning", "information"] = "warning" if remarks else "information"
        self.notify(f"{sentence}{remarks}", severity=severity, markup=False)
