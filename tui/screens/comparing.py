"""What the screens have in common on which two sessions can be put side by side."""

from functools import partial
from pathlib import Path
from typing import Final

from textual.binding import Binding

from hub.errors import HubError
from hub.recording.reading import Recording
from matrix.comparing.couples import Couple
from matrix.safe import safe
from matrix.trace import Session
from tui.commands.compared import Source, origin_of
from tui.reading.side_by_side import SideBySide
from tui.screens.base import DashboardScreen
from tui.screens.diff import DiffScreen

COMPARING: Final = (
    Binding(
        "equals_sign",
        "compare",
        "Compare",
        tooltip="Compare the session with the one before it; a replay with what it was played from",
        key_display="=",
    ),
)
MARKING: Final = (Binding("space", "mark", "Mark a session: = compares another one with it", show=False),)


class ComparingScreen(DashboardScreen):
    """A screen with a session that can be compared with another one, of the same recording or of a replay's origin."""

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
        if session is None:
            self.notify("there is no session here to compare", markup=False)
        elif self.marked is not None and self.marked.id != session.id:
            self._show_beside(self.marked, session)
        else:
            self.run_worker(partial(self._look_for_origin, session), thread=True, exclusive=True, group="origin")

    def _look_for_origin(self, session: Session) -> None:
        """Put a replayed session beside what it was played from, any other one beside the one before it."""
        try:
            compared = _with_origin(self.source.path, session)
        except HubError as exc:
            self.app.call_from_thread(self._show_beside_earlier, session, safe(str(exc)))
            return
        if compared is None:
            self.app.call_from_thread(self._show_beside_earlier, session, "")
        else:
            self.app.call_from_thread(self._stand_beside, compared)

    def _show_beside_earlier(self, session: Session, trouble: str) -> None:
        before = self.source.verdicts.before(session)
        if trouble:
            self.notify(trouble, severity="warning", markup=False)
        if before is not None:
            self._show_beside(before, session)
        elif not trouble:
            self.notify(
                "there is no earlier session to compare with; in a pair's history, space marks one", markup=False
            )

    def _show_beside(self, before: Session, session: Session) -> None:
        self._stand_beside(SideBySide(self.source.path, self.source.path, [Couple(before, session)]))

    def _stand_beside(self, compared: SideBySide) -> None:
        looks_back = self.when is not None and self.when.is_back
        remark = "whole sessions, not as of the moment" if looks_back else ""
        self.app.push_screen(DiffScreen(compared, with_secrets=self.source.with_secrets, remark=remark))


def _with_origin(path: Path, session: Session) -> SideBySide | None:
    """Put a replayed session beside what it was played from; return None where it is no replay.

    Raises:
        HubError: that, or the recording itself, is not there, or cannot be read.
    """
    with Recording.open(path) as recording:
        replay = recording.replays().get(session.id)
    if replay is None:
        return None
    origin = origin_of(Source(path, session.id)).path
    with Recording.open(origin) as recording:
        before = recording.session(replay.origin)
    return SideBySide(origin, path, [Couple(before, session, replay.side)], names=(origin.name, path.name))
