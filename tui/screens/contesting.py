"""What the screens have in common on which a cell can be contested."""

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding

from hub.errors import HubError
from hub.note_desk import note_from_a_reader
from hub.notes import Order
from matrix.notes import Note
from matrix.safe import safe
from tui.screens.contest import ContestScreen
from tui.screens.disturbing import DisturbingScreen

CONTESTING: Final = (Binding("m", "contest", "Contest the outcome with a note, or resolve that", show=False),)


@dataclass(frozen=True, slots=True)
class Place:
    """What can be contested: a message type as a session has it, the frame that shows it, and what was said so far."""

    session: int
    action: str
    frame: int | None
    notes: tuple[Note, ...]


class ContestingScreen(DisturbingScreen):
    """A screen with a cell that people can object to."""

    @property
    def cell_to_contest(self) -> Place | None:
        """The cell that is meant; None where none is."""
        raise NotImplementedError

    def action_contest(self) -> None:
        place = self.cell_to_contest
        if place is None:
            return

        def send(order: Order | None) -> None:
            if order is not None:
                self.source.author = order.author
                self.run_worker(self._sent(order), name="note", group="note")

        cell = Order(author=self.source.author, text="", session=place.session, action=place.action, frame=place.frame)
        title = f"{safe(place.action, 40)}, session {place.session}"
        self.app.push_screen(ContestScreen(title, cell, place.notes), send)

    async def _sent(self, order: Order) -> None:
        try:
            note = await note_from_a_reader(self.source.hub, order, self.source.hub_ca)
        except HubError as exc:
            self.notify(safe(str(exc)), severity="error", markup=False)
            return
        self.notify(f"note {note.id}: {'contested' if note.is_open else 'resolved'}", markup=False)
