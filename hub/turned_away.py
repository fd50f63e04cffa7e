"""Connections that never came to a request: recorded with the reason, and not without bound."""

import logging
import time
from dataclasses import dataclass
from typing import Final

from hub.recorder import Recorder
from matrix.safe import safe
from matrix.trace import Ending, Session

AGAIN_S: Final = 60.0
"""How long the same fault of the same host is not recorded anew."""
MOST_A_MINUTE: Final = 60
"""How many such sessions are recorded within a minute, whoever they come from."""
MOST_KNOWN: Final = 4_096

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    recorded_at: float
    left_out: int = 0


class Throttle:
    """Says what is worth recording. A station with a wrong certificate tries every few seconds, a scanner all ports."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Known] = {}
        self._minute = float("-inf")
        self._in_this_minute = 0

    def admits(self, host: str, fault: str, *, now: float) -> int | None:
        """Return how many like it were left out since the last one that was recorded; None: leave this one out too."""
        known = self._known.get((host, fault))
        if (known and now - known.recorded_at < AGAIN_S) or not self._has_room(now):
            if known:
                known.left_out += 1
            return None
        left_out = self._known.pop((host, fault)).left_out if known else 0
        self._known[host, fault] = _Known(now)
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._in_this_minute += 1
        return left_out

    def _has_room(self, now: float) -> bool:
        if now - self._minute >= 60:
            self._minute, self._in_this_minute = now, 0
        return self._in_this_minute < MOST_A_MINUTE


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
