"""What the screens have in common on which a session can be disturbed on purpose."""

from typing import Final

from textual.binding import Binding

from hub.disturbing.control import HubAt, Order, order
from hub.disturbing.disturber import Started
from hub.errors import HubError
from matrix.safe import safe
from matrix.trace import Session
from tui.screens.base import DashboardScreen
from tui.screens.disturb import DisturbScreen

DISTURBING: Final = (
    Binding("d", "disturb", "Disturb the session on purpose: latency, stall, reset ...", show=False),
    Binding("D", "calm", "End the disturbance of the session", show=False),
)


class DisturbingScreen(DashboardScreen):
    """A screen with a session that the hub can be asked to disturb."""

    @property
    def session_to_disturb(self) -> Session | None:
        """The session that is meant; None where none is."""
        raise NotImplementedError

    def action_disturb(self) -> None:
        if self.is_past():
            return
        session = self.session_to_disturb
        if session is None:
            self.notify("no session of this pair is open", markup=False)
            return

        def begin(what: str | None) -> None:
            if what is not None:
                target = _station(session) if what.split()[0] == "refuse" else str(session.id)
                self._ask(Order(target=target, what=what))

        self.app.push_screen(DisturbScreen(f"session {session.id}", has_ended=not session.is_open), begin)

    def action_calm(self) -> None:
        if self.is_past():
            return
        session = self.session_to_disturb
        disturbance = self.source.verdicts.of(session.id).disturbance if session else None
        if disturbance is None:
            self.notify("this session is not being disturbed", markup=False)
        else:
            self._ask(Order(stop=disturbance.number))

    def _ask(self, wanted: Order) -> None:
        self.run_worker(self._asked(wanted), name="disturb", group="disturb")

    async def _asked(self, wanted: Order) -> None:
        try:
            (started,) = await order(HubAt(self.source.hub, self.source.hub_ca), wanted)
        except HubError as exc:
            self.notify(safe(str(exc)), severity="error", markup=False)
            return
        self.notify(f"{safe(started.text)}: {_state(started, is_over=wanted.stop is not None)}", markup=False)


def _state(started: Started, *, is_over: bool) -> str:
    if started.number is None:
        return "waits for the next handshake"
    return "ended" if is_over else "done" if started.is_done else "begun"


def _station(session: Session) -> str:
    return f"{session.identity}/{session.csms}"
