"""The exchanges of one session, by frame, with what they came to and since which mark.

Written by the thread that judges, read by the one that draws. An exchange takes some 60 bytes; an outcome that is
replaced later is kept besides.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from sys import intern
from typing import Final, Protocol

from matrix.boards.pair import Evidence
from matrix.outcome import GRAVITY, Outcome
from matrix.trace import Side
from tui.reading.vantage import NOW

_NOTHING: Final = -1
_CODES: Final = {outcome: code for code, outcome in enumerate(GRAVITY)}


class JudgedExchange(Protocol):
    """What the judge reports when an exchange is opened, and again when it is settled."""

    session: int
    call_frame: int
    answer_frame: int | None
    row: str
    outcome: Outcome | None
    side: Side
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Joined:
    """A request and what answered it: frame ids, who asked, what it came to so far, and what shows that."""

    call: int
    answer: int | None
    action: str
    asker: Side
    outcome: Outcome | None
    evidence: Evidence | None = None


_Settled = tuple[int, int, Evidence | None]
"""Since which mark an exchange has had an outcome, its code, and what shows it."""


class ExchangeLog:
    """What is asked `until` a mark is answered as it was known then."""

    def __init__(self) -> None:
        self._calls = array("q")
        self._answers = array("q")
        self._outcomes = array("b")
        self._since = array("q")
        self._askers: list[Side] = []
        self._actions: list[str] = []
        self._answer_frames = array("q")
        self._answered = array("q")
        self._evidence: dict[int, Evidence] = {}
        self._earlier: dict[int, tuple[_Settled, ...]] = {}

    def note(self, exchange: JudgedExchange, mark: int) -> None:
        """Enter an exchange, or what has become of it, by a mark; NOW for what is only presumed."""
        place = bisect_left(self._calls, exchange.call_frame)
        if place == len(self._calls):
            self._enter(exchange)
        elif self._calls[place] != exchange.call_frame:
            return
        if exchange.outcome is not None:
            self._settle(place, exchange.outcome, exchange.evidence, mark)
        if exchange.answer_frame is not None and not self._answers[place]:
            self._answers[place] = exchange.answer_frame
            self._answer_frames.append(exchange.answer_frame)
            self._answered.append(place)

    def joined(self, frame: int, until: int = NOW) -> Joined | None:
        """Return the exchange that a frame is the request or the answer of; None where it is of none."""
        if frame > until:
            return None
        place = bisect_left(self._calls, frame)
        if place < len(self._calls) and self._calls[place] == frame:
            return self._joined(place, until)
        place = bisect_left(self._answer_frames, frame)
        if place < len(self._answered) and self._answer_frames[place] == frame:
            return self._joined(self._answered[place], until)
        return None

    def frames_with(self, outcome: Outcome, until: int = NOW) -> Iterator[int]:
        """Yield the frames of the requests and answers that came to an outcome."""
        for place in range(bisect_right(self._calls, until)):
            joined = self._joined(place, until) if self._outcomes[place] != _NOTHING else None
            if joined is not None and joined.outcome is outcome:
                yield joined.call
                if joined.answer is not None:
                    yield joined.answer

    def last_call(self, action: str, until: int = NOW) -> int | None:
        """Return the frame of the last request of an action; None where there was none."""
        for place in range(bisect_right(self._calls, until) - 1, -1, -1):
            if self._actions[place] == action:
                return self._calls[place]
        return None

    def _enter(self, exchange: JudgedExchange) -> None:
        self._askers.append(exchange.side)
        self._actions.append(intern(exchange.row))
        self._answers.append(0)
        self._outcomes.append(_NOTHING)
        self._since.append(0)
        self._calls.append(exchange.call_frame)

    def _settle(self, place: int, outcome: Outcome, evidence: Evidence | None, mark: int) -> None:
        call, before = self._calls[place], self._outcomes[place]
        if before != _NOTHING and self._since[place] != NOW:
            earlier = self._since[place], before, self._evidence.get(call)
            self._earlier[call] = (*self._earlier.get(call, ()), earlier)
        self._since[place] = mark
        self._outcomes[place] = _CODES[outcome]
        if evidence is not None:
            self._evidence[call] = evidence
        elif self._evidence:
            self._evidence.pop(call, None)

    def _settled(self, place: int, until: int) -> _Settled:
        """Return what an exchange had come to."""
        call = self._calls[place]
        latest = self._since[place], self._outcomes[place], self._evidence.get(call)
        candidates = (latest, *reversed(self._earlier.get(call, ())))
        return next((each for each in candidates if each[0] <= until), (0, _NOTHING, None))

    def _joined(self, place: int, until: int) -> Joined:
        _, code, evidence = self._settled(place, until)
        answer = self._answers[place]
        return Joined(
            call=self._calls[place],
            answer=answer if 0 < answer <= until else None,
            action=self._actions[place],
            asker=self._askers[place],
            outcome=None if code == _NOTHING else GRAVITY[code],
            evidence=evidence,
        )
