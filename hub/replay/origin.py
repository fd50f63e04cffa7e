"""How a replayed session is linked to what it was played from, in the recording that is made of it."""

from typing import Final

import msgspec

from hub.recorder import Recorder
from matrix.trace import Replay

_PUT_REPLAY: Final = (
    "INSERT OR REPLACE INTO replay (session, recording, origin, origin_at, side, speed)"
    " VALUES (:session, :recording, :origin, :origin_at, :side, :speed)"
)
_PUT_IMPROVISED: Final = "INSERT INTO improvised (session, message_id, action) VALUES (:session, :message_id, :action)"


def link(recorder: Recorder, replay: Replay) -> None:
    """Record what a session was played from; the session has to be recorded before, or with it."""
    recorder.put(_PUT_REPLAY, msgspec.to_builtins(replay))


def mark_improvised(recorder: Recorder, session: int, message_id: str, action: str) -> None:
    """Record that an answer was improvised."""
    recorder.put(_PUT_IMPROVISED, {"session": session, "message_id": message_id, "action": action})
