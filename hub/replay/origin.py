"""How a replayed session is linked to what it was played from, in the recording that is made of it."""

from hub.writing.batch import improvised_row, replay_row
from hub.writing.recorder import Recorder
from matrix.trace import Replay


def link(recorder: Recorder, replay: Replay) -> None:
    """Record what a session was played from; the session has to be recorded before, or with it."""
    recorder.put(*replay_row(replay))


def mark_improvised(recorder: Recorder, session: int, message_id: str, action: str) -> None:
    """Record that an answer was improvised."""
    recorder.put(*improvised_row(session, message_id, action))
