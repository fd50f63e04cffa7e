"""What the screens have in common on which two sessions can be put side by side."""

from typing import Final

from textual.binding import Binding

from matrix.couples import Couple
from matrix.trace import Session
from tui.screens.base import DashboardScreen
from tui.screens.diff import DiffScreen
from tui.side_by_side import SideBySide

COMPARING: Final = (
    Binding("equals_sign", "compare", "Compare", tooltip="Compare the session with the one before it", key_display="="),
)
MARKING: Final = (Binding("space", "mark", "Mark a session: = compares another one with it", show=False),)


class ComparingScreen(DashboardScreen):
    """A screen with a session that can be compared with another one of the same recording."""

    marked: Session | None = None

    @property
    def session_to_compare(self) -> Session | None:
        """The session that is meant; None where none is."""
        raise NotImplementedError

    def action_mark(self) -> None:
        session = self.session_to_compare
        if session is not None:
            self.marked = None if self.marked and self.marked.id == session.id else session
            words = "is marked: = on another one compares them" if self.marked else "is not marked any more"
            self.notify(f"session {session.id} {words}", markup=False)

    def action_compare(self) -> None:
        session = self.session_to_compare
        before = None
        if session is not None:
            is_another = self.marked is not None and self.marked.id != session.id
            before = self.marked if is_another else self.source.verdicts.before(session)
        if session is None or before is None:
            self.notify("there is no earlier session to compare with; space marks one", markup=False)
            return
        path = self.source.path
        compared = SideBySide(path, path, [Couple(before, session)])
        self.app.push_screen(DiffScreen(compared, with_secrets=self.source.with_secrets))
