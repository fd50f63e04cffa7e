"""Connections that never came to a request: recorded with the reason, and not without bound."""

import logging
import time

from hub.throttle import Throttle
from hub.writing.recorder import Recorder
from matrix.safe import safe
from matrix.trace import Ending, Session

log = logging.getLogger(__name__)


class TurnedAway:
    """Records connections that were refused before they could say what they want."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._throttle = Throttle()

    def record(self, remote: str, sentence: str) -> None:
        """Record a session of nobody at no CSMS, with the sentence as its fault; `remote` is HOST:PORT."""
        left_out = self._throttle.admits(remote.rpartition(":")[0], sentence, now=time.monotonic())
        if left_out is None:
            return
        if left_out:
            sentence = f"{sentence} ({left_out} more like it from this host since the last one recorded)"
        at = time.time_ns()
        session = Session(
            id=self._recorder.new_session_id(),
            opened_at=at,
            closed_at=at,
            identity="",
            csms="",
            remote=remote,
            fault=sentence,
            ending=Ending.REFUSED,
        )
        self._recorder.answer(session)
        log.info("session %d: %s turned away: %s", session.id, remote or "somebody", safe(sentence))
