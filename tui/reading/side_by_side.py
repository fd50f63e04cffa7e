"""What a screen compares: sessions that belong together, read and put side by side one at a time."""

from collections.abc import Sequence
from pathlib import Path

from hub.recording.reading import Recording, handshake_of
from matrix.comparing.couples import Couple
from matrix.comparing.diff import SessionDiff
from matrix.comparing.transitions import Shift
from matrix.comparing.turns import Listener, Talk
from matrix.trace import Closed, Opened, Session


class SideBySide:
    """Couples of sessions of two recordings, which may be the same one. `shift` is what became of outcomes, if known.

    `names` are what people know the recordings by. May be used by a thread of its own.
    """

    def __init__(
        self,
        before: Path,
        after: Path,
        couples: Sequence[Couple],
        *,
        shift: Shift | None = None,
        names: tuple[str, str] = ("", ""),
    ) -> None:
        self.couples = couples
        self.shift = shift
        self.names = names
        self._paths = before, after

    def read(self, index: int) -> SessionDiff:
        """Put a couple side by side.

        Raises:
            RecordingError: a recording cannot be read (any more).
        """
        before, after, played = self.couples[index]
        return SessionDiff(_talk(self._paths[0], before), _talk(self._paths[1], after), played)


def _talk(path: Path, session: Session | None) -> Talk | None:
    if session is None:
        return None
    with Recording.open(path) as recording:
        known = recording.session(session.id)
        listener = Listener()
        listener.feed(Opened(0, handshake_of(known)))
        for frame in recording.frames(session.id):
            listener.feed(frame)
        listener.feed(Closed(0, known))
    return listener.talks[session.id]
